// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/ports_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace belfry::daemon {
namespace {

std::string Json(std::optional<uint16_t> port) { return port ? std::to_string(*port) : "null"; }

Status Failed(const std::string& path) {
  return Unavailable(fmt::format("cannot write the ports file {}: {}", path, std::strerror(errno)));
}

}  // namespace

Status WritePortsFile(const std::string& path, const Ports& ports) {
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::trunc);
  file << fmt::format("{{\"grpc\":{},\"peer\":{},\"http\":{},\"redis\":{}}}\n", Json(ports.grpc),
                      Json(ports.peer), Json(ports.http), Json(ports.redis));
  file.close();
  if (file.fail() || std::rename(unfinished.c_str(), path.c_str()) != 0) return Failed(path);
  return Status();
}

}  // namespace belfry::daemon
