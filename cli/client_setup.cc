// SPDX-License-Identifier: Apache-2.0
#include "cli/client_setup.h"

#include <fmt/format.h>

#include "cli/text.h"

namespace belfry::cli {

void LastReason::Note(const StateChange& change) {
  const MutexLock lock(mutex_);
  if (change.state == State::kConnected) {
    reason_.clear();
  } else if (!change.reason.text.empty()) {
    reason_ = change.reason.text;
  }
}

std::string LastReason::Explain(const GlobalOptions& global) const {
  const MutexLock lock(mutex_);
  return fmt::format("cannot reach {}{}; start the broker or give another --server",
                     ServersText(global),
                     reason_.empty() ? "" : fmt::format(" ({})", TerminalText(reason_)));
}

ClientOptions OptionsFor(const GlobalOptions& global) {
  ClientOptions options;
  options.endpoints = global.servers;
  options.tls.ca_file = global.tls_ca;
  options.tls.cert_file = global.tls_cert;
  options.tls.key_file = global.tls_key;
  return options;
}

std::string ServersText(const GlobalOptions& global) {
  return TerminalText(fmt::format("{}", fmt::join(global.servers, ",")));
}

std::chrono::milliseconds Millis(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration);
}

}  // namespace belfry::cli
