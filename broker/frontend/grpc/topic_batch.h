// SPDX-License-Identifier: Apache-2.0
//
// The first topics, in order, of a set too large to hold: what a sorted list of topics is made of.
// All topics of the node are offered; the batch keeps the least of those after the last batch, as
// many as fit into its bytes, and forgets the rest. Written out, it begins again behind its last
// one.
//
//     ─────written─────┤ after      kept       ├ below       passed over       ▶ (by topic)
//
// Threads: Confined to its owner; a TopicRange is a value. Units: bytes.
#pragma once

#include <absl/container/btree_map.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/core/destination.h"
#include "broker/core/topic_ledger.h"

namespace belfry::frontend::grpc {

// Which topics are of interest.
struct TopicRange {
  // A valid wildcard filter, or empty: all.
  std::string filter;
  // After this one.
  std::string after;
  // Before this one; empty: to the end.
  std::string below;

  bool Holds(std::string_view topic) const;
};

// What the ledgers of several reactors say of one topic, added up.
struct PublishedSum {
  uint64_t messages = 0;
  double per_second = 0;
  // Of the latest message. Meaningless without messages.
  Duration age{0};

  void Add(const core::TopicLedger::Published& published);
};

class TopicBatch {
 public:
  TopicBatch(std::string filter, size_t bytes_max) : bytes_max_(bytes_max) {
    range_.filter = std::move(filter);
  }

  // What it would keep now; to ask others for nothing else.
  const TopicRange& range() const { return range_; }

  void Add(std::string_view topic);
  // The same with what one reactor says of it. Reactors come one after the other, and what one says
  // again of a topic does not count.
  void Add(std::string_view topic, core::DestinationId reactor,
           const core::TopicLedger::Published& published);

  struct Topic {
    PublishedSum published;
    // The one whose numbers were added last, plus one.
    uint32_t reactors_through = 0;
  };
  // Takes the first one out. False: it is empty.
  bool TakeFirst(std::string* name, PublishedSum* published);
  // Call when it is empty. False: there was nothing behind it. True: offer all topics anew.
  bool NextBatch();

 private:
  Topic* FindOrInsert(std::string_view name);

  const size_t bytes_max_;
  TopicRange range_;
  absl::btree_map<std::string, Topic> topics_;
  size_t bytes_ = 0;
};

}  // namespace belfry::frontend::grpc
