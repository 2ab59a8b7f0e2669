// SPDX-License-Identifier: Apache-2.0
//
// Everything that can happen to a client's broker and network, in an order that a seed chooses,
// under load; and the history of it all is true.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/fault/traffic.h"
#include "tests/support/belfryd_process.h"
#include "tests/support/tcp_proxy.h"

namespace belfry::test {
namespace {

// What happened when, by the number of the message that was published last.
class Chronicle {
 public:
  void Note(const Traffic* traffic, std::string what) {
    std::lock_guard lock(mutex_);
    notes_.emplace_back(traffic == nullptr ? 0 : traffic->published().invoked(), std::move(what));
  }
  std::string Text() {
    std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [number, what] : notes_) text += std::to_string(number) + ": " + what + "\n";
    return text;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<uint64_t, std::string>> notes_;
};

// Where messages are missing and gaps stand.
std::string Outline(const DeliveryHistory& delivered) {
  std::string text;
  uint64_t last = 0;
  for (const Delivery& delivery : delivered.deliveries()) {
    const Gap* gap = std::get_if<Gap>(&delivery);
    const uint64_t number = gap != nullptr ? last : std::get<uint64_t>(delivery);
    if (gap != nullptr || number != last + 1) {
      text += "after " + std::to_string(last) + ": " +
              (gap != nullptr ? "gap, cause " + std::to_string(static_cast<int>(gap->cause))
                              : std::to_string(number)) +
              "\n";
    }
    last = number;
  }
  return text;
}

class ClientStorm : public testing::Test {
 protected:
  void Reset() { Proxy().Reset(random_() % 2 == 0 ? 0 : 1 + random_() % 20'000); }
  // Until the client has noticed, or not even that.
  void Stall() {
    TcpProxy& proxy = Proxy();
    proxy.Stall(true);
    if (random_() % 2 == 0) {
      Client& client = &proxy == &to_publisher_ ? *publisher_ : *subscriber_;
      WaitFor([&] { return client.state() != State::kConnected; });
    }
    proxy.Stall(false);
  }
  void Refuse() {
    TcpProxy& proxy = Proxy();
    const uint64_t before = proxy.accepted();
    proxy.Refuse(true);
    proxy.Reset();
    WaitFor([&] { return proxy.accepted() > before + 2; });
    proxy.Refuse(false);
  }
  void KillBroker() {
    broker_.Kill();
    broker_.Start();
  }
  void DrainBroker() {
    broker_.Signal(SIGTERM);
    EXPECT_EQ(broker_.Wait(), 0);
    broker_.Start();
  }
  void StopBroker() {
    broker_.Signal(SIGSTOP);
    if (random_() % 2 == 0) {
      WaitFor([&] { return publisher_->state() != State::kConnected; });
    }
    broker_.Signal(SIGCONT);
  }

  TcpProxy& Proxy() { return random_() % 2 == 0 ? to_publisher_ : to_subscriber_; }
  void Step() {
    struct Fault {
      const char* name;
      void (ClientStorm::*happen)();
      uint32_t weight;
    };
    static constexpr Fault kFaults[] = {
        {"kill broker", &ClientStorm::KillBroker, 1},
        {"drain broker", &ClientStorm::DrainBroker, 1},
        {"stop broker", &ClientStorm::StopBroker, 1},
        {"refuse", &ClientStorm::Refuse, 1},
        {"stall", &ClientStorm::Stall, 2},
        {"reset", &ClientStorm::Reset, 4},
    };
    uint32_t choice = random_() % 10;
    const Fault* fault = kFaults;
    while (choice >= fault->weight) choice -= (fault++)->weight;
    chronicle_.Note(traffic_.get(), fault->name);
    (this->*fault->happen)();
  }
  std::unique_ptr<Client> NewClient(const std::string& who, const TcpProxy& proxy) {
    ClientOptions options = QuickOptions(proxy.address());
    options.on_state = [this, who](const StateChange& change) {
      chronicle_.Note(traffic_.get(), who + " " + ToString(change.state) +
                                          (change.resumed ? " resumed " : " ") +
                                          change.reason.text);
    };
    return Client::Create(std::move(options));
  }

  const uint32_t seed_ = std::getenv("BELFRY_SEED") != nullptr
                             ? static_cast<uint32_t>(std::atoll(std::getenv("BELFRY_SEED")))
                             : std::random_device()();
  std::mt19937 random_{seed_};
  // A dead peer is found within 600 ms.
  BelfrydProcess broker_{
      {"--set", "session.heartbeat=200ms", "--set", "session.drain_window=300ms"}};
  TcpProxy to_publisher_{broker_.grpc_port()};
  TcpProxy to_subscriber_{broker_.grpc_port()};
  Chronicle chronicle_;
  std::unique_ptr<Traffic> traffic_;
  // They go before what their observers write to.
  std::unique_ptr<Client> publisher_ = NewClient("publisher", to_publisher_);
  std::unique_ptr<Client> subscriber_ = NewClient("subscriber", to_subscriber_);
};

TEST_F(ClientStorm, HistoryStaysTrue) {
  SCOPED_TRACE("BELFRY_SEED=" + std::to_string(seed_));
  ASSERT_TRUE(publisher_->WaitUntilConnected(std::chrono::seconds(60)));
  ASSERT_TRUE(subscriber_->WaitUntilConnected(std::chrono::seconds(60)));
  traffic_ = std::make_unique<Traffic>(*publisher_, *subscriber_, "storm");
  Traffic& traffic = *traffic_;
  traffic.Start();
  for (int step = 0; step < Rounds(30, 500); ++step) {
    Step();
    ASSERT_TRUE(traffic.Flows()) << "after step " << step;
  }
  traffic.Stop();
  EXPECT_THAT(traffic.Check(), testing::IsEmpty());
  if (HasFailure()) std::cout << chronicle_.Text() << Outline(traffic.delivered());
}

}  // namespace
}  // namespace belfry::test
