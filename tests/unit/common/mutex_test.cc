// SPDX-License-Identifier: Apache-2.0
#include "common/mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace belfry {
namespace {

// Relays of readers: each keeps the lock until another one has it too, so that it is never free of
// readers as long as they are let in before a waiting writer.
TEST(SharedMutex, AWriterGetsInThoughReadersNeverLeaveAGap) {
  constexpr int kReaders = 4;
  constexpr int kRounds = 20'000;
  SharedMutex mutex;
  std::atomic<int> entered{0};
  std::atomic<bool> written{false};
  std::atomic<bool> given_up{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      for (int round = 0; round < kRounds && !written; ++round) {
        ReaderLock lock(mutex);
        const int mine = ++entered;
        // A waiting writer keeps the others out: then this one must not wait for them for ever.
        for (int spin = 0; spin < 200 && entered == mine && !written; ++spin) {
          std::this_thread::yield();
        }
      }
      if (!written) given_up = true;
    });
  }
  while (entered < 100) std::this_thread::yield();
  {
    WriterLock lock(mutex);
    written = true;
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_FALSE(given_up) << "the writer got in only when the readers were through";
}

TEST(SharedMutex, AWriterIsAloneAndReadersAreNot) {
  SharedMutex mutex;
  int value = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) {
        WriterLock lock(mutex);
        ++value;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ReaderLock first(mutex);
  bool second_got_in = false;
  std::thread([&] {
    ReaderLock second(mutex);
    second_got_in = value == 4000;
  }).join();
  EXPECT_TRUE(second_got_in);
}

}  // namespace
}  // namespace belfry
