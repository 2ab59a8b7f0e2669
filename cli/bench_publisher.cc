// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_publisher.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace belfry::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Publishes that wait for their outcome: enough for the window, and far from unbounded.
constexpr size_t kInFlightBytes = size_t{8} << 20;
// How long a full window sleeps between two looks.
constexpr auto kWindowPause = microseconds(50);
// A window that has not moved for this long waits for messages that were dropped.
constexpr auto kStuck = milliseconds(200);
// How often the window is looked at: summing up a hundred subscribers for each message would cost
// more than publishing it.
constexpr uint64_t kLookEvery = 32;
// A round trip that takes longer is lost.
constexpr auto kRoundTripPatience = seconds(2);

}  // namespace

BenchPublisher::BenchPublisher(const BenchPlan& plan, uint32_t index,
                               const std::vector<std::unique_ptr<BenchSubscriber>>& subscribers,
                               LockStep* step)
    : plan_(plan),
      index_(index),
      subscribers_(subscribers),
      step_(step),
      payload_(plan.command().payload_bytes, 'x') {
  for (uint32_t topic = 0; topic < plan.command().topics; ++topic) {
    topics_.push_back(plan.TopicName(topic));
  }
}

std::string BenchPublisher::Start(const GlobalOptions& global) {
  ClientOptions options = OptionsFor(global);
  options.executor = MakeInlineExecutor();
  options.publish_in_flight_bytes_max =
      std::max(kInFlightBytes, 4 * size_t{plan_.command().payload_bytes});
  options_.timeout = Millis(global.timeout);
  Error wrong;
  client_ = Client::Create(std::move(options), &wrong);
  return client_ == nullptr ? wrong.text : "";
}

void BenchPublisher::Go(Instant start) {
  thread_ = std::thread([this, start] { Run(start); });
}

void BenchPublisher::Run(Instant start) {
  // The default slack of 50 us would be half of the interval at 10,000 messages a second.
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  const Instant measured = start + plan_.command().warmup;
  const Instant end = measured + plan_.command().measured;
  std::this_thread::sleep_until(start);
  if (plan_.command().rate) {
    RunAtRate(start, measured, end);
  } else if (step_ != nullptr) {
    RunOneAtATime(measured, end);
  } else {
    RunInWindow(measured, end);
  }
}

void BenchPublisher::RunAtRate(Instant start, Instant measured, Instant end) {
  for (uint64_t message = 0;; ++message) {
    const Instant due = plan_.DueTime(start, index_, message);
    if (due >= end) return;
    if (clock_.Now() < due) std::this_thread::sleep_until(due);
    PublishOne(message, due, due >= measured);
  }
}

void BenchPublisher::RunInWindow(Instant measured, Instant end) {
  const uint64_t window = plan_.Window();
  for (uint64_t message = 0;; ++message) {
    if (message % std::min(kLookEvery, window) == 0) WaitForWindow(window);
    const Instant now = clock_.Now();
    if (now >= end) return;
    PublishOne(message, now, now >= measured);
  }
}

void BenchPublisher::RunOneAtATime(Instant measured, Instant end) {
  for (uint64_t message = 0;; ++message) {
    const Instant now = clock_.Now();
    if (now >= end) return;
    PublishOne(message, now, now >= measured);
    if (!step_->WaitFor(sent_deliveries_ - written_off_, kRoundTripPatience)) {
      written_off_ = sent_deliveries_ - step_->Arrived();
    }
  }
}

void BenchPublisher::PublishOne(uint64_t message, Instant due, bool measured) {
  const uint32_t topic = plan_.TopicOf(index_, message);
  const uint32_t subscribers = plan_.SubscribersOf(topic);
  WriteStamp({due, index_, measured}, payload_);
  sent_deliveries_ += subscribers;
  if (measured) {
    last_published_ = clock_.Now();
    ++measured_;
  }
  // Small enough to need no allocation in a std::function.
  client_->Publish(
      topics_[topic], payload_, options_,
      [this, counts = measured ? int64_t{subscribers} : -1](const PublishOutcome& outcome) {
        if (counts < 0) return;
        switch (outcome.kind) {
          case PublishOutcome::Kind::kOk:
            ++ok_;
            expected_ += static_cast<uint64_t>(counts);
            break;
          case PublishOutcome::Kind::kFailed:
            ++failed_;
            break;
          case PublishOutcome::Kind::kUnknown:
            ++unknown_;
            break;
        }
      });
}

uint64_t BenchPublisher::TakenByAll() const {
  uint64_t taken = 0;
  for (const auto& subscriber : subscribers_) taken += subscriber->Taken(index_);
  return taken;
}

void BenchPublisher::WaitForWindow(uint64_t window) {
  // In deliveries, with the topics' average number of subscribers.
  const uint64_t room =
      std::max<uint64_t>(1, window * subscribers_.size() / plan_.command().topics);
  uint64_t taken = TakenByAll();
  Instant moved = clock_.Now();
  while (sent_deliveries_ > taken + written_off_ + room) {
    std::this_thread::sleep_for(kWindowPause);
    const uint64_t before = std::exchange(taken, TakenByAll());
    const Instant now = clock_.Now();
    if (taken != before) moved = now;
    if (now - moved > kStuck) written_off_ = sent_deliveries_ - std::min(sent_deliveries_, taken);
  }
}

void BenchPublisher::Join(Duration patience) {
  thread_.join();
  const Instant deadline = clock_.Now() + patience;
  client_->Flush(Millis(patience));
  // The last callbacks may still be running.
  while (ok_ + failed_ + unknown_ < measured_ && clock_.Now() < deadline) {
    std::this_thread::sleep_for(milliseconds(1));
  }
}

}  // namespace belfry::cli
