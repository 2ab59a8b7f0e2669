// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/admin_service.h"

#include "belfry/v1/admin.pb.h"
#include "broker/frontend/grpc/convert.h"
#include "broker/rpc/typed_method.h"
#include "common/topic/topic.h"
#include "common/version.h"

namespace belfry::frontend::grpc {
namespace {

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
  status.set_subscriptions(totals.subscriptions);
  status.set_messages_in(totals.messages_in);
  status.set_deliveries_out(totals.deliveries_out);
  status.set_dropped(totals.dropped);
  status.set_messages_in_per_s(totals.messages_in_per_s);
  status.set_deliveries_out_per_s(totals.deliveries_out_per_s);
  status.set_resident_bytes(totals.resident_bytes);
  status.set_cpu_us(totals.cpu_us);
  return status;
}

void GetTopic(const ServiceContext& context, const v1::GetTopicRequest& request,
              const rpc::Responder<v1::TopicStatus>& responder) {
  core::Broker& broker = context.broker(responder.call()->reactor());
  const Status valid = ValidateTopic(request.topic(), broker.limits().topic_bytes_max);
  if (!valid.ok()) {
    responder.Fail(valid);
    return;
  }
  const core::InterestTable::Match match =
      broker.node().interest.Find(request.topic(), MatchScope::kAll);
  v1::TopicStatus status;
  status.set_topic(request.topic());
  status.set_subscribers(match.subscribers);
  status.set_nodes(match.nodes);
  responder.Answer(status);
}

}  // namespace

void AddAdminService(rpc::ServiceTable& table, const ServiceContext& context) {
  rpc::AddUnary<v1::GetNodeRequest, v1::NodeStatus>(
      table, "/belfry.v1.Admin/GetNode", {},
      [&context](const v1::GetNodeRequest&, const rpc::Responder<v1::NodeStatus>& responder) {
        responder.Answer(NodeStatusOf(context));
      });
  rpc::AddUnary<v1::GetTopicRequest, v1::TopicStatus>(
      table, "/belfry.v1.Admin/GetTopic", {},
      [&context](const v1::GetTopicRequest& request,
                 const rpc::Responder<v1::TopicStatus>& responder) {
        GetTopic(context, request, responder);
      });
}

}  // namespace belfry::frontend::grpc
