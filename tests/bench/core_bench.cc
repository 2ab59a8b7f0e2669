// SPDX-License-Identifier: Apache-2.0
//
// What the core alone costs, without network: nanoseconds of one thread for each publish, delivery,
// subscription and resume. Prints a table; medians of five rounds.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/broker.h"

namespace belfry {
namespace {

using core::Session;

// Takes everything, and acknowledges like a client that keeps up.
class Reader final : public core::SessionSink {
 public:
  bool writable() const override { return writable_; }
  void SendSubscribeResults(std::span<const core::SubscribeResult>) override { ++frames_; }
  void SendPublishResults(const core::PublishResults&) override { ++frames_; }
  void SendDeliver(uint32_t, std::span<const Ref<const core::Record>> records) override {
    ++frames_;
    for (const auto& record : records) unacknowledged_ += record->bytes().size();
  }
  void SendGap(uint32_t, const core::Gap&) override { ++frames_; }
  void SendHeartbeat() override {}
  void SendGoAway(ErrorCode, uint32_t) override {}
  void SendNotice(ErrorCode, uint32_t) override {}
  void Close(ErrorCode) override {}

  void Acknowledge() {
    if (unacknowledged_ < (256 << 10) || session == nullptr) return;
    unacknowledged_ = 0;
    (void)session->Acknowledge(frames_);
  }
  void set_writable(bool writable) { writable_ = writable; }
  uint64_t frames() const { return frames_; }

  std::unique_ptr<Session> session;

 private:
  uint64_t frames_ = 0;
  size_t unacknowledged_ = 0;
  bool writable_ = true;
};

struct Fixture {
  Fixture() : node(1, 0, 1), broker(0, node, clock, {}, {}) {}
  ~Fixture() {
    for (auto& reader : readers) reader->session.reset();
  }
  Session& Add(bool resumable) {
    readers.push_back(std::make_unique<Reader>());
    ErrorCode refused = ErrorCode::kNone;
    core::SessionOptions options;
    if (resumable) options.resume_token = fmt::format("{:016}", readers.size());
    readers.back()->session = broker.Open(*readers.back(), std::move(options), &refused);
    return *readers.back()->session;
  }
  void Publish(std::string_view topic, std::string_view payload, std::string_view key = "") {
    wire::PublishView publish;
    publish.topic = topic;
    publish.payload = payload;
    publish.key = key;
    broker.Publish(publish, "");
  }
  void EndTurn() {
    broker.EndTurn();
    for (auto& reader : readers) reader->Acknowledge();
  }

