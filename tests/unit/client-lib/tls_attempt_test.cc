// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a client whose TLS files go bad after its creation, with the real transport. No
// broker is needed: the attempts fail before they reach one.
#include <belfry/belfry.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <string>

namespace belfry {
namespace {

// Far more than anything here takes.
constexpr std::chrono::seconds kPatience{60};

TEST(TlsAttempt, AnEmptiedFileFailsTheAttemptAndSaysSo) {
  const std::string path = testing::TempDir() + "tls_attempt_ca.pem";
  std::ofstream(path, std::ios::trunc) << "no certificate, but something";
  std::promise<void> tried;
  std::promise<void> told;
  std::atomic<bool> first{true};
  std::atomic<bool> waiting{true};
  ClientOptions options;
  // Nobody listens there.
  options.endpoints = {"127.0.0.1:1"};
  options.tls.ca_file = path;
  options.reconnect_backoff_min = options.reconnect_backoff_max = std::chrono::milliseconds(1);
  options.on_state = [&](const StateChange& change) {
    if (change.state != State::kConnecting) return;
    if (first.exchange(false)) tried.set_value();
    if (change.reason.text.find("tls.ca_file") == std::string::npos) return;
    if (waiting.exchange(false)) told.set_value();
  };
  const std::unique_ptr<Client> client = Client::Create(options);
  ASSERT_NE(client, nullptr);
  ASSERT_EQ(tried.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(waiting);
  std::ofstream(path, std::ios::trunc).close();
  EXPECT_EQ(told.get_future().wait_for(kPatience), std::future_status::ready);
  client->Close();
}

}  // namespace
}  // namespace belfry
