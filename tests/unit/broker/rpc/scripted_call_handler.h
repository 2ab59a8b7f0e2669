// SPDX-License-Identifier: Apache-2.0
//
// A method for tests: what its handler does is a set of functions, and what happened to it is
// counted where the test's thread can look.
//
// Threads: the functions run on the reactor; the counts are Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "broker/rpc/call.h"
#include "broker/rpc/service_table.h"
#include "common/mutex.h"

namespace belfry::test {

inline void Write(rpc::Call& call, std::string_view message) {
  call.StartMessage(message.size()).Append(message);
}

// One per method; shared by all its calls.
class ScriptedMethod {
 public:
  std::function<void(rpc::Call&)> on_start = [](rpc::Call&) {};
  std::function<void(rpc::Call&, std::string_view)> on_message =
      [](rpc::Call& call, std::string_view message) { Write(call, message); };
  std::function<void(rpc::Call&)> on_half_close = [](rpc::Call& call) { call.Finish(Status()); };
  std::function<void(rpc::Call&)> on_writable = [](rpc::Call&) {};
  std::function<void(rpc::Call&)> on_moved = [](rpc::Call&) {};
  std::function<void(rpc::Call&, const Status&)> on_closed = [](rpc::Call&, const Status&) {};
  std::function<void(rpc::Call&)> on_destroyed = [](rpc::Call&) {};

  std::atomic<int> started{0};
  std::atomic<int> messages{0};
  std::atomic<size_t> bytes{0};
  std::atomic<int> half_closes{0};
  std::atomic<int> writables{0};
  std::atomic<int> moved{0};
  std::atomic<int> closed{0};

  Status last_closed() const {
    MutexLock lock(mutex_);
    return last_closed_;
  }

  rpc::HandlerFactory Factory() {
    return [this](rpc::Call& call) { return std::make_unique<Handler>(*this, call); };
  }

 private:
  class Handler final : public rpc::CallHandler {
   public:
    Handler(ScriptedMethod& method, rpc::Call& call) : method_(method), call_(call) {
      ++method_.started;
      method_.on_start(call_);
    }
    ~Handler() override { method_.on_destroyed(call_); }
    void OnMessage(std::string_view message) override {
      ++method_.messages;
      method_.bytes += message.size();
      method_.on_message(call_, message);
    }
    void OnHalfClose() override {
      ++method_.half_closes;
      method_.on_half_close(call_);
    }
    void OnWritable() override {
      ++method_.writables;
      method_.on_writable(call_);
    }
    void OnMoved() override {
      ++method_.moved;
      method_.on_moved(call_);
    }
    void OnClosed(const Status& how) override {
      method_.on_closed(call_, how);
      {
        MutexLock lock(method_.mutex_);
        method_.last_closed_ = how;
      }
      ++method_.closed;
    }

   private:
    ScriptedMethod& method_;
    rpc::Call& call_;
  };

  mutable Mutex mutex_;
  Status last_closed_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::test
