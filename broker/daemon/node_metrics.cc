// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/node_metrics.h"

#include <atomic>
#include <string_view>

#include "broker/observability/process_stats.h"

namespace belfry::daemon {

using core::BrokerCounters;

void AddNodeMetrics(observability::MetricsPage& page, const NodeMeter& meter,
                    const core::Node& node, const rpc::Server& grpc_server) {
  const auto counter = [&](std::string_view name, std::string_view help,
                           core::Counter BrokerCounters::*which) {
    page.AddCounter(name, help, [&meter, which] { return static_cast<double>(meter.Sum(which)); });
  };
  const auto gauge = [&](std::string_view name, std::string_view help,
                         core::Counter BrokerCounters::*which) {
    page.AddGauge(name, help, [&meter, which] { return static_cast<double>(meter.Sum(which)); });
  };
  const auto server = [&](std::string_view name, std::string_view help,
                          const std::atomic<uint64_t>& value) {
    page.AddCounter(name, help, [&value] { return static_cast<double>(value.load()); });
  };
  counter("belfry_core_messages_in_total", "Messages taken in.", &BrokerCounters::messages_in);
  counter("belfry_core_publishes_refused_total", "Publishes answered FAILED.",
          &BrokerCounters::publishes_refused);
  counter("belfry_core_subscribers_refused_total",
          "Sessions and subscriptions refused with NODE_MEMORY.",
          &BrokerCounters::subscribers_refused);
  counter("belfry_core_messages_without_interest_total", "Messages that no subscription matched.",
          &BrokerCounters::messages_without_interest);
  counter("belfry_core_deliveries_out_total", "Messages sent to sessions.",
          &BrokerCounters::deliveries_out);
  counter("belfry_core_dropped_total",
          "Messages dropped from full or old queues; each is in a gap.", &BrokerCounters::dropped);
  counter("belfry_core_conflated_total",
          "Messages replaced by a newer one of the same topic and key before they were sent.",
          &BrokerCounters::conflated);
  counter("belfry_core_shed_total",
          "Messages dropped to keep the node within limits.memory; each is in a gap.",
          &BrokerCounters::shed);
  counter("belfry_core_gaps_out_total", "Gaps told to sessions.", &BrokerCounters::gaps_out);
  counter("belfry_core_spills_total", "Times a reactor stopped reading for a full inbox.",
          &BrokerCounters::spills);
  counter("belfry_core_sessions_resumed_total", "Sessions that went on after a break.",
          &BrokerCounters::sessions_resumed);
  counter("belfry_core_messages_untracked_total",
          "Messages to topics that are not tracked, for limits.topics; delivered all the same.",
          &BrokerCounters::messages_untracked);
  page.AddGauge("belfry_core_topics_tracked", "Topics whose publishes are counted.",
                [&node] { return static_cast<double>(node.topics_tracked.load()); });
  counter("belfry_core_sessions_given_up_total",
          "Parked sessions that ended before their grace, for memory or their number.",
          &BrokerCounters::sessions_given_up);
  gauge("belfry_core_sessions", "Sessions, parked ones too, and plain subscribe calls.",
        &BrokerCounters::sessions);
  gauge("belfry_core_sessions_parked", "Sessions that wait for their client to come back.",
        &BrokerCounters::sessions_parked);
  gauge("belfry_core_subscriptions", "Subscriptions of all sessions.",
        &BrokerCounters::subscriptions);
  page.AddGauge("belfry_core_memory_used_bytes", "Memory that counts against limits.memory.",
                [&node] { return static_cast<double>(node.memory.used()); });
  page.AddGauge("belfry_core_memory_limit_bytes", "limits.memory; 0: none.",
                [&node] { return static_cast<double>(node.memory.limit()); });
  page.AddGauge("belfry_rpc_connections", "Open gRPC connections.",
                [&grpc_server] { return static_cast<double>(grpc_server.connections()); });
  const rpc::ServerCounters& rpc_counters = grpc_server.counters();
  const reactor::Acceptor::Counters& accepts = grpc_server.accept_counters();
  server("belfry_rpc_connections_accepted_total", "Connections accepted.", accepts.accepted);
  server("belfry_rpc_connections_refused_total", "Connections closed at once for a limit.",
         accepts.refused);
  server("belfry_rpc_accept_pauses_total", "Pauses for want of descriptors or by the accept rate.",
         accepts.pauses);
  server("belfry_rpc_calls_total", "Calls started.", rpc_counters.calls_started);
  server("belfry_rpc_floods_cut_total", "Connections ended by a flood guard.",
         rpc_counters.floods_cut);
  server("belfry_rpc_timeouts_total", "Connections ended for silence.", rpc_counters.timeouts);
  server("belfry_rpc_tls_failures_total", "TLS handshakes that failed.", rpc_counters.tls_failures);
  server("belfry_rpc_protocol_errors_total", "Connections ended because the peer broke HTTP/2.",
         rpc_counters.protocol_errors);
  server("belfry_rpc_received_bytes_total", "Bytes read from connections.",
         rpc_counters.bytes_received);
  server("belfry_rpc_sent_bytes_total", "Bytes written to connections.", rpc_counters.bytes_sent);
  observability::AddProcessMetrics(page);
}

}  // namespace belfry::daemon
