// SPDX-License-Identifier: Apache-2.0
//
// The header block of one request: collected within limits, judged by the rules of the gRPC
// protocol, and kept as the call's metadata in one piece of memory.
//
// Threads: Confined to its stream. Fails: Judge says how the request must be refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/rpc/connection_limits.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::rpc {

class RequestHead {
 public:
  // A refusal: with an HTTP status if the peer does not speak gRPC at all, else as gRPC status.
  struct Refusal {
    int http_status = 200;
    Status status;
    bool name_accepted_encoding = false;
  };

  // Over a limit the header is counted, not kept.
  void Add(std::string_view name, std::string_view value, const ConnectionLimits& limits);
  // The block is complete: parses the timeout and lets go of spare memory.
  void Finish();
  std::optional<Refusal> Judge() const;

  std::string_view path() const { return path_; }
  std::optional<Duration> timeout() const { return timeout_; }
  // The first value of that name, empty if absent.
  std::string_view Find(std::string_view name) const;

 private:
  struct Entry {
    uint32_t offset;
    uint32_t name_bytes;
    uint32_t value_bytes;
  };

  std::string path_;
  std::string method_;
  std::string bytes_;  // name, value, name, value, ...
  std::vector<Entry> entries_;
  std::optional<Duration> timeout_;
  size_t counted_bytes_ = 0;
  size_t counted_entries_ = 0;
  bool over_limit_ = false;
  bool timeout_malformed_ = false;
};

}  // namespace belfry::rpc
