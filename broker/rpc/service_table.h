// SPDX-License-Identifier: Apache-2.0
//
// Which method answers a request path: "/belfry.v1.Broker/Session".
//
// Lifecycle: filled by the daemon, then handed to the server. Threads: Immutable once serving.
// Fails: adding a path twice is a bug (CHECK).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "broker/rpc/call.h"

namespace belfry::rpc {

struct MethodOptions {
  // A larger message ends the call with RESOURCE_EXHAUSTED. Default: what gRPC's own libraries
  // take.
  size_t receive_bytes_max = 4 * 1024 * 1024;
  // The call is expected to last: its response headers are sent at once, so that the client knows
  // that it stands, instead of with its first message.
  bool long_lived = false;
  // How much a client may send ahead of what the handler has taken; 64 KiB is HTTP/2's default.
  uint32_t stream_window_bytes = 64 * 1024;
};

// Makes the handler of a new call. May already use the call, also to finish it.
using HandlerFactory = std::function<std::unique_ptr<CallHandler>(Call&)>;

class ServiceTable {
 public:
  struct Method {
    MethodOptions options;
    HandlerFactory make_handler;
  };

  void Add(std::string path, MethodOptions options, HandlerFactory make_handler);
  // Null if there is none.
  const Method* Find(std::string_view path) const;
  // The largest of any method.
  size_t receive_bytes_max() const { return receive_bytes_max_; }
  // Of a full service name: "belfry.v1.Broker".
  bool HasService(std::string_view service) const { return services_.contains(service); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, Method, Hash, std::equal_to<>> methods_;
  std::unordered_set<std::string, Hash, std::equal_to<>> services_;
  size_t receive_bytes_max_ = 0;
};

}  // namespace belfry::rpc
