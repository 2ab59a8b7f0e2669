// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/timer_thread.h"

#include <pthread.h>

#include <condition_variable>
#include <utility>

#include "common/mutex.h"

namespace belfry::client {

struct TimerThread::Signal {
  // Returns at `until`, or once woken.
  void WaitUntil(Instant until) {
    MutexLock lock(mutex);
    while (!woken) {
      if (until == Instant::max()) {
        changed.wait(lock);
      } else if (changed.wait_until(lock, until) == std::cv_status::timeout) {
        break;
      }
    }
    woken = false;
  }

  Mutex mutex;
  std::condition_variable_any changed;
  bool woken BELFRY_GUARDED_BY(mutex) = false;
};

TimerThread::TimerThread() : signal_(std::make_shared<Signal>()) {}

TimerThread::~TimerThread() { Join(); }

void TimerThread::Start(Step step) {
  thread_ = std::thread([signal = signal_, step = std::move(step)] {
    pthread_setname_np(pthread_self(), "belfry-client");
    while (const std::optional<Instant> next = step()) signal->WaitUntil(*next);
  });
}

void TimerThread::Wake() {
  MutexLock lock(signal_->mutex);
  signal_->woken = true;
  signal_->changed.notify_all();
}

void TimerThread::Join() {
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

}  // namespace belfry::client
