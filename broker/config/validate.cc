// SPDX-License-Identifier: Apache-2.0
#include "broker/config/validate.h"

#include <fmt/format.h>

#include "broker/config/address.h"
#include "broker/config/value_text.h"

namespace belfry::config {
namespace {

Status ValidateTlsFiles(const TlsConfig& tls) {
  if (tls.cert.empty() != tls.key.empty()) {
    return InvalidArgument(fmt::format(
        "security.tls.{} is set without security.tls.{}; a certificate and its private key come "
        "together",
        tls.cert.empty() ? "key" : "cert", tls.cert.empty() ? "cert" : "key"));
  }
  if (!tls.client_ca.empty() && tls.cert.empty()) {
    return InvalidArgument(
        "security.tls.client_ca is set without security.tls.cert and security.tls.key; clients can "
        "show a certificate only over TLS");
  }
  return {};
}

Status ValidateReach(const Config& config) {
  if (config.security.insecure) return {};
  const StatusOr<Address> grpc = ParseAddress(config.listen.grpc);
  if (!grpc.ok()) {
    return InvalidArgument(
        fmt::format("listen.grpc = {}: {}", Quoted(config.listen.grpc), MessageOf(grpc.status())));
  }
  if (!IsLoopback(*grpc) && config.security.tls.client_ca.empty()) {
    return InvalidArgument(fmt::format(
        "listen.grpc = {} can be reached from other machines, without TLS and client certificates; "
        "bind it to loopback (127.0.0.1:{}), or set security.tls.cert, security.tls.key and "
        "security.tls.client_ca, or set security.insecure = true to let everyone in",
        Quoted(config.listen.grpc), grpc->port));
  }
  if (config.listen.http.empty()) return {};
  const StatusOr<Address> http = ParseAddress(config.listen.http);
  if (!http.ok()) {
    return InvalidArgument(
        fmt::format("listen.http = {}: {}", Quoted(config.listen.http), MessageOf(http.status())));
  }
  if (!IsLoopback(*http)) {
    return InvalidArgument(fmt::format(
        "listen.http = {} can be reached from other machines, and HTTP is served without TLS (the "
        "files of security.tls.* are for listen.grpc); bind it to loopback (127.0.0.1:{}), or turn "
        "it "
        "off with \"\", or set security.insecure = true to show metrics and health to everyone",
        Quoted(config.listen.http), http->port));
  }
  return {};
}

// Less than this an idle node with its libraries nearly has already.
constexpr uint64_t kMemoryMin = uint64_t{16} << 20;

Status ValidateSizes(const Config& config) {
  if (config.limits.memory != 0 && config.limits.memory < kMemoryMin) {
    return InvalidArgument(fmt::format(
        "limits.memory = {} is less than a node needs; set it to {} or more, or to 0 for half of "
        "what the machine has",
        Quoted(FormatSize(config.limits.memory)), Quoted(FormatSize(kMemoryMin))));
  }
  const uint64_t frame_min = config.limits.payload_bytes + kFrameOverheadBytes;
  if (config.limits.frame_bytes < frame_min) {
    return InvalidArgument(fmt::format(
        "limits.frame_bytes = {} cannot hold a message of limits.payload_bytes = {}; set it to {} "
        "or "
        "more",
        Quoted(FormatSize(config.limits.frame_bytes)),
        Quoted(FormatSize(config.limits.payload_bytes)), Quoted(FormatSize(frame_min))));
  }
  if (config.slow.queue_bytes < frame_min) {
    return InvalidArgument(fmt::format(
        "slow.queue_bytes = {} cannot hold a message of limits.payload_bytes = {}; set it to {} or "
        "more",
        Quoted(FormatSize(config.slow.queue_bytes)),
        Quoted(FormatSize(config.limits.payload_bytes)), Quoted(FormatSize(frame_min))));
  }
  return {};
}

}  // namespace

Status Validate(const Config& config) {
  if (Status status = ValidateTlsFiles(config.security.tls); !status.ok()) return status;
  if (Status status = ValidateReach(config); !status.ok()) return status;
  return ValidateSizes(config);
}

}  // namespace belfry::config
