// SPDX-License-Identifier: Apache-2.0
//
// Load that goes on while things break: one client publishes numbers on a topic as fast as their
// outcomes allow, another one listens, and both histories are kept.
//
// Lifecycle: Start subscribes, waits for the confirmation and begins to publish; Stop ends that and
// waits until all is settled and the last message has arrived. The clients outlive it.
// Threads: Confined to the test; publishes on a thread of its own.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "belfry/client.h"
#include "tests/support/history.h"

namespace belfry::test {

class Traffic {
 public:
  Traffic(Client& publisher, Client& subscriber, const std::string& topic);
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  void Start(SubscribeOptions options = {});
  // False: what is published from now on does not arrive in a time far beyond any wait of the
  // library (I17).
  bool Flows() const;
  void Stop();

  const PublishHistory& published() const { return published_; }
  const DeliveryHistory& delivered() const { return delivered_; }
  Violations Check() const { return CheckAll(published_, delivered_); }

 private:
  void PublishOne();
  void Run();

  Client& publisher_;
  Client& subscriber_;
  PublishHistory published_;
  DeliveryHistory delivered_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  Subscription subscription_;
};

// A client of `address` that comes back quickly, for tests that break things often.
ClientOptions QuickOptions(const std::string& address);

// Longer and more with `./dev fault --long`.
bool LongRun();
int Rounds(int usual, int long_run);

}  // namespace belfry::test
