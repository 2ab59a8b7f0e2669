// SPDX-License-Identifier: Apache-2.0
// Orders in a coroutine: each is published when the one before has its outcome, and no thread waits
// meanwhile. What failed is tried again; what may be there is not.
//
//   await_publish [HOST:PORT]
#include <belfry/belfry.h>

#include <coroutine>
#include <cstdio>
#include <exception>
#include <future>
#include <string>

using Kind = belfry::PublishOutcome::Kind;

// The smallest coroutine type there is: begins at once, and goes by itself. Yours will do as well.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Task SendOrders(belfry::Client& client, int orders, std::promise<int> done) {
  int ok = 0;
  for (int order = 1; order <= orders; ++order) {
    const std::string payload = "order " + std::to_string(order);
    belfry::PublishOutcome outcome;
    for (int attempt = 0; attempt < 3; ++attempt) {
      outcome = co_await belfry::AwaitPublish(client, "orders.new", payload);
      if (outcome.kind != Kind::kFailed || !outcome.error.retryable) break;
    }
    if (!outcome.ok())
      std::fprintf(stderr, "%s: %s\n", payload.c_str(), outcome.error.text.c_str());
    ok += outcome.ok() ? 1 : 0;
  }
  done.set_value(ok);
}

int main(int argc, char** argv) {
  belfry::ClientOptions options;
  if (argc > 1) options.endpoints = {argv[1]};
  belfry::Error error;
  const auto client = belfry::Client::Create(options, &error);
  if (client == nullptr) {
    std::fprintf(stderr, "await_publish: %s\n", error.text.c_str());
    return 2;
  }
  std::promise<int> done;
  std::future<int> ok = done.get_future();
  SendOrders(*client, 100, std::move(done));
  std::printf("%d of 100 orders published\n", ok.get());
}
