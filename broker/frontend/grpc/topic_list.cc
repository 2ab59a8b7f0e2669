// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/topic_list.h"

#include "broker/frontend/grpc/ask_broker.h"
#include "broker/frontend/grpc/topic_status.h"
#include "broker/rpc/typed_method.h"

namespace belfry::frontend::grpc {
namespace {

// Topics taken into the batch in a step, or looked at in a ledger: about half a millisecond if all
// of them are kept.
constexpr size_t kTopicsPerStep = 512;
// Literal filters looked at in a step, if there are so few in a part of the interest table. A part
// is looked through at once, its publishers waiting: a million filters are 15,000 in each.
constexpr size_t kLooksPerStep = 2048;
// Each is matched against the node's wildcards and globs.
constexpr size_t kWritesPerStep = 256;

}  // namespace

TopicList::TopicList(const ServiceContext& context, std::string filter, rpc::Call& call,
                     std::shared_ptr<void> place, size_t batch_bytes_max)
    : context_(context),
      call_(call),
      place_(std::move(place)),
      batch_(std::move(filter), batch_bytes_max) {
  GatherLiterals();
}

void TopicList::OnWritable() {
  if (std::exchange(waiting_, false)) Write();
}

void TopicList::OnClosed(const Status&) { ended_ = true; }

void TopicList::Later(void (TopicList::*step)()) {
  home().node().control(home().self(), [step, weak = std::weak_ptr(self_)](core::Broker&) {
    const auto self = weak.lock();
    if (self != nullptr && !(*self)->ended_) ((*self)->*step)();
  });
}

// ---- looking

void TopicList::GatherLiterals() {
  const core::InterestTable& interest = home().node().interest;
  size_t looks = 0;
  while (part_ < core::InterestTable::kParts && names_.size() < kTopicsPerStep &&
         looks < kLooksPerStep) {
    interest.ForEachLiteral(part_++, [&](std::string_view text) {
      ++looks;
      if (batch_.range().Holds(text)) names_.emplace_back(text);
    });
  }
  for (size_t i = 0; i < kTopicsPerStep && !names_.empty(); ++i) {
    batch_.Add(names_.back());
    names_.pop_back();
  }
  const bool all = names_.empty() && part_ == core::InterestTable::kParts;
  if (!all) return Later(&TopicList::GatherLiterals);
  AskLedger(0, core::TopicLedger::kFromTheEnd);
}

TopicList::Page TopicList::PageOf(const core::Broker& broker, size_t place,
                                  const TopicRange& range) {
  Page page;
  page.next_place = broker.topics().VisitBefore(
      place, kTopicsPerStep, broker.now(),
      [&](std::string_view topic, const core::TopicLedger::Published& published) {
        if (range.Holds(topic)) page.topics.emplace_back(topic, published);
      });
  page.incomplete = broker.topics().missed_lately();
  return page;
}

void TopicList::AskLedger(core::DestinationId reactor, size_t place) {
  AskBroker(
      home().node(), reactor, home().self(),
      [place, range = batch_.range()](const core::Broker& broker) {
        return PageOf(broker, place, range);
      },
      [reactor, weak = std::weak_ptr(self_)](const Page& page) {
        const auto self = weak.lock();
        if (self != nullptr && !(*self)->ended_) (*self)->OnPage(reactor, page);
      });
}

void TopicList::OnPage(core::DestinationId reactor, const Page& page) {
  for (const auto& [name, published] : page.topics) batch_.Add(name, reactor, published);
  incomplete_ = incomplete_ || page.incomplete;
  if (page.next_place != 0) return AskLedger(reactor, page.next_place);
  const auto next = static_cast<core::DestinationId>(reactor + 1);
  if (next < context_.brokers.size()) return AskLedger(next, core::TopicLedger::kFromTheEnd);
  Write();
}

// ---- writing

void TopicList::Write() {
  std::string name;
  PublishedSum published;
  for (size_t writes = 0; writes < kWritesPerStep; ++writes) {
    if (!call_.writable()) {
      waiting_ = true;
      return;
    }
    if (batch_.TakeFirst(&name, &published)) {
      rpc::WriteMessage(call_,
                        StatusOf(home().node(), *context_.clock, name, published, incomplete_));
    } else if (batch_.NextBatch()) {
      part_ = 0;
      return Later(&TopicList::GatherLiterals);
    } else {
      ended_ = true;
      call_.Finish(Status());
      return;
    }
  }
  Later(&TopicList::Write);
}

}  // namespace belfry::frontend::grpc
