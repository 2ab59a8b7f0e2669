// SPDX-License-Identifier: Apache-2.0
//
// The process: every object in construction order, which is the order of dependence. Read this list
// from the top and you know what runs.
//
// Lifecycle: construct, Start() (fails with one clear line), Run() until a signal asks to stop,
// destroy. Threads: Confined to the main thread, which waits for signals, feeds the watchdog and
// reloads.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/auth/tls_reloader.h"
#include "broker/config/config.h"
#include "broker/core/node.h"
#include "broker/daemon/broker_reactor.h"
#include "broker/daemon/command_line.h"
#include "broker/daemon/memory_watch.h"
#include "broker/daemon/node_meter.h"
#include "broker/daemon/settings_in_force.h"
#include "broker/daemon/watchdog.h"
#include "broker/frontend/grpc/service_context.h"
#include "broker/frontend/http/http_server.h"
#include "broker/observability/logging.h"
#include "broker/observability/metrics.h"
#include "broker/observability/readiness.h"
#include "broker/observability/repeated_warning.h"
#include "broker/rpc/server.h"
#include "broker/rpc/service_table.h"
#include "common/clock.h"

namespace belfry::daemon {

class Application {
 public:
  Application(CommandLine command_line, config::Config config);
  ~Application();

  Status Start();
  // Returns the exit status.
  int Run();

 private:
  enum class Phase { kStarting, kReady, kDraining };

  Status StartGrpc();
  Status StartHttp();
  void FillServices();
  frontend::grpc::NodeTotals Totals() const;
  void Reload();
  void Drain();
  void EndSessions();
  // Rates, and whether every reactor turns.
  void LookAround();
  observability::Readiness Readiness() const;

  const CommandLine command_line_;
  config::Config config_;  // replaced by a reload, on the main thread
  SettingsInForce settings_;
  SystemClock clock_;
  observability::Log log_;
  observability::RepeatedWarning session_cuts_;
  std::atomic<Phase> phase_{Phase::kStarting};
  std::atomic<uint64_t> reloads_refused_{0};
  std::atomic<bool> reactors_turn_{true};  // as of the last watchdog check

  std::unique_ptr<auth::TlsReloader> tls_;  // none: plaintext
  core::Node node_;
  std::vector<std::unique_ptr<BrokerReactor>> reactors_;
  NodeMeter meter_;
  MemoryWatch memory_watch_;
  Watchdog watchdog_;
  frontend::grpc::ServiceContext services_;
  rpc::ServiceTable methods_;
  std::unique_ptr<rpc::Server> grpc_server_;
  observability::MetricsPage metrics_;
  std::unique_ptr<frontend::http::HttpServer> http_server_;  // none: listen.http is empty
};

}  // namespace belfry::daemon
