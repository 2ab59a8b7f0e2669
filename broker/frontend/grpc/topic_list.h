// SPDX-License-Identifier: Apache-2.0
//
// Admin.ListTopics: subscribed topics and those published to lately, sorted, however many there
// are, within a bounded memory. In rounds: all that the node knows is looked through for the next
// topics in order (topic_batch.h), which are then written as the reader takes them. One round is
// enough for some fifty thousand topics. Looking and writing go in steps of under a millisecond,
// or of a few where there are a million literal filters.
//
//     GatherLiterals ─▶ AskLedger, reactor by reactor ─▶ Write ─▶ end
//           ▲                                              │
//           └───────────────── more behind ────────────────┘
//
// Threads: Confined to the call's reactor; ledgers are looked at on theirs. Ownership: by the
// connection, as every CallHandler.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/destination.h"
#include "broker/frontend/grpc/service_context.h"
#include "broker/frontend/grpc/topic_batch.h"
#include "broker/rpc/call.h"

namespace belfry::frontend::grpc {

class TopicList final : public rpc::CallHandler {
 public:
  static constexpr size_t kBatchBytesMax = 8 << 20;

  // `filter` is valid or empty. `place` is let go when the list is.
  TopicList(const ServiceContext& context, std::string filter, rpc::Call& call,
            std::shared_ptr<void> place, size_t batch_bytes_max = kBatchBytesMax);

  // rpc::CallHandler
  void OnMessage(std::string_view) override {}
  void OnHalfClose() override {}
  void OnWritable() override;
  void OnClosed(const Status& how) override;

 private:
  struct Page {
    std::vector<std::pair<std::string, core::TopicLedger::Published>> topics;
    // Where the ledger goes on; 0: that was all.
    size_t next_place = 0;
    bool incomplete = false;
  };
  static Page PageOf(const core::Broker& broker, size_t place, const TopicRange& range);

  // Runs the step in another turn, if the list is still there.
  void Later(void (TopicList::*step)());
  void GatherLiterals();
  void AskLedger(core::DestinationId reactor, size_t place);
  void OnPage(core::DestinationId reactor, const Page& page);
  void Write();

  core::Broker& home() const { return context_.broker(call_.reactor()); }

  const ServiceContext& context_;
  rpc::Call& call_;
  const std::shared_ptr<void> place_;
  TopicBatch batch_;
  // The part of the interest table that comes next, and literals of the last one still to be taken
  // in.
  size_t part_ = 0;
  std::vector<std::string> names_;
  bool incomplete_ = false;
  // For the reader to take what is written.
  bool waiting_ = false;
  bool ended_ = false;
  // A step that is due when this is gone finds out by it.
  const std::shared_ptr<TopicList*> self_ = std::make_shared<TopicList*>(this);
};

}  // namespace belfry::frontend::grpc
