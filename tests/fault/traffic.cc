// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/traffic.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "tests/support/belfryd_process.h"

namespace belfry::test {
namespace {

using std::chrono::seconds;

// Few enough that a broken connection has little under way, far within session.resume_window.
constexpr uint64_t kUnsettledMax = 256;

}  // namespace

Traffic::Traffic(Client& publisher, Client& subscriber, const std::string& topic)
    : publisher_(publisher), subscriber_(subscriber), delivered_(topic) {}

Traffic::~Traffic() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Traffic::Start(SubscribeOptions options) {
  options.on_gap = [this](const Gap& gap) { delivered_.OnGap(gap); };
  subscription_ = subscriber_.Subscribe(
      Literal(delivered_.topic()),
      [this](const Message& message) { delivered_.OnMessage(message); }, std::move(options));
  ASSERT_TRUE(subscription_.WaitUntilConfirmed(seconds(60)));
  thread_ = std::thread([this] { Run(); });
}

void Traffic::PublishOne() {
  const uint64_t number = published_.Invoke();
  PublishOptions options;
  options.timeout = seconds(60);
  publisher_.Publish(
      delivered_.topic(), std::to_string(number), options,
      [this, number](const PublishOutcome& outcome) { published_.Settle(number, outcome); });
}

void Traffic::Run() {
  while (!stopping_) {
    if (published_.invoked() - published_.settled() < kUnsettledMax) {
      PublishOne();
    } else {
      publisher_.Flush(std::chrono::milliseconds(20));
    }
  }
}

bool Traffic::Flows() const {
  const uint64_t now = published_.invoked();
  return WaitFor([&] { return delivered_.last() > now; }, seconds(60));
}

void Traffic::Stop() {
  stopping_ = true;
  thread_.join();
  ASSERT_TRUE(publisher_.Flush(seconds(90)));
  // One that arrives says that all before it have.
  for (int i = 0; i < 100 && delivered_.last() < published_.invoked(); ++i) {
    PublishOne();
    ASSERT_TRUE(publisher_.Flush(seconds(90)));
    WaitFor([&] { return delivered_.last() == published_.invoked(); }, seconds(5));
  }
  EXPECT_EQ(delivered_.last(), published_.invoked());
  // Flush waits for outcomes, their callbacks come behind them.
  EXPECT_TRUE(WaitFor([&] { return published_.settled() >= published_.invoked(); }));
}

ClientOptions QuickOptions(const std::string& address) {
  ClientOptions options;
  options.endpoints = {address};
  options.reconnect_backoff_min = std::chrono::milliseconds(5);
  options.reconnect_backoff_max = std::chrono::milliseconds(100);
  return options;
}

bool LongRun() { return std::getenv("BELFRY_LONG") != nullptr; }

int Rounds(int usual, int long_run) { return LongRun() ? long_run : usual; }

}  // namespace belfry::test
