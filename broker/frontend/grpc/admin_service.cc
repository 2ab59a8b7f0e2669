// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/admin_service.h"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <optional>

#include "belfry/v1/admin.pb.h"
#include "broker/frontend/grpc/ask_broker.h"
#include "broker/frontend/grpc/node_status.h"
#include "broker/frontend/grpc/session_list.h"
#include "broker/frontend/grpc/session_status.h"
#include "broker/frontend/grpc/topic_list.h"
#include "broker/frontend/grpc/topic_status.h"
#include "broker/rpc/typed_method.h"
#include "common/topic/filter.h"

namespace belfry::frontend::grpc {
namespace {

// Lists of topics made at a time: each may hold TopicList::kBatchBytesMax.
constexpr int kTopicListsMax = 8;

Status NoSession(std::string_view session_id) {
  return NotFound(fmt::format(
      "this node has no session {}; it may have ended, or be on another node", session_id));
}

// Where the session is; fails the call if it is nowhere.
template <class Response>
std::optional<core::SessionDirectory::Place> PlaceOf(core::Broker& home,
                                                     std::string_view session_id,
                                                     const rpc::Responder<Response>& responder) {
  const StatusOr<core::SessionId> id = ParseSessionId(session_id);
  if (!id.ok()) {
    responder.Fail(id.status());
    return std::nullopt;
  }
  const auto place = home.node().sessions.Find(*id);
  if (!place) responder.Fail(NoSession(session_id));
  return place;
}

void GetSession(const ServiceContext& context, const v1::GetSessionRequest& request,
                const rpc::Responder<v1::SessionStatus>& responder) {
  core::Broker& home = context.broker(responder.call()->reactor());
  const auto place = PlaceOf(home, request.session_id(), responder);
  if (!place) return;
  const auto question = [id = place->session](const core::Broker& broker) {
    const core::Session* const session = broker.FindSession(id);
    return session == nullptr ? std::nullopt : std::optional(StatusOf(*session, broker.now()));
  };
  AskBroker(home.node(), place->reactor, home.self(), question,
            [responder = responder,
             id = request.session_id()](const std::optional<v1::SessionStatus>& status) {
              if (status) {
                responder.Answer(*status);
              } else {
                responder.Fail(NoSession(id));
              }
            });
}

void KickSession(const ServiceContext& context, const v1::KickSessionRequest& request,
                 const rpc::Responder<v1::KickSessionResponse>& responder) {
  core::Broker& home = context.broker(responder.call()->reactor());
  const auto place = PlaceOf(home, request.session_id(), responder);
  if (!place) return;
  if (context.log != nullptr) {
    const rpc::PeerInfo& peer = responder.call()->peer();
    context.log->Info(
        "session kicked",
        {{"session", request.session_id()}, {"by", peer.principal}, {"by_address", peer.address}});
  }
  AskBroker(
      home.node(), place->reactor, home.self(),
      [id = place->session](core::Broker& broker) {
        return broker.EndSession(id, ErrorCode::kKicked);
      },
      [responder = responder, id = request.session_id()](bool ended) {
        if (ended) {
          responder.Answer(v1::KickSessionResponse());
        } else {
          responder.Fail(NoSession(id));
        }
      });
}

std::unique_ptr<rpc::CallHandler> ListTopics(const ServiceContext& context,
                                             const v1::ListTopicsRequest& request, rpc::Call& call,
                                             const std::shared_ptr<std::atomic<int>>& lists) {
  const size_t topic_bytes_max = context.broker(call.reactor()).limits().topic_bytes_max;
  Status valid;
  if (!request.filter().empty()) {
    valid = ValidateFilter({FilterKind::kWildcard, request.filter()}, topic_bytes_max);
  }
  if (valid.ok() && lists->fetch_add(1) >= kTopicListsMax) {
    lists->fetch_sub(1);
    valid = ResourceExhausted(fmt::format(
        "{} lists of topics are being made; read them to their end, or try later", kTopicListsMax));
  }
  if (!valid.ok()) {
    call.Finish(valid);
    return nullptr;
  }
  std::shared_ptr<void> place(lists.get(), [lists](void*) { lists->fetch_sub(1); });
  return std::make_unique<TopicList>(context, request.filter(), call, std::move(place));
}

template <class Request, class Response>
void AddLater(rpc::ServiceTable& table, std::string_view method, std::string_view why) {
  rpc::AddUnary<Request, Response>(table, fmt::format("/belfry.v1.Admin/{}", method), {},
                                   [text = fmt::format("{} {}", method, why)](
                                       const Request&, const rpc::Responder<Response>& responder) {
                                     responder.Fail(Unimplemented(text));
                                   });
}

void AddSessions(rpc::ServiceTable& table, const ServiceContext& context) {
  rpc::AddServerStreaming<v1::ListSessionsRequest>(
      table, "/belfry.v1.Admin/ListSessions", {},
      [&context](const v1::ListSessionsRequest& request, rpc::Call& call) {
        return std::make_unique<SessionList>(context, request.slow_only(), call);
      });
  rpc::AddUnary<v1::GetSessionRequest, v1::SessionStatus>(
      table, "/belfry.v1.Admin/GetSession", {},
      [&context](const v1::GetSessionRequest& request,
                 const rpc::Responder<v1::SessionStatus>& responder) {
        GetSession(context, request, responder);
      });
  rpc::AddUnary<v1::KickSessionRequest, v1::KickSessionResponse>(
      table, "/belfry.v1.Admin/KickSession", {},
      [&context](const v1::KickSessionRequest& request,
                 const rpc::Responder<v1::KickSessionResponse>& responder) {
        KickSession(context, request, responder);
      });
}

void AddTopics(rpc::ServiceTable& table, const ServiceContext& context) {
  rpc::AddServerStreaming<v1::ListTopicsRequest>(
      table, "/belfry.v1.Admin/ListTopics", {},
      [&context, lists = std::make_shared<std::atomic<int>>(0)](
          const v1::ListTopicsRequest& request, rpc::Call& call) {
        return ListTopics(context, request, call, lists);
      });
  rpc::AddUnary<v1::GetTopicRequest, v1::TopicStatus>(
      table, "/belfry.v1.Admin/GetTopic", {},
      [&context](const v1::GetTopicRequest& request,
                 const rpc::Responder<v1::TopicStatus>& responder) {
        GetTopic(context, request, responder);
      });
}

}  // namespace

void AddAdminService(rpc::ServiceTable& table, const ServiceContext& context) {
  rpc::AddUnary<v1::GetNodeRequest, v1::NodeStatus>(
      table, "/belfry.v1.Admin/GetNode", {},
      [&context](const v1::GetNodeRequest&, const rpc::Responder<v1::NodeStatus>& responder) {
        responder.Answer(NodeStatusOf(context));
      });
  rpc::AddUnary<v1::GetSettingsRequest, v1::GetSettingsResponse>(
      table, "/belfry.v1.Admin/GetSettings", {},
      [&context](const v1::GetSettingsRequest&,
                 const rpc::Responder<v1::GetSettingsResponse>& responder) {
        responder.Answer(SettingsOf(context));
      });
  AddSessions(table, context);
  AddTopics(table, context);
  AddLater<v1::SetTopicRequest, v1::TopicSettings>(
      table, "SetTopic", "sets up replay topics, which this release does not have");
  AddLater<v1::DeleteTopicRequest, v1::DeleteTopicResponse>(
      table, "DeleteTopic", "deletes replay topics, which this release does not have");
  AddLater<v1::DrainNodeRequest, v1::DrainNodeResponse>(
      table, "DrainNode",
      "moves sessions to other nodes of a cluster, which this release does not have; SIGTERM "
      "drains "
      "and stops a node");
}

}  // namespace belfry::frontend::grpc
