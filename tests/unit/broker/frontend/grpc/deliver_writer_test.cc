// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/deliver_writer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "belfry/v1/broker.pb.h"
#include "tests/support/fake_call.h"
#include "tests/support/hand_driven_node.h"

namespace belfry::frontend::grpc {
namespace {

// Frames written by hand are byte for byte what generated code writes, also around the size from
// which payloads are referenced.
RC_GTEST_PROP(DeliverWriter, EqualsGeneratedCode, ()) {
  const ManualClock clock;
  reactor::Reactor reactor(0, clock);
  test::FakeCall call(reactor);
  const auto sizes = *rc::gen::container<std::vector<size_t>>(
      rc::gen::oneOf(rc::gen::inRange<size_t>(0, 300), rc::gen::inRange<size_t>(3900, 4300)));
  const auto lane = *rc::gen::element<uint32_t>(0, 1, 127, 128, 70000);
  v1::ServerFrame frame;
  v1::SubscribeResponse response;
  frame.mutable_deliver()->set_lane(lane);
  response.mutable_batch();
  std::vector<Ref<const core::Record>> records;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::string payload(sizes[i], static_cast<char>('a' + i % 26));
    records.push_back(core::Record::Encode(test::Message("topic", payload), {.time_unix_us = 5}));
    v1::Message message;
    message.set_topic("topic");
    message.set_payload(payload);
    message.set_time_unix_us(5);
    *frame.mutable_deliver()->add_messages() = message;
    *response.mutable_batch()->add_messages() = message;
  }
  WriteDeliverFrame(call, lane, records);
  WriteBatchResponse(call, records);
  const std::vector<std::string> written = call.TakeMessages();
  RC_ASSERT(written.size() == 2u);
  RC_ASSERT(written[0] == frame.SerializeAsString());
  RC_ASSERT(written[1] == response.SerializeAsString());
}

}  // namespace
}  // namespace belfry::frontend::grpc
