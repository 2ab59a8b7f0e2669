// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/reactor.h"

#include <pthread.h>

#include <algorithm>
#include <asio/post.hpp>
#include <string>
#include <utility>

#include "common/check.h"

namespace belfry::reactor {
namespace {

// Enough to batch a busy moment, small enough that what is posted from outside waits well under a
// millisecond.
constexpr int kHandlersPerTurn = 256;

}  // namespace

Reactor::Reactor(int index, const Clock& clock)
    : index_(index),
      clock_(clock),
      io_(1),
      work_(asio::make_work_guard(io_)),
      owner_(std::this_thread::get_id()) {}

Reactor::~Reactor() {
  Stop();
  BELFRY_CHECK(drains_.empty());
}

void Reactor::Start() {
  MutexLock lock(thread_mutex_);
  BELFRY_CHECK(!thread_.joinable() && !stopping_.load());
  owner_.store(std::thread::id());
  thread_ = std::thread([this] { Run(); });
}

void Reactor::Stop() {
  stopping_.store(true);
  Wake();
  MutexLock lock(thread_mutex_);
  if (!thread_.joinable()) return;
  BELFRY_CHECK(thread_.get_id() != std::this_thread::get_id());
  thread_.join();
  owner_.store(std::this_thread::get_id());
}

void Reactor::Run() {
  owner_.store(std::this_thread::get_id());
  pthread_setname_np(pthread_self(), ("reactor-" + std::to_string(index_)).c_str());
  while (!stopping_.load(std::memory_order_acquire)) {
    RunHandlers(/*deadline=*/nullptr);
    FinishTurn();
  }
}

void Reactor::RunTurn(Instant deadline) {
  BELFRY_CHECK(InThread());
  RunHandlers(&deadline);
  FinishTurn();
}

void Reactor::RunHandlers(const Instant* deadline) {
  int handlers = 0;
  if (!work_pending_.load(std::memory_order_acquire) && transmitters_.empty()) {
    handlers = static_cast<int>(deadline == nullptr ? io_.run_one() : io_.run_one_until(*deadline));
  }
  while (handlers < kHandlersPerTurn && io_.poll_one() > 0) ++handlers;
}

void Reactor::FinishTurn() {
  // Cleared before the queues are looked at: what comes later turns it true again and wakes us.
  work_pending_.exchange(false, std::memory_order_acq_rel);
  DrainControl();
  for (Drain* drain : drains_) drain->DrainOnce();
  RunProducers();
  RunTransmitters();
  now_known_ = false;
  turns_.fetch_add(1, std::memory_order_relaxed);
}

void Reactor::Post(std::function<void()> function) {
  {
    MutexLock lock(control_mutex_);
    control_.push_back(std::move(function));
  }
  Wake();
}

void Reactor::Wake() {
  if (work_pending_.exchange(true, std::memory_order_acq_rel)) return;
  // Our own thread looks at the flag before it waits.
  if (!InThread()) asio::post(io_, [] {});
}

void Reactor::DrainControl() {
  {
    MutexLock lock(control_mutex_);
    control_running_.swap(control_);
  }
  for (std::function<void()>& function : control_running_) function();
  control_running_.clear();
}

void Reactor::AddProducer(TurnEnd* producer) {
  BELFRY_CHECK(InThread());
  producers_.push_back(producer);
}

void Reactor::RemoveProducer(TurnEnd* producer) {
  BELFRY_CHECK(InThread());
  // Nulled, not erased: this may happen while the producers are being run.
  std::replace(producers_.begin(), producers_.end(), producer, static_cast<TurnEnd*>(nullptr));
}

void Reactor::RunProducers() {
  for (size_t i = 0; i < producers_.size(); ++i) {
    if (producers_[i] != nullptr) producers_[i]->OnTurnEnd();
  }
  std::erase(producers_, nullptr);
}

void Reactor::ScheduleTransmit(TurnEnd* transmitter) {
  if (transmitter->transmit_slot_ != TurnEnd::kNotScheduled) return;
  transmitter->transmit_slot_ = transmitters_.size();
  transmitters_.push_back(transmitter);
}

void Reactor::CancelTransmit(TurnEnd* transmitter) {
  const size_t slot = std::exchange(transmitter->transmit_slot_, TurnEnd::kNotScheduled);
  if (slot == TurnEnd::kNotScheduled) return;
  // It stands in the list being filled or in the one being run.
  if (slot < transmitters_.size() && transmitters_[slot] == transmitter) {
    transmitters_[slot] = nullptr;
  } else {
    BELFRY_CHECK(transmitting_[slot] == transmitter);
    transmitting_[slot] = nullptr;
  }
}

void Reactor::RunTransmitters() {
  transmitting_.swap(transmitters_);
  for (size_t i = 0; i < transmitting_.size(); ++i) {
    TurnEnd* transmitter = transmitting_[i];
    if (transmitter == nullptr) continue;
    transmitting_[i] = nullptr;
    transmitter->transmit_slot_ = TurnEnd::kNotScheduled;
    transmitter->OnTurnEnd();
  }
  transmitting_.clear();
}

void Reactor::AddDrain(Drain* drain) {
  BELFRY_CHECK(InThread());
  drains_.push_back(drain);
}

void Reactor::RemoveDrain(Drain* drain) {
  BELFRY_CHECK(InThread());
  std::erase(drains_, drain);
}

}  // namespace belfry::reactor
