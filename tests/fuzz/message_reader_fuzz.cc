// SPDX-License-Identifier: Apache-2.0
//
// gRPC's length-prefixed messages cut at arbitrary places: reassembled in pieces they are the same
// messages as in one piece, with the same end.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "broker/rpc/message_reader.h"

namespace {

using belfry::rpc::MessageReader;

// Every message, and how it ended; chunks of `step` bytes at the most.
std::vector<std::string> Read(std::string_view bytes, size_t step) {
  MessageReader reader(1024);
  std::vector<std::string> messages;
  while (!bytes.empty()) {
    reader.Add(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    std::string_view message;
    MessageReader::Outcome outcome;
    while ((outcome = reader.Take(message)) == MessageReader::Outcome::kMessage) {
      messages.emplace_back(message);
    }
    if (outcome != MessageReader::Outcome::kIncomplete) {
      messages.push_back("outcome " + std::to_string(static_cast<int>(outcome)));
      return messages;
    }
    reader.Keep();
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (Read(bytes, 1 + data[0] % 16) != Read(bytes, bytes.size() + 1)) std::abort();
  return 0;
}
