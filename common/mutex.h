// SPDX-License-Identifier: Apache-2.0
//
// std::mutex and a reader-writer lock with clang's capability attributes, so that the thread-safety
// preset can check who holds what. absl::Mutex is not used: Debian's library is not instrumented
// and gives false reports under ThreadSanitizer.
//
// All locks of Belfry are leaf locks: nothing is called out to while one is held. Nobody locks a
// SharedMutex for reading who already holds it: with a writer waiting that would never end.
// Threads: Thread-safe.
#pragma once

#include <pthread.h>

#include <mutex>

#include "common/check.h"

#if defined(__clang__)
#define BELFRY_CAPABILITY(x) __attribute__((capability(x)))
#define BELFRY_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define BELFRY_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define BELFRY_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define BELFRY_REQUIRES_SHARED(...) __attribute__((requires_shared_capability(__VA_ARGS__)))
#define BELFRY_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
#define BELFRY_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define BELFRY_ACQUIRE_SHARED(...) __attribute__((acquire_shared_capability(__VA_ARGS__)))
#define BELFRY_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define BELFRY_RELEASE_SHARED(...) __attribute__((release_shared_capability(__VA_ARGS__)))
#define BELFRY_RELEASE_GENERIC(...) __attribute__((release_generic_capability(__VA_ARGS__)))
#else
#define BELFRY_CAPABILITY(x)
#define BELFRY_SCOPED_CAPABILITY
#define BELFRY_GUARDED_BY(x)
#define BELFRY_REQUIRES(...)
#define BELFRY_REQUIRES_SHARED(...)
#define BELFRY_EXCLUDES(...)
#define BELFRY_ACQUIRE(...)
#define BELFRY_ACQUIRE_SHARED(...)
#define BELFRY_RELEASE(...)
#define BELFRY_RELEASE_SHARED(...)
#define BELFRY_RELEASE_GENERIC(...)
#endif

namespace belfry {

class BELFRY_CAPABILITY("mutex") Mutex {
 public:
  void lock() BELFRY_ACQUIRE() { mutex_.lock(); }
  void unlock() BELFRY_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Not std::shared_mutex: glibc's lock lets readers in before a waiting writer unless it is told
// otherwise when it is made, and std::shared_mutex does not tell it. Readers that overlap without
// end (publishers on several reactors) would keep a writer (a subscriber) out for seconds.
class BELFRY_CAPABILITY("shared_mutex") SharedMutex {
 public:
  SharedMutex() {
    pthread_rwlockattr_t attributes;
    BELFRY_CHECK(pthread_rwlockattr_init(&attributes) == 0);
    BELFRY_CHECK(pthread_rwlockattr_setkind_np(&attributes,
                                               PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
    BELFRY_CHECK(pthread_rwlock_init(&lock_, &attributes) == 0);
    pthread_rwlockattr_destroy(&attributes);
  }
  ~SharedMutex() { pthread_rwlock_destroy(&lock_); }
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void lock() BELFRY_ACQUIRE() { BELFRY_CHECK(pthread_rwlock_wrlock(&lock_) == 0); }
  void unlock() BELFRY_RELEASE() { BELFRY_CHECK(pthread_rwlock_unlock(&lock_) == 0); }
  void lock_shared() BELFRY_ACQUIRE_SHARED() { BELFRY_CHECK(pthread_rwlock_rdlock(&lock_) == 0); }
  void unlock_shared() BELFRY_RELEASE_SHARED() { BELFRY_CHECK(pthread_rwlock_unlock(&lock_) == 0); }

 private:
  pthread_rwlock_t lock_;
};

// Holds a Mutex for a scope. It is a BasicLockable itself, so that std::condition_variable_any can
// wait on it.
class BELFRY_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) BELFRY_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() BELFRY_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void lock() BELFRY_ACQUIRE() { mutex_.lock(); }
  void unlock() BELFRY_RELEASE() { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

class BELFRY_SCOPED_CAPABILITY WriterLock {
 public:
  explicit WriterLock(SharedMutex& mutex) BELFRY_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~WriterLock() BELFRY_RELEASE() { mutex_.unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mutex_;
};

class BELFRY_SCOPED_CAPABILITY ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mutex) BELFRY_ACQUIRE_SHARED(mutex) : mutex_(mutex) {
    mutex_.lock_shared();
  }
  ~ReaderLock() BELFRY_RELEASE_GENERIC() { mutex_.unlock_shared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace belfry
