// SPDX-License-Identifier: Apache-2.0
#include "cli/client_setup.h"

#include "cli/connect_problem.h"

namespace belfry::cli {

void LastReason::Note(const StateChange& change) {
  const MutexLock lock(mutex_);
  if (change.state == State::kConnected) {
    reason_ = Error();
  } else if (change.reason) {
    reason_ = change.reason;
  }
}

std::string LastReason::Explain(const GlobalOptions& global) const {
  const MutexLock lock(mutex_);
  return ConnectProblem(global, reason_);
}

ClientOptions OptionsFor(const GlobalOptions& global) {
  ClientOptions options;
  options.endpoints = global.servers;
  options.tls.ca_file = global.tls_ca;
  options.tls.cert_file = global.tls_cert;
  options.tls.key_file = global.tls_key;
  return options;
}

std::chrono::milliseconds Millis(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration);
}

}  // namespace belfry::cli
