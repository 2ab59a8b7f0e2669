// SPDX-License-Identifier: Apache-2.0
//
// ServerFrames from bytes: well-formed ones of each kind with any fields, and spoilt ones.
//
// Threads: Confined to the test.
#pragma once

#include <string>

#include "belfry/v1/broker.pb.h"
#include "tests/support/byte_source.h"

namespace belfry::test {

class FrameMaker {
 public:
  explicit FrameMaker(ByteSource& source) : source_(source) {}

  v1::ServerFrame Welcome();
  v1::ServerFrame SubscribeResults();
  v1::ServerFrame Deliver();
  v1::ServerFrame Gap();
  // `producer_id` and `last_sequence` are those of the client, to be told or not.
  v1::ServerFrame PublishResults(std::string_view producer_id, uint64_t last_sequence);
  v1::ServerFrame GoAway();
  // Heartbeats, Notices, and what belongs to replay.
  v1::ServerFrame Other();
  // A kind that this release does not know.
  std::string Unknown();
  // Cut off, or with a byte changed.
  std::string Spoilt(std::string bytes);

  std::string Topic();

 private:
  void FillError(v1::Error* error);

  ByteSource& source_;
};

}  // namespace belfry::test
