// SPDX-License-Identifier: Apache-2.0
//
// A method whose calls move, and that writes down what they hear and where.
//
// Threads: the functions run on the reactors; Notes and TakeNotes are Thread-safe.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/mutex.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"

namespace belfry::test {

// Writes "0 message go" for what happens on reactor 0. Answers each message with itself, and moves
// when it is told "go".
class Traveller : public ScriptedMethod {
 public:
  // The way from each reactor.
  std::function<reactor::Reactor*(rpc::Call&)> next;

  Traveller() {
    on_start = [this](rpc::Call& started) { call = &started; };
    on_message = [this](rpc::Call& call, std::string_view message) {
      Note(call, "message " + std::string(message.substr(0, 20)));
      Write(call, message);
      if (message.starts_with("go")) {
        EXPECT_TRUE(call.MoveTo(*next(call)));
      }
    };
    on_half_close = [this](rpc::Call& call) {
      Note(call, "half close");
      call.Finish(Status());
    };
    on_writable = [this](rpc::Call& call) { Note(call, "writable"); };
    on_moved = [this](rpc::Call& call) { Note(call, "moved"); };
    on_closed = [this](rpc::Call& call, const Status& how) {
      Note(call, "closed " + std::to_string(static_cast<int>(how.code())));
    };
  }
  void Note(rpc::Call& call, const std::string& what) {
    EXPECT_TRUE(call.reactor().InThread()) << what;
    const int index = call.reactor().index();
    if (turning >= 0) {
      EXPECT_EQ(index, turning) << what;
    }
    MutexLock lock(mutex_);
    notes_.push_back(std::to_string(index) + " " + what);
  }
  std::vector<std::string> Notes() {
    MutexLock lock(mutex_);
    return notes_;
  }
  std::vector<std::string> TakeNotes() {
    MutexLock lock(mutex_);
    return std::exchange(notes_, {});
  }

  std::atomic<rpc::Call*> call{nullptr};
  int turning = -1;  // the only reactor that may call, if the test turns them by hand

 private:
  Mutex mutex_;
  std::vector<std::string> notes_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::test
