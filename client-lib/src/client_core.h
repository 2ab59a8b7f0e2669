// SPDX-License-Identifier: Apache-2.0
//
// The inside of a Client: joins the session's state machine, the fan-out table, the transport, the
// timer and the application's callbacks. It decides under one mutex and acts after releasing it:
//
//   lock; machine.On…(…, &work.effects); Collect(&work); unlock; Perform(work)
//
// A write is the business of whoever finds the transport free: Publish itself when nothing is under
// way, or the transport's thread when a write is done. There is no thread between Publish and the
// socket.
//
// Lifecycle: Create, Start, Close, AwaitEnd. Shared by the Client, the attempt under way and the
// timer thread; the last lets go after Close and the transport's end.
// Threads: Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "belfry/client.h"
#include "client-lib/src/callback_runner.h"
#include "client-lib/src/fanout_table.h"
#include "client-lib/src/frames.h"
#include "client-lib/src/publish_queue.h"
#include "client-lib/src/session_machine.h"
#include "client-lib/src/timer_thread.h"
#include "client-lib/src/transport.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace belfry::client {

class ClientCore : public std::enable_shared_from_this<ClientCore> {
 public:
  // `options` were checked, and filled in where they may be empty.
  ClientCore(ClientOptions options, std::unique_ptr<const Clock> clock,
             std::unique_ptr<Connector> connector);

  // Starts the timer thread, which starts to connect. Tests call Step by hand instead.
  void Start();
  // Does what is due; when to come back, or nothing once all is over.
  std::optional<Instant> Step();

  Subscription Subscribe(TopicFilter filter, MessageHandler handler, SubscribeOptions options);
  void Publish(std::string_view topic, std::string_view payload, const PublishOptions& options,
               Completion done);

  State state() const;
  bool WaitUntilConnected(std::chrono::milliseconds timeout);
  bool Flush(std::chrono::milliseconds timeout);
  bool Drain(std::chrono::milliseconds timeout);
  void Close();
  // After Close: waits for the transport, the timer and all callbacks, unless inside a task of the
  // executor.
  void AwaitEnd();
  ClientStats stats() const;

 private:
  class Attempt;
  struct Work {
    SessionEffects effects;
    std::shared_ptr<Transport> transport;
    std::optional<OutFrame> frame;
    bool observe = false;
    bool call_back = false;
    bool wake = false;
  };
  // For on_state, on_notice and on_publish_room.
  struct Room {};
  using Observation = std::variant<StateChange, Error, Room>;

  // From the attempt under way.
  void OnFrame(FrameBytes frame);
  void OnWriteDone();
  void OnTransportClosed(Error reason);

  // By kind of frame, after the common part.
  bool OnWelcome(std::string_view body);
  bool OnSubscribed(std::string_view body);
  bool OnGap(std::string_view body);
  bool OnControl(const ServerFrameHead& head);
  void CountReceived(const FrameBytes& frame, bool numbered);

  // Why a publish cannot be taken; none if it can.
  Error CheckOpen(std::string_view payload) const BELFRY_REQUIRES(mutex_);
  // Waits for room as the policy says.
  Error AwaitRoom(MutexLock& lock, size_t cost, Instant deadline) BELFRY_REQUIRES(mutex_);
  // A refused publish is told by the thread that made it: an executor that does not get on would
  // gather such callbacks without a bound.
  void TellRefused(SettledPublish& refused) BELFRY_EXCLUDES(mutex_);
  void EndSubscription(const std::shared_ptr<LocalSubscription>& local);

  void Connect(const std::string& endpoint);
  void Collect(Work* work) BELFRY_REQUIRES(mutex_);
  void Perform(Work& work) BELFRY_EXCLUDES(mutex_);
  // Until `done` says so; false when the time is over.
  template <class Done>
  bool Await(MutexLock& lock, std::chrono::milliseconds timeout, Done done) BELFRY_REQUIRES(mutex_);

  void RunObservers();
  void Observe(const Observation& observation);
  void RunCallbacks();
  // A handler or callback threw: counted, and told to on_notice.
  void OnThrew(std::string_view what) BELFRY_EXCLUDES(mutex_);

  const ClientOptions options_;
  const std::unique_ptr<const Clock> clock_;
  const std::unique_ptr<Connector> connector_;
  const std::shared_ptr<CallbackRunner> runner_;
  const std::shared_ptr<DeliveryCounts> counts_;
  FanoutTable fanout_;
  TimerThread timer_;

  mutable Mutex mutex_;
  // Anything that somebody may wait for: state, room, outcomes, the end.
  std::condition_variable_any changed_;
  int waiters_ BELFRY_GUARDED_BY(mutex_) = 0;
  // Outcomes when the waiters were last woken.
  uint64_t outcomes_told_ BELFRY_GUARDED_BY(mutex_) = 0;
  SessionMachine machine_ BELFRY_GUARDED_BY(mutex_);
  std::shared_ptr<Transport> transport_ BELFRY_GUARDED_BY(mutex_);
  // The instant for which the timer thread sleeps.
  Instant armed_until_ BELFRY_GUARDED_BY(mutex_) = Instant::max();
  // What the largest publish costs that was refused for want of room, since it was last told that
  // there is room; 0: none was.
  size_t room_wanted_ BELFRY_GUARDED_BY(mutex_) = 0;
  // What waits for the observers, and for outcome callbacks; and whether a task for it is posted.
  std::deque<Observation> observations_ BELFRY_GUARDED_BY(mutex_);
  std::deque<SettledPublish> callbacks_ BELFRY_GUARDED_BY(mutex_);
  bool observing_ BELFRY_GUARDED_BY(mutex_) = false;
  bool calling_back_ BELFRY_GUARDED_BY(mutex_) = false;
  // Traffic; the rest of the numbers stands in the parts.
  ClientStats traffic_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::client
