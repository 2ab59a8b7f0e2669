// SPDX-License-Identifier: Apache-2.0
//
// An application that does with its client what some bytes say, also from inside its callbacks, and
// finds fault with what it is told: events out of turn, outcomes that claim too much or too little,
// numbers that do not add up.
//
// Lifecycle: Use, then any calls, then Leave, and CheckEnd when all callbacks have run.
// Threads: Confined to the test. Ownership: shares the client until LetGo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "belfry/client.h"
#include "client-lib/src/client_core.h"
#include "tests/support/byte_source.h"
#include "tests/support/frame_maker.h"
#include "tests/support/strict_broker.h"

namespace belfry::test {

class ScriptedApplication {
 public:
  ScriptedApplication(ByteSource& source, FrameMaker& frames, StrictBroker& broker)
      : source_(source), frames_(frames), broker_(broker) {}

  // Sets the callbacks among the options.
  void Observe(ClientOptions* options);
  void Use(std::shared_ptr<client::ClientCore> core) { core_ = std::move(core); }

  void Subscribe();
  void Unsubscribe();
  void Publish();
  // Asks what may be asked at any time.
  void Look();
  // Close or Drain.
  void Leave();
  bool closed() const { return closed_; }

  // After Leave, when no callback is left.
  void CheckEnd();
  void LetGo();

 private:
  struct Publication {
    std::optional<std::future<PublishOutcome>> future;
    bool callback = false;
    int outcomes = 0;
  };
  // What a subscription's handlers saw.
  struct Seen {
    bool confirmed = false;
    bool refused = false;
    bool ended = false;
    int action = 0;
    size_t queued_max = 0;
  };
  struct Held {
    Subscription subscription;
    std::shared_ptr<Seen> seen;
  };

  void Check(bool good, const std::string& what) {
    if (!good) broker_.Wrong(what);
  }
  TopicFilter Filter();
  SubscribeOptions HandlersOf(const std::shared_ptr<Seen>& seen);
  void Publish(const PublishOptions& options, int completion, size_t padding,
               const std::string& topic);
  // From inside a callback.
  void Act(int action);
  void CheckOutcome(uint64_t number, const PublishOutcome& outcome);
  void CheckSettled(uint64_t number);
  void CheckClosed();

  ByteSource& source_;
  FrameMaker& frames_;
  StrictBroker& broker_;
  std::shared_ptr<client::ClientCore> core_;
  std::vector<Held> subscriptions_;
  // Calls of Subscribe under way.
  size_t subscribing_ = 0;
  std::vector<std::unique_ptr<Publication>> publications_;
  int callback_actions_ = 0;
  bool closed_ = false;
  bool told_closed_ = false;
  uint64_t handled_ = 0;
  uint64_t threw_ = 0;
  size_t publish_bytes_max_ = 0;
  uint64_t refused_for_room_ = 0;
  uint64_t told_of_room_ = 0;
  uint64_t ok_ = 0;
  uint64_t failed_ = 0;
  uint64_t unknown_ = 0;
};

}  // namespace belfry::test
