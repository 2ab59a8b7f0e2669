// SPDX-License-Identifier: Apache-2.0
#include "bench/load/belfry_system.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace belfry::bench {
namespace {

using std::chrono::milliseconds;

// Publishes that wait for their outcome: enough for the window, and far from unbounded.
constexpr size_t kInFlightBytes = size_t{8} << 20;

milliseconds Millis(Duration duration) { return std::chrono::ceil<milliseconds>(duration); }

}  // namespace

class BelfrySystem::Wire final : public PublishWire {
 public:
  Wire(const Plan& plan, std::unique_ptr<Client> client, Duration timeout)
      : plan_(plan), client_(std::move(client)) {
    options_.timeout = Millis(timeout);
    for (uint32_t topic = 0; topic < plan.load().topics; ++topic) {
      topics_.push_back(plan.TopicName(topic));
    }
  }

  Client& client() { return *client_; }

  void Publish(uint32_t topic, std::string_view payload, bool measured) override {
    if (measured) ++measured_;
    // Small enough to need no allocation in a std::function.
    client_->Publish(topics_[topic], payload, options_,
                     [this, counts = measured ? int64_t{plan_.SubscribersOf(topic)}
                                              : -1](const PublishOutcome& outcome) {
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

  void Push() override {}  // the library sends at once what the connection takes

  void Settle(Duration patience) override {
    const Instant deadline = clock_.Now() + patience;
    client_->Flush(Millis(patience));
    // The last callbacks may still be running.
    while (ok_ + failed_ + unknown_ < measured_ && clock_.Now() < deadline) {
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  Outcomes outcomes() const override { return {ok_, failed_, unknown_, expected_}; }

 private:
  const Plan& plan_;
  const SystemClock clock_;
  std::vector<std::string> topics_;
  PublishOptions options_;
  uint64_t measured_ = 0;
  // Counted by outcome callbacks, which run one at a time.
  std::atomic<uint64_t> ok_{0};
  std::atomic<uint64_t> failed_{0};
  std::atomic<uint64_t> unknown_{0};
  std::atomic<uint64_t> expected_{0};
  // Last: its end waits for the callbacks above.
  std::unique_ptr<Client> client_;
};

struct BelfrySystem::Listener {
  std::unique_ptr<Client> client;
  Subscription subscription;
};

BelfrySystem::BelfrySystem(BelfryDoor door) : door_(std::move(door)) {}
BelfrySystem::~BelfrySystem() = default;

StatusOr<std::unique_ptr<Client>> BelfrySystem::MakeClient(ClientOptions options) {
  options.executor = MakeInlineExecutor();
  Error wrong;
  std::unique_ptr<Client> client = Client::Create(std::move(options), &wrong);
  if (client == nullptr) return InvalidArgument(door_.explain_options(wrong));
  return client;
}

Status BelfrySystem::Connect(const Plan& plan, const Tallies& tallies, Duration patience) {
  const SystemClock clock;
  const Instant deadline = clock.Now() + patience;
  const auto left = [&] { return std::max(Millis(deadline - clock.Now()), milliseconds(1)); };
  const auto absent = [&](size_t client) { return Unavailable(door_.explain_absence(client)); };

  for (uint32_t i = 0; i < tallies.size(); ++i) {
    auto client = MakeClient(door_.options(i));
    if (!client.ok()) return client.status();
    Tally* const tally = tallies[i].get();
    SubscribeOptions subscribe;
    subscribe.on_gap = [tally](const Gap&) { tally->NoteGap(); };
    Subscription subscription = (*client)->Subscribe(
        Literal(plan.TopicName(plan.TopicOfSubscriber(i))),
        [tally](const Message& message) { tally->Take(message.payload()); }, std::move(subscribe));
    listeners_.push_back(std::make_unique<Listener>());
    listeners_.back()->client = *std::move(client);
    listeners_.back()->subscription = std::move(subscription);
  }
  for (uint32_t i = 0; i < plan.load().publishers; ++i) {
    ClientOptions options = door_.options(tallies.size() + i);
    options.publish_in_flight_bytes_max =
        std::max(kInFlightBytes, 4 * size_t{plan.load().payload_bytes});
    auto client = MakeClient(std::move(options));
    if (!client.ok()) return client.status();
    wires_.push_back(std::make_unique<Wire>(plan, *std::move(client), patience));
  }
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (!listeners_[i]->subscription.WaitUntilConfirmed(left())) return absent(i);
  }
  for (size_t i = 0; i < wires_.size(); ++i) {
    if (!wires_[i]->client().WaitUntilConnected(left())) return absent(listeners_.size() + i);
  }
  return Status();
}

PublishWire& BelfrySystem::PublisherWire(uint32_t index) { return *wires_[index]; }

void BelfrySystem::Disconnect() {
  wires_.clear();
  for (const auto& listener : listeners_) {
    listener->subscription.Unsubscribe();
    listener->client.reset();
  }
  listeners_.clear();
}

}  // namespace belfry::bench
