// SPDX-License-Identifier: Apache-2.0
#include "bench/nats_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "common/check.h"

namespace belfry::bench {
namespace {

// Far more than its threads need to end.
constexpr Duration kClosePatience = std::chrono::seconds(30);

int64_t Millis(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

struct DestroyConnection {
  void operator()(natsConnection* connection) const {
    natsConnection_Close(connection);
    natsConnection_Destroy(connection);
  }
};
using Connection = std::unique_ptr<natsConnection, DestroyConnection>;

struct DestroyOptions {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using Options = std::unique_ptr<natsOptions, DestroyOptions>;

Status Refused(std::string_view what, natsStatus status) {
  return Unavailable(fmt::format("NATS: cannot {} ({}); is nats-server running there?", what,
                                 natsStatus_GetText(status)));
}

Options OptionsFor(const std::string& server, Duration patience) {
  natsOptions* made = nullptr;
  BELFRY_CHECK(natsOptions_Create(&made) == NATS_OK);  // out of memory
  Options options(made);
  const std::string url = "nats://" + server;
  const bool set = natsOptions_SetURL(made, url.c_str()) == NATS_OK &&
                   natsOptions_SetTimeout(made, Millis(patience)) == NATS_OK &&
                   natsOptions_SetAllowReconnect(made, false) == NATS_OK &&
                   natsOptions_UseGlobalMessageDelivery(made, true) == NATS_OK;
  return set ? std::move(options) : nullptr;
}

StatusOr<Connection> Open(const std::string& server, Options options) {
  if (options == nullptr) {
    return InvalidArgument(fmt::format("'{}' is no server; write HOST:PORT", server));
  }
  natsConnection* connection = nullptr;
  const natsStatus status = natsConnection_Connect(&connection, options.get());
  if (status != NATS_OK) return Refused("connect to " + server, status);
  return Connection(connection);
}

}  // namespace

class NatsSystem::Listener {
 public:
  explicit Listener(Tally& tally) : tally_(tally) {}

  Status Start(const std::string& server, const std::string& topic, Duration patience) {
    Options options = OptionsFor(server, patience);
    if (options != nullptr) {
      natsOptions_SetErrorHandler(options.get(), OnError, this);
      natsOptions_SetDisconnectedCB(options.get(), OnDisconnected, this);
    }
    auto connection = Open(server, std::move(options));
    if (!connection.ok()) return connection.status();
    connection_ = *std::move(connection);
    natsStatus status =
        natsConnection_Subscribe(&subscription_, connection_.get(), topic.c_str(), OnMessage, this);
    // The window bounds what waits here; the library shall not drop any of it.
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(subscription_, -1, -1);
    // Its answer confirms the subscription.
    if (status == NATS_OK)
      status = natsConnection_FlushTimeout(connection_.get(), Millis(patience));
    return status == NATS_OK ? Status() : Refused("subscribe", status);
  }

  // Callbacks may still run afterwards, on threads of the library, until it is closed.
  void End() {
    // The library reports on threads of its own, so these are told to the tally only now.
    for (uint64_t i = troubles_.load(); i > 0; --i) tally_.NoteGap();
    ending_ = true;
    natsSubscription_Destroy(std::exchange(subscription_, nullptr));
    connection_.reset();
  }

 private:
  static void OnMessage(natsConnection*, natsSubscription*, natsMsg* message, void* self) {
    static_cast<Listener*>(self)->tally_.Take(
        std::string_view(natsMsg_GetData(message), natsMsg_GetDataLength(message)));
    natsMsg_Destroy(message);
  }
  static void OnError(natsConnection*, natsSubscription*, natsStatus, void* self) {
    ++static_cast<Listener*>(self)->troubles_;
  }
  static void OnDisconnected(natsConnection*, void* self) {
    auto* const listener = static_cast<Listener*>(self);
    if (!listener->ending_) ++listener->troubles_;
  }

  Tally& tally_;
  std::atomic<bool> ending_{false};
  std::atomic<uint64_t> troubles_{0};
  Connection connection_;
  natsSubscription* subscription_ = nullptr;
};

class NatsSystem::Wire final : public PublishWire {
 public:
  Wire(const Plan& plan, Connection connection) : plan_(plan), connection_(std::move(connection)) {
    for (uint32_t topic = 0; topic < plan.load().topics; ++topic) {
      topics_.push_back(plan.TopicName(topic));
    }
  }

  void Publish(uint32_t topic, std::string_view payload, bool measured) override {
    const natsStatus status =
        natsConnection_Publish(connection_.get(), topics_[topic].c_str(), payload.data(),
                               static_cast<int>(payload.size()));
    if (!measured) return;
    if (status != NATS_OK) {
      ++outcomes_.failed;
      return;
    }
    ++outcomes_.unknown;
    expected_ += plan_.SubscribersOf(topic);
  }

  void Push() override {}  // the library flushes by itself

  // NATS confirms no single message; an answer to what was sent last confirms all.
  void Settle(Duration patience) override {
    if (natsConnection_FlushTimeout(connection_.get(), Millis(patience)) != NATS_OK) return;
    outcomes_.ok = std::exchange(outcomes_.unknown, 0);
    outcomes_.expected = expected_;
  }

  Outcomes outcomes() const override { return outcomes_; }

 private:
  const Plan& plan_;
  const Connection connection_;
  std::vector<std::string> topics_;
  uint64_t expected_ = 0;
  Outcomes outcomes_;
};

NatsSystem::NatsSystem(std::string server, std::function<std::optional<double>()> cpu_seconds)
    : server_(std::move(server)), cpu_seconds_(std::move(cpu_seconds)) {
  BELFRY_CHECK(nats_Open(-1) == NATS_OK);
  nats_SetMessageDeliveryPoolSize(
      static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
}

NatsSystem::~NatsSystem() { Disconnect(); }

Status NatsSystem::Connect(const Plan& plan, const Tallies& tallies, Duration patience) {
  for (uint32_t i = 0; i < tallies.size(); ++i) {
    listeners_.push_back(std::make_unique<Listener>(*tallies[i]));
    const std::string topic = plan.TopicName(plan.TopicOfSubscriber(i));
    if (Status started = listeners_.back()->Start(server_, topic, patience); !started.ok()) {
      return started;
    }
  }
  for (uint32_t i = 0; i < plan.load().publishers; ++i) {
    Options options = OptionsFor(server_, patience);
    // At a rate each message leaves at once; the flushing thread would hold it back for up to a
    // millisecond. At full speed that thread is the faster way.
    const bool at_once = plan.load().rate.has_value() || plan.OneAtATime();
    if (options != nullptr) natsOptions_SetSendAsap(options.get(), at_once);
    auto connection = Open(server_, std::move(options));
    if (!connection.ok()) return connection.status();
    wires_.push_back(std::make_unique<Wire>(plan, *std::move(connection)));
  }
  return Status();
}

PublishWire& NatsSystem::PublisherWire(uint32_t index) { return *wires_[index]; }

void NatsSystem::Disconnect() {
  if (!std::exchange(open_, false)) return;
  wires_.clear();
  for (const auto& listener : listeners_) listener->End();
  // Only now no callback uses the listeners and their tallies any more.
  BELFRY_CHECK(nats_CloseAndWait(Millis(kClosePatience)) == NATS_OK);
  listeners_.clear();
}

}  // namespace belfry::bench
