// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/application.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>
#include <thread>

#include "broker/config/address.h"
#include "broker/config/load.h"
#include "broker/config/reload.h"
#include "broker/daemon/node_metrics.h"
#include "broker/daemon/ports_file.h"
#include "broker/daemon/signals.h"
#include "broker/daemon/systemd_notify.h"
#include "broker/frontend/grpc/admin_service.h"
#include "broker/frontend/grpc/broker_service.h"
#include "broker/frontend/grpc/health_service.h"
#include "broker/frontend/grpc/reflection_service.h"
#include "broker/observability/process_stats.h"
#include "common/check.h"
#include "common/version.h"

namespace belfry::daemon {
namespace {

using core::BrokerCounters;

constexpr Duration kSecond = std::chrono::seconds(1);
// How often a drain looks whether the last session has gone.
constexpr Duration kDrainLook = std::chrono::milliseconds(20);
// How many such looks those have who are told to go at its end.
constexpr int kEndLooksMax = 25;

size_t ReactorCount(const config::Config& config) {
  if (config.io.threads != 0) return config.io.threads;
  return std::clamp<size_t>(std::thread::hardware_concurrency(), 1,
                            core::MemoryBudget::kReactorsMax);
}

core::LaneBounds LaneBoundsOf(const config::SlowConfig& slow) {
  return {.bytes_max = slow.queue_bytes,
          .messages_max = slow.queue_messages,
          .age_max = slow.queue_age};
}

size_t MemoryLimit(const config::Config& config) {
  return config.limits.memory != 0 ? config.limits.memory : MemoryWatch::AvailableBytes() / 2;
}

// So that a session's number from before a restart is not another session's now.
core::SessionId RandomSessionId() {
  std::random_device random;
  return (uint64_t{random()} << 32 | random()) >> 1;
}

auth::TlsFiles TlsFilesOf(const config::TlsConfig& tls) {
  return {.cert = tls.cert, .key = tls.key, .client_ca = tls.client_ca};
}

// Descriptors kept for everything that is not a client: listeners, files, libraries.
constexpr uint64_t kSpareDescriptors = 512;

// What the configuration allows, within what the process may open.
uint64_t ConnectionsMax(const config::Config& config) {
  rlimit limit;
  BELFRY_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const uint64_t may_open = limit.rlim_cur > 2 * kSpareDescriptors
                                ? limit.rlim_cur - kSpareDescriptors
                                : limit.rlim_cur / 2;
  return std::min(config.limits.connections, may_open);
}

std::string Joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Application::Application(CommandLine command_line, config::Config config)
    : command_line_(std::move(command_line)),
      config_(std::move(config)),
      settings_(config_),
      log_(clock_, config_.log.level, config_.log.format),
      session_cuts_(log_, clock_),
      node_(static_cast<core::DestinationId>(ReactorCount(config_)), MemoryLimit(config_),
            RandomSessionId()),
      meter_(clock_),
      memory_watch_(node_.memory) {
  const core::BrokerLimits limits = {.payload_bytes_max = config_.limits.payload_bytes,
                                     .topic_bytes_max = config_.limits.topic_bytes,
                                     .subscriptions_max = config_.limits.subscriptions,
                                     .grace = config_.session.grace,
                                     .resume_window_bytes = config_.session.resume_window,
                                     .parked_max = config_.limits.connections,
                                     .topics_max = config_.limits.topics};
  for (size_t i = 0; i < ReactorCount(config_); ++i) {
    reactors_.push_back(std::make_unique<BrokerReactor>(static_cast<int>(i), node_, clock_, limits,
                                                        LaneBoundsOf(config_.slow)));
    meter_.Watch(*reactors_.back());
    watchdog_.Watch(reactors_.back()->reactor());
  }
  node_.control = [this](core::DestinationId reactor, std::function<void(core::Broker&)> function) {
    BrokerReactor& target = *reactors_[reactor];
    target.reactor().Post(
        [&broker = target.broker(), function = std::move(function)] { function(broker); });
  };
  for (const auto& from : reactors_) {
    for (const auto& to : reactors_) {
      if (from != to) from->Connect(*to);
    }
  }
}

Application::~Application() {
  http_server_.reset();
  if (grpc_server_ != nullptr) grpc_server_->Stop();
  for (const auto& reactor : reactors_) reactor->Stop();
}

Status Application::Start() {
  if (const Status status = StartGrpc(); !status.ok()) return status;
  if (const Status status = StartHttp(); !status.ok()) return status;
  Ports ports;
  ports.grpc = grpc_server_->local_address().port;
  if (http_server_ != nullptr) ports.http = http_server_->port();
  if (command_line_.ports_path) {
    const Status status = WritePortsFile(*command_line_.ports_path, ports);
    if (!status.ok()) return status;
  }
  phase_ = Phase::kReady;
  NotifySystemdStatus(fmt::format("ready at {}", grpc_server_->local_address().ToString()));
  log_.Info("ready", {{"node", config_.node.id},
                      {"version", kVersionText},
                      {"grpc", grpc_server_->local_address().ToString()},
                      {"tls", tls_ != nullptr},
                      {"http_port", ports.http.value_or(0)},
                      {"reactors", reactors_.size()},
                      {"memory_limit", node_.memory.limit()}});
  return Status();
}

Status Application::StartGrpc() {
  if (!config_.security.tls.cert.empty()) {
    auto tls = auth::TlsReloader::Open(TlsFilesOf(config_.security.tls));
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
  }
  FillServices();
  frontend::grpc::AddBrokerService(methods_, services_);
  frontend::grpc::AddAdminService(methods_, services_);
  frontend::grpc::AddHealthService(methods_, services_);
  frontend::grpc::AddReflectionService(
      methods_, {"belfry.v1.Broker", "belfry.v1.Admin", "grpc.health.v1.Health"});

  rpc::ServerOptions options;
  options.address = config_.listen.grpc;
  options.accept.connections_max = ConnectionsMax(config_);
  if (options.accept.connections_max < config_.limits.connections) {
    log_.Warn("fewer connections than limits.connections, for want of descriptors (LimitNOFILE)",
              {{"connections", options.accept.connections_max}});
  }
  options.accept.connections_per_address_max = config_.limits.connections_per_address;
  options.accept.accepts_per_second = static_cast<double>(config_.limits.accept_rate);
  options.accept.accept_burst = 2 * options.accept.accepts_per_second;
  if (tls_ != nullptr) options.tls_context = [this] { return tls_->Current(); };
  std::vector<reactor::Reactor*> reactors;
  for (const auto& reactor : reactors_) reactors.push_back(&reactor->reactor());
  grpc_server_ = std::make_unique<rpc::Server>(std::move(options), reactors, methods_);
  if (const Status status = grpc_server_->Listen(); !status.ok()) {
    return MakeStatus(status.code(), fmt::format("listen.grpc: {}", MessageOf(status)));
  }
  // Bound to every interface, it does not know by which address clients reach it.
  const reactor::HostPort& bound = grpc_server_->local_address();
  if (bound.host != "0.0.0.0" && bound.host != "::") services_.endpoints = {bound.ToString()};
  for (const auto& reactor : reactors_) reactor->Start();
  return Status();
}

void Application::FillServices() {
  for (const auto& reactor : reactors_) {
    services_.brokers.push_back(&reactor->broker());
    services_.reactors.push_back(&reactor->reactor());
  }
  services_.node_id = config_.node.id;
  services_.cluster_id = config_.cluster.id;
  services_.heartbeat = config_.session.heartbeat;
  services_.hello_timeout = config_.session.hello_timeout;
  services_.frame_bytes_max = config_.limits.frame_bytes;
  services_.clock = &clock_;
  services_.log = &log_;
  services_.session_cuts = &session_cuts_;
  services_.started_at = clock_.Now();
  services_.readiness = [this] { return Readiness(); };
  services_.totals = [this] { return Totals(); };
  services_.settings = [this] { return settings_.All(); };
}

Status Application::StartHttp() {
  if (config_.listen.http.empty()) return Status();
  AddNodeMetrics(metrics_, meter_, node_, *grpc_server_);
  metrics_.AddCounter("belfry_daemon_reloads_refused_total",
                      "Reloads that kept the old configuration.",
                      [this] { return static_cast<double>(reloads_refused_.load()); });
  metrics_.AddGauge("belfry_daemon_ready", "1 while clients may be sent here.",
                    [this] { return Readiness().ready ? 1.0 : 0.0; });
  frontend::http::HttpServer::Pages pages;
  pages.metrics = [this] { return metrics_.Render(); };
  pages.healthy = [this] { return reactors_turn_.load(); };
  pages.readiness = [this] { return Readiness(); };
  http_server_ = std::make_unique<frontend::http::HttpServer>(std::move(pages));
  const auto address = config::ParseAddress(config_.listen.http);
  if (!address.ok()) return address.status();
  if (const Status status = http_server_->Start(address->host, address->port); !status.ok()) {
    return MakeStatus(status.code(), fmt::format("listen.http: {}", MessageOf(status)));
  }
  return Status();
}

frontend::grpc::NodeTotals Application::Totals() const {
  frontend::grpc::NodeTotals totals;
  totals.connections = grpc_server_->connections();
  totals.sessions = meter_.Sum(&BrokerCounters::sessions);
  totals.sessions_parked = meter_.Sum(&BrokerCounters::sessions_parked);
  totals.sessions_resumed = meter_.Sum(&BrokerCounters::sessions_resumed);
  totals.subscriptions = meter_.Sum(&BrokerCounters::subscriptions);
  totals.messages_in = meter_.Sum(&BrokerCounters::messages_in);
  totals.deliveries_out = meter_.Sum(&BrokerCounters::deliveries_out);
  totals.dropped = meter_.Sum(&BrokerCounters::dropped);
  totals.conflated = meter_.Sum(&BrokerCounters::conflated);
  totals.shed = meter_.Sum(&BrokerCounters::shed);
  totals.messages_in_per_s = meter_.messages_in_per_s();
  totals.deliveries_out_per_s = meter_.deliveries_out_per_s();
  totals.topics_tracked = node_.topics_tracked.load(std::memory_order_relaxed);
  totals.messages_untracked = meter_.Sum(&BrokerCounters::messages_untracked);
  totals.memory_used = node_.memory.used();
  totals.memory_limit = node_.memory.limit();
  if (const auto process = observability::ReadProcessStats(); process.ok()) {
    totals.resident_bytes = process->resident_bytes;
    totals.cpu_us = process->cpu_micros;
  }
  return totals;
}

observability::Readiness Application::Readiness() const {
  switch (phase_.load()) {
    case Phase::kStarting:
      return {false, {"starting"}};
    case Phase::kReady:
      if (node_.memory.level() < core::MemoryLevel::kRefuseSubscribers) return {true, {}};
      return {false,
              {fmt::format("memory: {} MiB of limits.memory = {} MiB are used, so new sessions are "
                           "refused; raise the limit, or let others take the load",
                           node_.memory.used() >> 20, node_.memory.limit() >> 20)}};
    case Phase::kDraining:
      return {false, {"draining: asked to stop"}};
  }
  return {};
}

int Application::Run() {
  NotifySystemd("READY=1");
  // Once a second, or as often as systemd wants to hear from us.
  const Duration period = std::min(kSecond, WatchdogInterval().value_or(kSecond));
  Instant next_look = clock_.Now() + period;
  for (;;) {
    const std::optional<Signals::Event> event =
        Signals::Wait(std::max(Duration(0), next_look - clock_.Now()));
    if (event == Signals::Event::kStop) break;
    if (event == Signals::Event::kReload) Reload();
    if (clock_.Now() >= next_look) {
      // From now, not from when it was due: after a pause there is nothing to catch up with.
      next_look = clock_.Now() + period;
      LookAround();
    }
  }
  NotifySystemd("STOPPING=1");
  Drain();
  log_.Info("stopped");
  return 0;
}

void Application::LookAround() {
  meter_.Observe();
  memory_watch_.Observe();
  reactors_turn_ = watchdog_.AllTurned();
  if (reactors_turn_) NotifySystemd("WATCHDOG=1");
}

void Application::Reload() {
  NotifySystemd("RELOADING=1");
  const auto loaded = config::Load(command_line_.config_path, command_line_.sets);
  const StatusOr<config::ReloadPlan> plan =
      loaded.ok() ? config::PlanReload(config_, *loaded) : loaded.status();
  Status status = plan.status();
  if (status.ok() && tls_ != nullptr) status = tls_->Reload(TlsFilesOf(plan->config.security.tls));
  if (!status.ok()) {
    reloads_refused_.fetch_add(1);
    log_.Error("reload refused, the old configuration stays", {{"why", MessageOf(status)}});
  } else {
    config_ = plan->config;
    settings_.Set(config_);
    log_.SetLevel(config_.log.level);
    for (const auto& reactor : reactors_) {
      reactor->reactor().Post([&broker = reactor->broker(), bounds = LaneBoundsOf(config_.slow)] {
        broker.set_lane_bounds(bounds);
      });
    }
    log_.Info("reloaded", {{"changed", Joined(plan->changed)},
                           {"needs_restart", Joined(plan->kept)},
                           {"certificates", tls_ != nullptr ? "read anew" : "none"}});
  }
  NotifySystemd("READY=1");
}

// Those who did not leave are told why they go, and have a moment to hear it.
void Application::EndSessions() {
  for (const auto& reactor : reactors_) {
    reactor->reactor().Post(
        [&broker = reactor->broker()] { broker.EndAllSessions(ErrorCode::kShuttingDown); });
  }
  for (int look = 0; look < kEndLooksMax && grpc_server_->connections() != 0; ++look) {
    Signals::Wait(kDrainLook);
  }
}

void Application::Drain() {
  phase_ = Phase::kDraining;
  NotifySystemdStatus("draining: sessions are asked to leave");
  const Duration window = config_.session.drain_window;
  log_.Info("draining", {{"sessions", meter_.Sum(&BrokerCounters::sessions)}});
  grpc_server_->PauseAccepting();
  for (const auto& reactor : reactors_) {
    reactor->reactor().Post([&broker = reactor->broker(), window] {
      // Clients are asked to go within the first half, so that the rest is time to go in.
      broker.GoAway(ErrorCode::kShuttingDown, window / 2);
    });
  }
  grpc_server_->Drain();
  const Instant end = clock_.Now() + window;
  while (clock_.Now() < end && grpc_server_->connections() != 0) {
    // Asked twice to stop: whoever asks has waited enough.
    if (Signals::Wait(kDrainLook) == Signals::Event::kStop) break;
  }
  EndSessions();
  grpc_server_->Stop();
}

}  // namespace belfry::daemon
