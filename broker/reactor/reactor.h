// SPDX-License-Identifier: Apache-2.0
//
// One event loop on one named thread ("reactor-N"): an Asio io_context with its own run loop. A
// *turn* is
//   wait for a ready handler, run it and what else is ready (at most 256)
//   -> drain: control functions, then each inbox
//   -> end of turn: every producer in order of addition, then the transmitters scheduled so far.
// What is posted, offered or scheduled after its phase is done in the next turn, which then does
// not wait.
//
// Lifecycle: construct, add inboxes and producers, Start(), Stop(). Or never Start(): RunTurn()
// drives the loop by hand from the constructing thread (tests). Functions still queued when it
// stops are destroyed without being run. Threads: Post, Stop, InThread, turns and index are
// Thread-safe; all else is Confined to the reactor's thread (before Start and after Stop: to the
// thread that constructs or stops it). Fails: the constructor ends the process if the system gives
// no epoll or event descriptor.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "broker/reactor/turn_end.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace belfry::reactor {

class Reactor {
 public:
  // A queue that other threads fill and the reactor empties once per turn (inbox.h).
  class Drain {
   public:
    virtual void DrainOnce() = 0;

   protected:
    ~Drain() = default;
  };

  Reactor(int index, const Clock& clock);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  void Start();
  // Ends the loop after its turn and joins the thread. Never from the reactor's own thread.
  void Stop();

  asio::io_context& io() { return io_; }
  int index() const { return index_; }
  const Clock& clock() const { return clock_; }
  // The time of this turn: the clock is read at the first use, so that all of a turn sees one
  // instant.
  Instant now() const {
    if (!now_known_) {
      now_ = clock_.Now();
      now_known_ = true;
    }
    return now_;
  }
  bool InThread() const { return owner_.load() == std::this_thread::get_id(); }
  // Turns completed. A reactor that waits completes none: a watchdog posts first, then looks.
  uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

  // Control lane: runs `function` on the reactor's thread, first in, first out; never refused. Many
  // posts cost one wake-up.
  void Post(std::function<void()> function);

  void AddProducer(TurnEnd* producer);
  void RemoveProducer(TurnEnd* producer);
  // Once, at the end of the current turn; again is harmless.
  void ScheduleTransmit(TurnEnd* transmitter);
  void CancelTransmit(TurnEnd* transmitter);
  // The next turn does not wait. For work made at the end of a turn that a producer must see.
  void RequestTurn() { work_pending_.store(true, std::memory_order_relaxed); }

  // For Inbox: registration, and the producers' wake-up from any thread.
  void AddDrain(Drain* drain);
  void RemoveDrain(Drain* drain);
  void Wake();

  // One turn by hand; waits for something to do at most until `deadline` on the real monotonic
  // clock.
  void RunTurn(Instant deadline);

 private:
  void Run();
  void RunHandlers(const Instant* deadline);
  void FinishTurn();
  void DrainControl();
  void RunProducers();
  void RunTransmitters();

  const int index_;
  const Clock& clock_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::atomic<std::thread::id> owner_;
  mutable Instant now_;
  mutable bool now_known_ = false;
  std::atomic<uint64_t> turns_{0};
  std::atomic<bool> stopping_{false};
  // True while something waits for a drain. Whoever turns it true from another thread wakes the
  // loop.
  std::atomic<bool> work_pending_{false};

  Mutex control_mutex_;
  std::vector<std::function<void()>> control_ BELFRY_GUARDED_BY(control_mutex_);
  std::vector<std::function<void()>> control_running_;  // kept for its capacity

  std::vector<Drain*> drains_;
  std::vector<TurnEnd*> producers_;
  std::vector<TurnEnd*> transmitters_;
  std::vector<TurnEnd*> transmitting_;  // kept for its capacity

  Mutex thread_mutex_;
  std::thread thread_ BELFRY_GUARDED_BY(thread_mutex_);
};

}  // namespace belfry::reactor
