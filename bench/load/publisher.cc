// SPDX-License-Identifier: Apache-2.0
#include "bench/load/publisher.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace belfry::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How long a full window sleeps between two looks.
constexpr auto kWindowPause = microseconds(50);
// A window that has not moved for this long waits for messages that were dropped.
constexpr auto kStuck = milliseconds(200);
// How often the window is looked at: summing up a hundred subscribers for each message would cost
// more than publishing it.
constexpr uint64_t kLookEvery = 32;
// A round trip that takes longer, or longer than the patience, is lost.
constexpr Duration kRoundTripPatience = seconds(2);

}  // namespace

Publisher::Publisher(const Plan& plan, uint32_t index, const Tallies& tallies, LockStep* step,
                     Duration patience)
    : plan_(plan),
      index_(index),
      tallies_(tallies),
      step_(step),
      patience_(patience),
      payload_(plan.load().payload_bytes, 'x') {}

void Publisher::Go(Instant start, PublishWire& wire) {
  wire_ = &wire;
  thread_ = std::thread([this, start] { Run(start); });
}

void Publisher::Run(Instant start) {
  // The default slack of 50 us would be half of the interval at 10,000 messages a second.
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  const Instant measured = start + plan_.load().warmup;
  const Instant end = measured + plan_.load().measured;
  std::this_thread::sleep_until(start);
  if (plan_.load().rate) {
    RunAtRate(start, measured, end);
  } else if (step_ != nullptr) {
    RunOneAtATime(measured, end);
  } else {
    RunInWindow(measured, end);
  }
  wire_->Push();
}

void Publisher::RunAtRate(Instant start, Instant measured, Instant end) {
  for (uint64_t message = 0;; ++message) {
    const Instant due = plan_.DueTime(start, index_, message);
    if (due >= end) return;
    const Instant now = clock_.Now();
    if (now < due) {
      wire_->Push();
      std::this_thread::sleep_until(due);
    } else if (now > end + patience_) {
      return GiveUp(start, measured, end, message);
    }
    PublishOne(message, due, due >= measured);
    if (due >= measured) {
      last_published_ = clock_.Now();
      late_max_ = std::max(late_max_, last_published_ - due);
    }
  }
}

void Publisher::GiveUp(Instant start, Instant measured, Instant end, uint64_t message) {
  for (;; ++message) {
    const Instant due = plan_.DueTime(start, index_, message);
    if (due >= end) break;
    if (due < measured) continue;
    // The first of them is the latest.
    if (not_sent_++ == 0) late_max_ = std::max(late_max_, clock_.Now() - due);
  }
}

void Publisher::RunInWindow(Instant measured, Instant end) {
  const uint64_t window = plan_.Window();
  for (uint64_t message = 0;; ++message) {
    if (message % std::min(kLookEvery, window) == 0) WaitForWindow(window);
    const Instant now = clock_.Now();
    if (now >= end) return;
    PublishOne(message, now, now >= measured);
    last_published_ = now;
  }
}

void Publisher::RunOneAtATime(Instant measured, Instant end) {
  for (uint64_t message = 0;; ++message) {
    const Instant now = clock_.Now();
    if (now >= end) return;
    PublishOne(message, now, now >= measured);
    last_published_ = now;
    wire_->Push();
    if (!step_->WaitFor(sent_deliveries_, std::min(patience_, kRoundTripPatience))) {
      WriteOff();
      step_->StartOver(epoch_);
    }
  }
}

void Publisher::PublishOne(uint64_t message, Instant due, bool measured) {
  const uint32_t topic = plan_.TopicOf(index_, message);
  WriteStamp({due, index_, measured, epoch_}, payload_);
  sent_deliveries_ += plan_.SubscribersOf(topic);
  wire_->Publish(topic, payload_, measured);
}

uint64_t Publisher::TakenByAll() const {
  uint64_t taken = 0;
  for (const auto& tally : tallies_) taken += tally->TakenOf(index_, epoch_);
  return taken;
}

void Publisher::WaitForWindow(uint64_t window) {
  // In deliveries, with the topics' average number of subscribers.
  const uint64_t room = std::max<uint64_t>(1, window * tallies_.size() / plan_.load().topics);
  uint64_t taken = TakenByAll();
  Instant moved = clock_.Now();
  while (sent_deliveries_ > taken + room) {
    wire_->Push();
    std::this_thread::sleep_for(kWindowPause);
    const uint64_t before = std::exchange(taken, TakenByAll());
    const Instant now = clock_.Now();
    if (taken != before) moved = now;
    if (now - moved > kStuck) return WriteOff();
  }
}

void Publisher::WriteOff() {
  ++epoch_;
  sent_deliveries_ = 0;
}

void Publisher::Join() {
  thread_.join();
  wire_->Settle(patience_);
}

Outcomes Publisher::outcomes() const {
  Outcomes outcomes = wire_->outcomes();
  outcomes.failed += not_sent_;
  return outcomes;
}

}  // namespace belfry::bench
