// SPDX-License-Identifier: Apache-2.0
//
// A node's core without threads: some brokers, bounded inboxes between them, and a clock that moves
// only when told. The test decides whose turn it is.
//
// Threads: Confined to the test.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/broker.h"
#include "common/clock.h"
#include "common/wire/message_view.h"

namespace belfry::test {

// Stands in for the inbox of a reactor.
class BoundedInbox final : public core::Destination {
 public:
  explicit BoundedInbox(size_t capacity) : capacity_(capacity) {}

  size_t Offer(std::span<core::RoutedRecord> records) override {
    size_t taken = 0;
    while (taken < records.size() && queue_.size() < capacity_) {
      queue_.push_back(std::move(records[taken++]));
    }
    return taken;
  }
  void NotifyWhenRoom(std::function<void()> callback) override {
    waiting_.push_back(std::move(callback));
  }
  // Hands everything over, then calls whoever waited for room.
  void Drain(core::Broker& broker) {
    for (; !queue_.empty(); queue_.pop_front()) broker.Receive(queue_.front());
    for (auto& callback : std::exchange(waiting_, {})) callback();
  }
  size_t size() const { return queue_.size(); }

 private:
  const size_t capacity_;
  std::deque<core::RoutedRecord> queue_;
  std::vector<std::function<void()>> waiting_;
};

class HandDrivenNode {
 public:
  struct Options {
    size_t reactors = 1;
    size_t inbox_capacity = 1024;
    core::BrokerLimits limits{};
    core::LaneBounds lane_bounds{};
    size_t memory_limit = 0;
  };

  HandDrivenNode() : HandDrivenNode(Options{}) {}
  explicit HandDrivenNode(Options options)
      : node(static_cast<core::DestinationId>(options.reactors), options.memory_limit,
             /*first_session_id=*/1, /*memory_granularity=*/1),
        interest(node.interest),
        controls(options.reactors) {
    node.control = [this](core::DestinationId reactor,
                          std::function<void(core::Broker&)> function) {
      controls[reactor].push_back(std::move(function));
    };
    for (size_t i = 0; i < options.reactors; ++i) {
      brokers.push_back(std::make_unique<core::Broker>(static_cast<core::DestinationId>(i), node,
                                                       clock, options.limits, options.lane_bounds));
      inboxes.push_back(std::make_unique<BoundedInbox>(options.inbox_capacity));
    }
    for (size_t i = 0; i < options.reactors; ++i) {
      for (size_t j = 0; j < options.reactors; ++j) {
        if (i != j) brokers[i]->Connect(static_cast<core::DestinationId>(j), *inboxes[j]);
      }
    }
  }

  core::Broker& broker(size_t index = 0) { return *brokers[index]; }
  // One turn of one reactor.
  void Turn(size_t index) {
    for (auto& function : std::exchange(controls[index], {})) function(*brokers[index]);
    inboxes[index]->Drain(*brokers[index]);
    brokers[index]->EndTurn();
  }
  // Turns of all until nothing is left on the way.
  void Settle() {
    for (int round = 0; round < 1000; ++round) {
      for (size_t i = 0; i < brokers.size(); ++i) Turn(i);
      bool quiet = true;
      for (size_t i = 0; i < brokers.size(); ++i) {
        quiet =
            quiet && inboxes[i]->size() == 0 && brokers[i]->intake_open() && controls[i].empty();
      }
      if (quiet) return;
    }
    ADD_FAILURE() << "the node does not come to rest";
  }

  ManualClock clock;
  core::Node node;
  core::InterestTable& interest;
  // The control lanes, by reactor.
  std::vector<std::vector<std::function<void(core::Broker&)>>> controls;
  std::vector<std::unique_ptr<core::Broker>> brokers;
  std::vector<std::unique_ptr<BoundedInbox>> inboxes;
};

inline wire::PublishView Message(std::string_view topic, std::string_view payload) {
  wire::PublishView publish;
  publish.topic = topic;
  publish.payload = payload;
  return publish;
}

}  // namespace belfry::test