  ManualClock clock;
  core::Node node;
  core::Broker broker;
  std::vector<std::unique_ptr<Reader>> readers;
};

void SubscribeTo(Session& session, uint32_t id, FilterKind kind, std::string_view text,
                 core::OverflowPolicy policy = core::OverflowPolicy::kDropOldest) {
  session.Subscribe(id, {kind, text}, policy, false);
}

// Of processor time, so that what else runs on the machine disturbs little.
double ThreadNanoseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Nanoseconds of each of `count` operations, the median of five rounds.
void Report(std::string_view what, uint64_t count, const std::function<void()>& round) {
  std::vector<double> each;
  for (int i = 0; i < 5; ++i) {
    const double begin = ThreadNanoseconds();
    round();
    each.push_back((ThreadNanoseconds() - begin) / static_cast<double>(count));
  }
  std::sort(each.begin(), each.end());
  fmt::print("{:<62} {:>9.1f} ns  ({:.1f} to {:.1f})\n", what, each[2], each[0], each[4]);
}

const std::string kPayload(128, 'x');

void FanOut(size_t sessions, int per_turn, bool resumable) {
  Fixture fixture;
  for (size_t i = 0; i < sessions; ++i) {
    SubscribeTo(fixture.Add(resumable), 1, FilterKind::kLiteral, "town.square");
  }
  constexpr uint64_t kMessages = 20'000;
  Report(fmt::format("delivery, 1 to {}, {} a turn, {}", sessions, per_turn,
                     resumable ? "kept for a resume" : "kept not"),
         kMessages * sessions, [&] {
           for (uint64_t i = 0; i < kMessages; ++i) {
             fixture.Publish("town.square", kPayload);
             if (i % static_cast<uint64_t>(per_turn) == 0) fixture.EndTurn();
           }
           fixture.EndTurn();
         });
}

void PublishBesideFilters(std::string_view what, FilterKind kind, const char* format) {
  Fixture fixture;
  Session& session = fixture.Add(true);
  SubscribeTo(session, 0, FilterKind::kLiteral, "town.square.east");
  for (uint32_t i = 1; format != nullptr && i <= 10'000; ++i) {
    SubscribeTo(session, i, kind, fmt::format(fmt::runtime(format), i));
  }
  fixture.EndTurn();
  constexpr uint64_t kMessages = 200'000;
  Report(fmt::format("publish to one, beside {}", what), kMessages, [&] {
    for (uint64_t i = 0; i < kMessages; ++i) {
      fixture.Publish("town.square.east", kPayload);
      if (i % 10 == 0) fixture.EndTurn();
    }
    fixture.EndTurn();
  });
}

void Stopped(std::string_view what, core::OverflowPolicy policy, int topics, int keys) {
  Fixture fixture;
  Session& session = fixture.Add(true);
  SubscribeTo(session, 1, FilterKind::kWildcard, "town.>", policy);
  fixture.EndTurn();
  fixture.readers.back()->set_writable(false);
  std::vector<std::string> names;
  for (int i = 0; i < topics; ++i) names.push_back(fmt::format("town.{}", i));
  constexpr uint64_t kMessages = 200'000;
  Report(fmt::format("publish to a stopped one, {}", what), kMessages, [&] {
    for (uint64_t i = 0; i < kMessages; ++i) {
      const std::string key = keys == 0 ? "" : std::to_string(i % static_cast<uint64_t>(keys));
      fixture.Publish(names[i % names.size()], kPayload, key);
      if (i % 10 == 0) fixture.EndTurn();
    }
  });
}

void Subscriptions() {
  constexpr uint32_t kCount = 100'000;
  std::vector<std::string> topics;
  for (uint32_t i = 0; i < kCount; ++i) topics.push_back(fmt::format("tenant.rooms.room-{:06}", i));
  Fixture fixture;
  Session& session = fixture.Add(true);
  Report("subscribe, and unsubscribe, one of 100,000", kCount, [&] {
    for (uint32_t i = 0; i < kCount; ++i) SubscribeTo(session, i, FilterKind::kLiteral, topics[i]);
    fixture.EndTurn();
    for (uint32_t i = 0; i < kCount; ++i) session.Unsubscribe(i);
    fixture.EndTurn();
  });
  for (uint32_t i = 0; i < kCount; ++i) SubscribeTo(session, i, FilterKind::kLiteral, topics[i]);
  fixture.EndTurn();
  Reader& reader = *fixture.readers.back();
  Report("park and resume a session of 100,000 subscriptions, each of them", kCount, [&] {
    const core::SessionId id = reader.session->id();
    const uint64_t frames = reader.frames();
    fixture.broker.Park(std::move(reader.session));
    reader.session = fixture.broker.Claim(id, frames);
    if (reader.session == nullptr) std::abort();
    reader.session->Attach(reader, frames, fixture.clock.Now());
    fixture.EndTurn();
  });
}

int Main() {
  for (const bool resumable : {false, true}) {
    FanOut(1, 1, resumable);
    FanOut(1, 100, resumable);
    FanOut(100, 1, resumable);
    FanOut(100, 100, resumable);
  }
  PublishBesideFilters("no patterns", FilterKind::kWildcard, nullptr);
  PublishBesideFilters("10,000 wildcards", FilterKind::kWildcard, "town.*.house-{}.>");
  PublishBesideFilters("10,000 wildcards that share no prefix", FilterKind::kWildcard,
                       "t{}.*.door");
  PublishBesideFilters("10,000 globs", FilterKind::kGlob, "t{}*door");
  Stopped("one topic", core::OverflowPolicy::kDropOldest, 1, 0);
  Stopped("1,000 topics", core::OverflowPolicy::kDropOldest, 1000, 0);
  Stopped("DROP_NEWEST", core::OverflowPolicy::kDropNewest, 1, 0);
  Stopped("CONFLATE, 1,000 topics of 10 keys", core::OverflowPolicy::kConflate, 1000, 10'000);
  Subscriptions();
  return 0;
}

}  // namespace
}  // namespace belfry

int main() { return belfry::Main(); }
