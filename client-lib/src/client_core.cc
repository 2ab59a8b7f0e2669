// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/client_core.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <utility>

#include "client-lib/src/call_guarded.h"
#include "client-lib/src/client_identity.h"
#include "client-lib/src/deadline.h"
#include "client-lib/src/filter_convert.h"
#include "client-lib/src/make_error.h"
#include "common/topic/filter.h"
#include "common/topic/topic.h"

namespace belfry::client {
namespace {

// More than this wait only if an observer does not return, or if handlers throw over and over. Then
// the oldest notices go; changes of state and room are few.
constexpr size_t kObservationsMax = 1024;
// How many observations one task tells before others get their turn.
constexpr int kObserveBatch = 64;
// More handlers at once than any machine has cores are a mistake.
constexpr int kParallelMax = 1024;
// How many callbacks one task runs before others get their turn.
constexpr size_t kCallbackBatch = 256;

SessionSettings SettingsOf(const ClientOptions& options, const Clock& clock) {
  SessionSettings settings;
  settings.client_id = options.client_id;
  settings.incarnation = static_cast<uint64_t>(clock.WallUnixMicros());
  settings.producer_id = RandomBytes(16);
  settings.endpoints = options.endpoints;
  settings.connect_timeout = ToDuration(options.connect_timeout);
  settings.backoff = {ToDuration(options.reconnect_backoff_min),
                      ToDuration(options.reconnect_backoff_max)};
  settings.publish_bytes_max = options.publish_in_flight_bytes_max;
  settings.seed = std::random_device{}();
  return settings;
}

Error CheckTopic(std::string_view topic) {
  const Status valid = ValidateTopic(topic, kTopicBytesMax);
  return valid.ok() ? Error() : MakeError(ErrorCode::kBadTopic, MessageOf(valid));
}

}  // namespace

// One transport's events. Keeps the core alive until OnClosed, and no longer.
class ClientCore::Attempt final : public TransportEvents {
 public:
  explicit Attempt(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  void OnFrame(FrameBytes frame) override { core_->OnFrame(std::move(frame)); }
  void OnWriteDone() override { core_->OnWriteDone(); }
  void OnClosed(Error reason) override { core_->OnTransportClosed(std::move(reason)); }

 private:
  const std::shared_ptr<ClientCore> core_;
};

ClientCore::ClientCore(ClientOptions options, std::unique_ptr<const Clock> clock,
                       std::unique_ptr<Connector> connector)
    : options_(std::move(options)),
      clock_(std::move(clock)),
      connector_(std::move(connector)),
      runner_(std::make_shared<CallbackRunner>(options_.executor)),
      counts_(std::make_shared<DeliveryCounts>()),
      machine_(SettingsOf(options_, *clock_)) {}

void ClientCore::Start() {
  timer_.Start([self = shared_from_this()] { return self->Step(); });
}

std::optional<Instant> ClientCore::Step() {
  Work work;
  {
    MutexLock lock(mutex_);
    machine_.Tick(clock_->Now(), &work.effects);
    Collect(&work);
  }
  Perform(work);
  if (work.effects.connect) Connect(*work.effects.connect);
  MutexLock lock(mutex_);
  if (machine_.over()) return std::nullopt;
  armed_until_ = machine_.NextDue();
  return armed_until_;
}

void ClientCore::Connect(const std::string& endpoint) {
  Error error;
  const std::shared_ptr<Transport> transport = connector_->Create(endpoint, &error);
  Work work;
  bool start = false;
  {
    MutexLock lock(mutex_);
    // Close may have come meanwhile.
    start = transport != nullptr && machine_.opening();
    if (start) {
      transport_ = transport;
    } else {
      machine_.OnClosed(std::move(error), clock_->Now(), &work.effects);
      changed_.notify_all();
    }
  }
  if (start) transport->Start(std::make_shared<Attempt>(shared_from_this()));
  {
    MutexLock lock(mutex_);
    Collect(&work);
  }
  Perform(work);
}

Subscription ClientCore::Subscribe(TopicFilter filter, MessageHandler handler,
                                   SubscribeOptions options) {
  if (options.queue_messages_max == 0) {
    options.queue_messages_max = options_.subscription_queue_messages_max;
  }
  if (options.queue_bytes_max == 0) {
    options.queue_bytes_max = options_.subscription_queue_bytes_max;
  }
  const Status valid = ValidateFilter(ViewOf(filter), kTopicBytesMax);
  auto on_end = [core = weak_from_this()](const std::shared_ptr<LocalSubscription>& local) {
    if (const auto alive = core.lock()) alive->EndSubscription(local);
  };
  auto on_threw = [core = weak_from_this()](std::string_view what) {
    if (const auto alive = core.lock()) alive->OnThrew(what);
  };
  const bool parallel_valid = options.parallel >= 1 && options.parallel <= kParallelMax;
  if (!parallel_valid) options.parallel = 1;
  auto local =
      std::make_shared<LocalSubscription>(std::move(filter), std::move(handler), std::move(options),
                                          runner_, counts_, std::move(on_end), std::move(on_threw));
  if (!valid.ok() || !parallel_valid) {
    local->Refuse(valid.ok() ? MakeError(ErrorCode::kInvalidOption, "parallel: 1 to 1024")
                             : MakeError(ErrorCode::kBadFilter, MessageOf(valid)));
    return Subscription(std::move(local));
  }
  bool closed = false;
  const std::optional<uint32_t> made = fanout_.Add(local, &closed);
  if (closed) local->Refuse(MakeError(ErrorCode::kClientClosed));
  if (made) {
    Work work;
    {
      MutexLock lock(mutex_);
      if (!machine_.closing()) {
        machine_.subscriptions().Add(*made, local->filter(), local->overflow());
      }
      Collect(&work);
    }
    Perform(work);
  }
  return Subscription(std::move(local));
}

void ClientCore::EndSubscription(const std::shared_ptr<LocalSubscription>& local) {
  const std::optional<uint32_t> ended = fanout_.Remove(local);
  if (!ended) return;
  Work work;
  {
    MutexLock lock(mutex_);
    machine_.subscriptions().Remove(*ended);
    Collect(&work);
  }
  Perform(work);
}

Error ClientCore::CheckOpen(std::string_view payload) const {
  if (!machine_.taking()) return MakeError(ErrorCode::kClientClosed);
  if (payload.size() > machine_.payload_bytes_max()) {
    return MakeError(ErrorCode::kPayloadTooLarge);
  }
  return Error();
}

Error ClientCore::AwaitRoom(MutexLock& lock, size_t cost, Instant deadline) {
  PublishQueue& queue = machine_.publishes();
  if (queue.HasRoom(cost)) return Error();
  // Room may depend on the very callback that we are in.
  if (options_.publish_when_full == WhenFull::kFail || runner_->Inside()) {
    room_wanted_ = std::max(room_wanted_, cost);
    return MakeError(ErrorCode::kInFlightFull);
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_->Now());
  const bool woken = Await(lock, left, [&]() BELFRY_REQUIRES(mutex_) {
    return queue.HasRoom(cost) || !machine_.taking();
  });
  if (!machine_.taking()) return MakeError(ErrorCode::kClientClosed);
  return woken ? Error() : MakeError(ErrorCode::kTimeout);
}

void ClientCore::Publish(std::string_view topic, std::string_view payload,
                         const PublishOptions& options, Completion done) {
  Error error = CheckTopic(topic);
  const Instant deadline = DeadlineAfter(clock_->Now(), options.timeout);
  std::optional<SettledPublish> refused;
  Work work;
  {
    MutexLock lock(mutex_);
    if (error.ok()) error = CheckOpen(payload);
    if (error.ok()) {
      error = AwaitRoom(lock, PublishQueue::CostOf(topic, payload, options), deadline);
    }
    PublishQueue& queue = machine_.publishes();
    if (error.ok()) {
      queue.Add(topic, payload, options, deadline, std::move(done));
    } else {
      refused = queue.Refuse(std::move(done), std::move(error));
    }
    Collect(&work);
  }
  Perform(work);
  if (refused) TellRefused(*refused);
}

void ClientCore::TellRefused(SettledPublish& refused) {
  if (auto* promise = std::get_if<std::promise<PublishOutcome>>(&refused.done)) {
    promise->set_value(std::move(refused.outcome));
  } else if (auto* callback = std::get_if<PublishCallback>(&refused.done)) {
    // It may destroy the client.
    const std::shared_ptr<ClientCore> self = shared_from_this();
    CallGuarded([&] { (*callback)(refused.outcome); },
                [&](std::string_view what) { self->OnThrew(what); });
    refused.done = Completion();
  }
}

void ClientCore::OnThrew(std::string_view what) {
  Work work;
  {
    MutexLock lock(mutex_);
    ++traffic_.handlers_threw;
    std::string text = "a handler threw: ";
    work.effects.notices.push_back(MakeError(ErrorCode::kHandlerThrew, text.append(what)));
    Collect(&work);
  }
  Perform(work);
}

State ClientCore::state() const {
  MutexLock lock(mutex_);
  return machine_.state();
}

template <class Done>
bool ClientCore::Await(MutexLock& lock, std::chrono::milliseconds timeout, Done done) {
  const Instant until = DeadlineAfter(std::chrono::steady_clock::now(), timeout);
  ++waiters_;
  bool in_time = done();
  while (!in_time) {
    const bool over = changed_.wait_until(lock, until) == std::cv_status::timeout;
    in_time = done();
    if (over) break;
  }
  --waiters_;
  return in_time;
}

bool ClientCore::WaitUntilConnected(std::chrono::milliseconds timeout) {
  MutexLock lock(mutex_);
  Await(lock, timeout, [&]() BELFRY_REQUIRES(mutex_) {
    return machine_.state() == State::kConnected || machine_.closing();
  });
  return machine_.state() == State::kConnected;
}

bool ClientCore::Flush(std::chrono::milliseconds timeout) {
  MutexLock lock(mutex_);
  const uint64_t last = machine_.publishes().last_id();
  return Await(lock, timeout,
               [&]() BELFRY_REQUIRES(mutex_) { return machine_.publishes().SettledThrough(last); });
}

bool ClientCore::Drain(std::chrono::milliseconds timeout) {
  Work work;
  {
    MutexLock lock(mutex_);
    machine_.Drain(&work.effects);
    Collect(&work);
    changed_.notify_all();
  }
  Perform(work);
  const bool flushed = Flush(timeout);
  Close();
  return flushed;
}

void ClientCore::Close() {
  Work work;
  {
    MutexLock lock(mutex_);
    machine_.Close(clock_->Now(), &work.effects);
    Collect(&work);
    changed_.notify_all();
  }
  Perform(work);
  fanout_.Close();
}

void ClientCore::AwaitEnd() {
  // A task of another client on this executor may stand in the way of ours.
  if (runner_->InsideExecutor()) return;
  {
    MutexLock lock(mutex_);
    while (!machine_.over()) changed_.wait(lock);
  }
  timer_.Join();
  runner_->WaitUntilIdle();
}

ClientStats ClientCore::stats() const {
  ClientStats stats;
  {
    MutexLock lock(mutex_);
    stats = traffic_;
    stats.connects = machine_.connects();
    const PublishCounts& counts = machine_.publishes().counts();
    stats.published = counts.published;
    stats.outcomes_ok = counts.ok;
    stats.outcomes_failed = counts.failed;
    stats.outcomes_unknown = counts.unknown;
    stats.publish_in_flight_bytes = machine_.publishes().bytes();
  }
  stats.messages_delivered = counts_->delivered.load(std::memory_order_relaxed);
  stats.messages_dropped = counts_->dropped.load(std::memory_order_relaxed);
  stats.messages_replaced = counts_->replaced.load(std::memory_order_relaxed);
  stats.gaps = counts_->gaps.load(std::memory_order_relaxed);
  stats.subscriptions = fanout_.local_size();
  stats.broker_subscriptions = fanout_.broker_size();
  return stats;
}

void ClientCore::Collect(Work* work) {
  SessionEffects& effects = work->effects;
  work->transport = transport_;
  if (transport_ != nullptr) work->frame = machine_.NextFrame(clock_->Now(), &effects);
  if (work->frame) {
    ++traffic_.frames_sent;
    traffic_.bytes_sent += work->frame->bytes().size();
  }

  std::erase_if(effects.settled, [this](SettledPublish& settled) BELFRY_REQUIRES(mutex_) {
    if (!std::holds_alternative<PublishCallback>(settled.done)) return false;
    callbacks_.push_back(std::move(settled));
    return true;
  });
  if (!callbacks_.empty() && !calling_back_) work->call_back = calling_back_ = true;

  for (StateChange& change : effects.changes) {
    if (!options_.on_state) break;
    // An observer that lags need not see each failed try.
    auto* last = observations_.empty() ? nullptr : std::get_if<StateChange>(&observations_.back());
    if (last != nullptr && last->state == change.state) {
      *last = std::move(change);
    } else {
      observations_.push_back(std::move(change));
    }
  }
  for (Error& notice : effects.notices) {
    if (options_.on_notice) observations_.push_back(std::move(notice));
  }
  // Both: told at each publish that fits, it would be told too often; told at half, what was
  // refused may not fit.
  if (const PublishQueue& queue = machine_.publishes();
      room_wanted_ > 0 && queue.HalfFree() && queue.HasRoom(room_wanted_)) {
    room_wanted_ = 0;
    if (options_.on_publish_room) observations_.push_back(Room());
  }
  while (observations_.size() > kObservationsMax) {
    const auto oldest = std::find_if(
        observations_.begin(), observations_.end(),
        [](const Observation& waiting) { return std::holds_alternative<Error>(waiting); });
    if (oldest == observations_.end()) break;
    observations_.erase(oldest);
  }
  if (!observations_.empty() && !observing_) work->observe = observing_ = true;

  // Whoever waits, waits for outcomes, for the room they leave, or for a change of state.
  const uint64_t outcomes = machine_.publishes().counts().outcomes();
  if (std::exchange(outcomes_told_, outcomes) != outcomes || !effects.changes.empty()) {
    if (waiters_ > 0) changed_.notify_all();
  }
  // The timer thread ends when all is over.
  if (machine_.NextDue() < armed_until_ || machine_.over()) {
    work->wake = true;
    armed_until_ = Instant::min();
  }
}

void ClientCore::Perform(Work& work) {
  if (work.frame) work.transport->Write(std::move(*work.frame));
  if (work.effects.cancel && work.transport != nullptr) work.transport->Cancel();
  for (SettledPublish& settled : work.effects.settled) {
    if (auto* promise = std::get_if<std::promise<PublishOutcome>>(&settled.done)) {
      promise->set_value(std::move(settled.outcome));
    }
  }
  if (work.wake) timer_.Wake();
  if (work.observe) runner_->Post([self = shared_from_this()] { self->RunObservers(); });
  if (work.call_back) runner_->Post([self = shared_from_this()] { self->RunCallbacks(); });
}

void ClientCore::RunObservers() {
  for (int told = 0; told < kObserveBatch; ++told) {
    Observation next;
    {
      MutexLock lock(mutex_);
      if (observations_.empty()) {
        observing_ = false;
        return;
      }
      next = std::move(observations_.front());
      observations_.pop_front();
    }
    CallGuarded([&] { Observe(next); },
                [&](std::string_view what) {
                  // on_notice is not told of itself, over and over.
                  if (!std::holds_alternative<Error>(next)) return OnThrew(what);
                  MutexLock lock(mutex_);
                  ++traffic_.handlers_threw;
                });
  }
  runner_->Post([self = shared_from_this()] { self->RunObservers(); });
}

void ClientCore::Observe(const Observation& observation) {
  if (const StateChange* change = std::get_if<StateChange>(&observation)) {
    options_.on_state(*change);
  } else if (const Error* notice = std::get_if<Error>(&observation)) {
    options_.on_notice(*notice);
  } else {
    options_.on_publish_room();
  }
}

void ClientCore::RunCallbacks() {
  std::vector<SettledPublish> batch;
  {
    MutexLock lock(mutex_);
    const size_t count = std::min(kCallbackBatch, callbacks_.size());
    const auto end = callbacks_.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(callbacks_.begin(), end, std::back_inserter(batch));
    callbacks_.erase(callbacks_.begin(), end);
  }
  size_t bytes = 0;
  Work work;
  for (SettledPublish& settled : batch) {
    CallGuarded([&] { std::get<PublishCallback>(settled.done)(settled.outcome); },
                [&](std::string_view what) { OnThrew(what); });
    bytes += settled.callback_bytes;
    // What the callback holds ends here, not under the lock below.
    settled.done = Completion();
  }
  bool again = false;
  {
    MutexLock lock(mutex_);
    machine_.publishes().ReleaseCallbackBytes(bytes);
    if (waiters_ > 0) changed_.notify_all();
    again = calling_back_ = !callbacks_.empty();
    // There may be room now.
    if (room_wanted_ > 0) Collect(&work);
  }
  Perform(work);
  if (again) runner_->Post([self = shared_from_this()] { self->RunCallbacks(); });
}

}  // namespace belfry::client
