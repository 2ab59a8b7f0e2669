// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/session_list.h"

#include "broker/frontend/grpc/ask_broker.h"
#include "broker/frontend/grpc/session_status.h"
#include "broker/rpc/typed_method.h"

namespace belfry::frontend::grpc {

SessionList::SessionList(const ServiceContext& context, bool slow_only, rpc::Call& call)
    : context_(context), slow_only_(slow_only), call_(call) {
  Ask();
}

void SessionList::OnWritable() {
  if (!asking_ && !ended_) Ask();
}

void SessionList::OnClosed(const Status&) { ended_ = true; }

SessionList::Page SessionList::PageOf(const core::Broker& broker, core::SessionId after,
                                      bool slow_only) {
  Page page;
  page.last = after;
  const Instant now = broker.now();
  const core::Session* session = broker.NextSession(after);
  for (size_t looks = 0; session != nullptr && looks < kLooksPerStep; ++looks) {
    if (!slow_only || session->slow(now)) page.sessions.push_back(StatusOf(*session, now));
    page.last = session->id();
    session = broker.NextSession(page.last);
  }
  page.more = session != nullptr;
  return page;
}

void SessionList::Ask() {
  asking_ = true;
  core::Broker& home = context_.broker(call_.reactor());
  AskBroker(
      home.node(), reactor_, home.self(),
      [after = after_, slow_only = slow_only_](const core::Broker& broker) {
        return PageOf(broker, after, slow_only);
      },
      [weak = std::weak_ptr(self_)](const Page& page) {
        if (const auto self = weak.lock()) (*self)->OnPage(page);
      });
}

void SessionList::OnPage(const Page& page) {
  asking_ = false;
  if (ended_) return;
  for (const v1::SessionStatus& session : page.sessions) rpc::WriteMessage(call_, session);
  after_ = page.last;
  if (!page.more) {
    ++reactor_;
    after_ = 0;
  }
  if (reactor_ == context_.brokers.size()) {
    ended_ = true;
    call_.Finish(Status());
  } else if (call_.writable()) {
    Ask();
  }
}

}  // namespace belfry::frontend::grpc
