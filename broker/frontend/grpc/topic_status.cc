// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/topic_status.h"

#include <optional>

#include "broker/frontend/grpc/ask_broker.h"
#include "common/topic/topic.h"

namespace belfry::frontend::grpc {
namespace {

// What has been gathered, on its way from one reactor to the next.
struct Gathering {
  std::string topic;
  rpc::Responder<v1::TopicStatus> responder;
  PublishedSum published{};
  bool incomplete = false;
};

struct Answer {
  std::optional<core::TopicLedger::Published> published;
  bool incomplete = false;
};

void AskFrom(const ServiceContext& context, core::DestinationId reactor, Gathering gathering) {
  rpc::Call* const call = gathering.responder.call();
  if (call == nullptr) return;
  core::Broker& home = context.broker(call->reactor());
  if (reactor == context.brokers.size()) {
    gathering.responder.Answer(StatusOf(home.node(), *context.clock, gathering.topic,
                                        gathering.published, gathering.incomplete));
    return;
  }
  const auto question = [topic = gathering.topic](const core::Broker& broker) {
    return Answer{broker.topics().Find(topic, broker.now()), broker.topics().missed_lately()};
  };
  AskBroker(home.node(), reactor, home.self(), question,
            [&context, reactor, gathering = std::move(gathering)](const Answer& answer) mutable {
              if (answer.published) gathering.published.Add(*answer.published);
              gathering.incomplete = gathering.incomplete || answer.incomplete;
              AskFrom(context, static_cast<core::DestinationId>(reactor + 1), std::move(gathering));
            });
}

}  // namespace

v1::TopicStatus StatusOf(const core::Node& node, const Clock& clock, std::string_view topic,
                         const PublishedSum& published, bool incomplete) {
  const core::InterestTable::Match match = node.interest.Find(topic, MatchScope::kAll);
  v1::TopicStatus status;
  status.set_topic(topic.data(), topic.size());
  status.set_subscribers(match.subscribers);
  status.set_nodes(match.nodes);
  status.set_messages_in(published.messages);
  status.set_messages_in_per_s(published.per_second);
  if (published.messages != 0) {
    const auto age = std::chrono::duration_cast<std::chrono::microseconds>(published.age);
    status.set_last_published_unix_ms((clock.WallUnixMicros() - age.count()) / 1000);
  }
  status.set_incomplete(incomplete);
  return status;
}

void GetTopic(const ServiceContext& context, const v1::GetTopicRequest& request,
              const rpc::Responder<v1::TopicStatus>& responder) {
  const core::Broker& home = context.broker(responder.call()->reactor());
  const Status valid = ValidateTopic(request.topic(), home.limits().topic_bytes_max);
  if (!valid.ok()) return responder.Fail(valid);
  AskFrom(context, 0, Gathering{request.topic(), responder});
}

}  // namespace belfry::frontend::grpc
