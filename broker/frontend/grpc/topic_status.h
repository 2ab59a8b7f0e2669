// SPDX-License-Identifier: Apache-2.0
//
// A topic as operators see it, and Admin.GetTopic, which asks the ledger of each reactor in turn.
//
// Threads: Confined to the call's reactor. Errors: INVALID_ARGUMENT for what cannot be a topic.
#pragma once

#include <string_view>

#include "belfry/v1/admin.pb.h"
#include "broker/frontend/grpc/service_context.h"
#include "broker/frontend/grpc/topic_batch.h"
#include "broker/rpc/typed_method.h"

namespace belfry::frontend::grpc {

v1::TopicStatus StatusOf(const core::Node& node, const Clock& clock, std::string_view topic,
                         const PublishedSum& published, bool incomplete);

void GetTopic(const ServiceContext& context, const v1::GetTopicRequest& request,
              const rpc::Responder<v1::TopicStatus>& responder);

}  // namespace belfry::frontend::grpc
