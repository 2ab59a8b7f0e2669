// SPDX-License-Identifier: Apache-2.0
// A service that publishes until it is asked to stop, and then leaves nothing open: what became of
// each message is known, or it is said which ones nobody knows about.
//
//   graceful_shutdown [HOST:PORT]          end with Ctrl-C or SIGTERM
#include <belfry/belfry.h>
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>
#include <vector>

using Kind = belfry::PublishOutcome::Kind;

int main(int argc, char** argv) {
  // Before any thread starts, so that all inherit it, and only sigtimedwait below gets the signals.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  belfry::ClientOptions options;
  if (argc > 1) options.endpoints = {argv[1]};
  belfry::Error error;
  auto client = belfry::Client::Create(options, &error);
  if (client == nullptr) {
    std::fprintf(stderr, "graceful_shutdown: %s\n", error.text.c_str());
    return 2;
  }
  // Callbacks run on the client's thread, and that of a publish refused at once on this one.
  std::mutex mutex;
  int ok = 0;
  std::vector<int> failed, unknown;
  int orders = 0;
  const timespec tick{0, 1'000'000};
  while (sigtimedwait(&stop, nullptr, &tick) < 0) {
    const int order = ++orders;
    client->Publish("orders.new", std::to_string(order), {}, [&, order](const auto& outcome) {
      const std::lock_guard lock(mutex);
      if (outcome.ok()) ++ok;
      if (outcome.kind == Kind::kFailed) failed.push_back(order);    // not there: may be sent again
      if (outcome.kind == Kind::kUnknown) unknown.push_back(order);  // may be there: look first
    });
  }
  const bool drained = client->Drain(std::chrono::seconds(5));
  client.reset();  // Waits for the last callbacks.
  std::printf("%d orders: %d ok, %zu failed, %zu unknown%s\n", orders, ok, failed.size(),
              unknown.size(), drained ? "" : "; gave up waiting");
  for (const int order : unknown) std::printf("order %d may have been published\n", order);
  return failed.empty() && unknown.empty() ? 0 : 1;
}
