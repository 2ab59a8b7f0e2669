// SPDX-License-Identifier: Apache-2.0
//
// A client that sends arbitrary frames after its Hello: the stream may end with a status, the
// process may not, and nothing of the session stays behind.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "broker/frontend/grpc/session_stream.h"
#include "tests/fuzz/sink_call.h"
#include "tests/support/hand_driven_node.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  static test::HandDrivenNode node;
  static reactor::Reactor reactor(0, node.clock);
  static const frontend::grpc::ServiceContext context = [] {
    frontend::grpc::ServiceContext made;
    made.brokers = {&node.broker()};
    return made;
  }();
  test::SinkCall call(reactor);
  {
    frontend::grpc::SessionStream stream(context, call);
    v1::ClientFrame hello;
    hello.mutable_hello()->set_min_version(1);
    hello.mutable_hello()->set_max_version(1);
    hello.mutable_hello()->set_client_id("fuzz");
    stream.OnMessage(hello.SerializeAsString());
    // Frames are cut at a byte that says how long the next one is.
    while (size > 1) {
      const size_t length = std::min<size_t>(data[0], size - 1);
      stream.OnMessage({reinterpret_cast<const char*>(data + 1), length});
      node.broker().EndTurn();
      data += length + 1;
      size -= length + 1;
    }
    stream.OnHalfClose();
    stream.OnClosed(Status());
  }
  if (node.interest.size() != 0 || node.broker().counters().sessions.value() != 0) std::abort();
  return 0;
}
