// SPDX-License-Identifier: Apache-2.0
//
// core::Destination over another reactor's inbox: one object for each ordered pair of reactors. The
// adapter over a peer link looks the same.
//
// Threads: Offer and NotifyWhenRoom on the producer's reactor. The inbox calls back on the
// target's, so the callback is posted home.
#pragma once

#include <functional>
#include <span>
#include <utility>

#include "broker/core/destination.h"
#include "broker/reactor/inbox.h"
#include "broker/reactor/reactor.h"

namespace belfry::daemon {

using RecordInbox = reactor::Inbox<core::RoutedRecord>;

class ReactorDestination final : public core::Destination {
 public:
  ReactorDestination(reactor::Reactor& producer, RecordInbox& inbox)
      : producer_(producer), inbox_(inbox) {}

  size_t Offer(std::span<core::RoutedRecord> records) override { return inbox_.Offer(records); }
  void NotifyWhenRoom(std::function<void()> callback) override {
    inbox_.NotifyWhenRoom(
        [&producer = producer_, callback = std::move(callback)] { producer.Post(callback); });
  }

 private:
  reactor::Reactor& producer_;
  RecordInbox& inbox_;
};

}  // namespace belfry::daemon
