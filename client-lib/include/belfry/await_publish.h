// SPDX-License-Identifier: Apache-2.0
//
// Publishing from a coroutine:
//
//   const belfry::PublishOutcome outcome = co_await belfry::AwaitPublish(client, topic, payload);
//
// Works in any coroutine type that lets others be awaited as they are. The message is published
// when the coroutine is suspended, so what the views show must live until then, which it does in a
// co_await expression. There is always an outcome, so the coroutine always goes on: on the client's
// executor, or, if the message is refused at once, without having been suspended.
//
// Lifecycle: do not destroy a coroutine that is suspended here; close the client instead, and it
// goes on with FAILED or UNKNOWN.
// Threads: one coroutine awaits an AwaitPublish; any number of coroutines may do so at once.
#pragma once

#include <atomic>
#include <coroutine>
#include <string_view>
#include <utility>

#include "belfry/client.h"
#include "belfry/publish.h"

namespace belfry {

class [[nodiscard]] AwaitPublish {
 public:
  AwaitPublish(Client& client, std::string_view topic, std::string_view payload)
      : client_(client), topic_(topic), payload_(payload) {}
  // Give a variable here: GCC 12 destroys braces, as in `{.key = "k"}`, twice if they stand in a
  // co_await expression.
  AwaitPublish(Client& client, std::string_view topic, std::string_view payload,
               const PublishOptions& options)
      : client_(client), topic_(topic), payload_(payload), options_(options) {}
  AwaitPublish(const AwaitPublish&) = delete;
  AwaitPublish& operator=(const AwaitPublish&) = delete;

  bool await_ready() const noexcept { return false; }
  // Whoever comes second, the outcome or the suspension, makes the coroutine go on: false here
  // means that the outcome was first.
  bool await_suspend(std::coroutine_handle<> coroutine) {
    client_.Publish(topic_, payload_, options_, [this, coroutine](const PublishOutcome& outcome) {
      outcome_ = outcome;
      if (one_has_come_.exchange(true)) coroutine.resume();
    });
    return !one_has_come_.exchange(true);
  }
  PublishOutcome await_resume() { return std::move(outcome_); }

 private:
  Client& client_;
  const std::string_view topic_;
  const std::string_view payload_;
  const PublishOptions options_;
  PublishOutcome outcome_;
  std::atomic<bool> one_has_come_{false};
};

}  // namespace belfry
