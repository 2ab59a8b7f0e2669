// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/node_status.h"

#include "common/version.h"

namespace belfry::frontend::grpc {

v1::NodeStatus NodeStatusOf(const ServiceContext& context) {
  v1::NodeStatus status;
  status.set_node_id(context.node_id);
  status.set_cluster_id(context.cluster_id);
  status.set_version(kVersionText);
  const observability::Readiness readiness = context.readiness();
  status.set_ready(readiness.ready);
  for (const std::string& reason : readiness.reasons) status.add_reasons(reason);
  status.set_uptime_ms(static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                 context.clock->Now() - context.started_at)
                                                 .count()));
  status.set_reactors(static_cast<uint32_t>(context.brokers.size()));
  const NodeTotals totals = context.totals();
  status.set_connections(totals.connections);
  status.set_sessions(totals.sessions);
  status.set_sessions_parked(totals.sessions_parked);
  status.set_sessions_resumed(totals.sessions_resumed);
  status.set_subscriptions(totals.subscriptions);
  status.set_messages_in(totals.messages_in);
  status.set_deliveries_out(totals.deliveries_out);
  status.set_dropped(totals.dropped);
  status.set_conflated(totals.conflated);
  status.set_shed(totals.shed);
  status.set_messages_in_per_s(totals.messages_in_per_s);
  status.set_deliveries_out_per_s(totals.deliveries_out_per_s);
  status.set_topics_tracked(totals.topics_tracked);
  status.set_messages_untracked(totals.messages_untracked);
  status.set_memory_used(totals.memory_used);
  status.set_memory_limit(totals.memory_limit);
  status.set_resident_bytes(totals.resident_bytes);
  status.set_cpu_us(totals.cpu_us);
  return status;
}

v1::GetSettingsResponse SettingsOf(const ServiceContext& context) {
  v1::GetSettingsResponse response;
  for (Setting& setting : context.settings()) {
    v1::Setting& out = *response.add_settings();
    out.set_key(std::move(setting.key));
    out.set_value(std::move(setting.value));
    out.set_default_value(std::move(setting.default_value));
    out.set_doc(std::move(setting.doc));
    out.set_reloadable(setting.reloadable);
  }
  return response;
}

}  // namespace belfry::frontend::grpc
