// SPDX-License-Identifier: Apache-2.0
//
// A client of a Belfry cluster: one connection, kept up by itself, that carries every publish and
// every subscription of an application. Create one for a process and share it.
//
// Lifecycle: Create starts connecting and returns at once; Close (or Drain, or the destructor) ends
// it. The destructor waits for callbacks that are running or due, unless it runs inside a callback
// of this client, or of another on the same executor: they may then still come after it. In a task
// of an executor of your own that is no callback of a client, do not destroy one: it would wait for
// the thread it runs on.
// Threads: Thread-safe. Callbacks run on ClientOptions::executor (but see Publish), never under a
// lock of the library, and may call anything here; functions that wait must not be called from an
// inline executor's callbacks. Errors: values; no exception is thrown across this interface. What
// a handler or callback throws is caught, counted and told to ClientOptions::on_notice, and the
// client goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string_view>

#include "belfry/client_options.h"
#include "belfry/error.h"
#include "belfry/export.h"
#include "belfry/message.h"
#include "belfry/publish.h"
#include "belfry/state.h"
#include "belfry/subscription.h"
#include "belfry/topic_filter.h"

namespace belfry {

namespace client {
class ClientCore;
}  // namespace client

// Totals since Create, but for the "now" ones.
struct ClientStats {
  uint64_t connects = 0;
  uint64_t frames_received = 0;
  uint64_t bytes_received = 0;
  uint64_t frames_sent = 0;
  uint64_t bytes_sent = 0;
  uint64_t messages_received = 0;
  // Messages handed to subscriptions' queues: one received message may go to many.
  uint64_t messages_delivered = 0;
  // Dropped by full queues of this process.
  uint64_t messages_dropped = 0;
  // Replaced by a newer one of their key while they waited for their handler (kConflate).
  uint64_t messages_replaced = 0;
  uint64_t gaps = 0;
  // Exceptions of handlers and callbacks. on_notice is told of each, but for its own, and for some
  // if it lags a thousand behind.
  uint64_t handlers_threw = 0;
  uint64_t published = 0;
  uint64_t outcomes_ok = 0;
  uint64_t outcomes_failed = 0;
  uint64_t outcomes_unknown = 0;
  // Now.
  uint64_t publish_in_flight_bytes = 0;
  // Now: Subscription objects, and the broker's subscriptions behind them.
  uint64_t subscriptions = 0;
  uint64_t broker_subscriptions = 0;
};

class BELFRY_API Client {
 public:
  // Never waits for the network. Null only if the options are wrong; *error then names the field.
  static std::unique_ptr<Client> Create(ClientOptions options, Error* error = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The handler runs for each message that matches, one at a time and in order, unless
  // SubscribeOptions::parallel says otherwise. Subscriptions with
  // the same filter and overflow policy share one subscription at the broker. While not connected
  // it is remembered and made later.
  [[nodiscard]] Subscription Subscribe(TopicFilter filter, MessageHandler handler,
                                       SubscribeOptions options = {});

  // Publishes; messages of one thread are sent in the order of the calls. While not connected they
  // wait, until their deadline, within publish_in_flight_bytes_max.
  std::future<PublishOutcome> Publish(std::string_view topic, std::string_view payload,
                                      const PublishOptions& options = {});
  // The callback runs on the executor, but before Publish returns and on the calling thread if the
  // message is refused at once (a bad topic, too large, no room, closed): do not call Publish from
  // there over and over, nor hold a lock that the callback takes. Null: nobody wants to know.
  void Publish(std::string_view topic, std::string_view payload, const PublishOptions& options,
               PublishCallback done);

  State state() const;
  // False: the time is over, or the client was closed.
  bool WaitUntilConnected(std::chrono::milliseconds timeout);

  // Waits until every publish so far has its outcome.
  bool Flush(std::chrono::milliseconds timeout);
  // Takes no more publishes (they fail), waits for the outcomes of the others, says goodbye and
  // closes. False: the time was over first; what was open then ended as in Close.
  bool Drain(std::chrono::milliseconds timeout);
  // Ends everything now: publishes that were written and not answered end UNKNOWN, those never
  // written FAILED; subscriptions fall silent. Safe inside callbacks; again: nothing.
  void Close();

  ClientStats stats() const;

 private:
  explicit Client(std::shared_ptr<client::ClientCore> core);

  std::shared_ptr<client::ClientCore> core_;
};

}  // namespace belfry
