// SPDX-License-Identifier: Apache-2.0
//
// The file that tells scripts which ports were bound: {"grpc":N,"peer":N,"http":N,"redis":N}, null
// where a listener is off. It appears whole, by rename, once all listeners are up.
//
// Threads: any one. Errors: a Status that names the file and the cause.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/status.h"

namespace belfry::daemon {

struct Ports {
  std::optional<uint16_t> grpc;
  std::optional<uint16_t> peer;
  std::optional<uint16_t> http;
  std::optional<uint16_t> redis;
};

Status WritePortsFile(const std::string& path, const Ports& ports);

}  // namespace belfry::daemon
