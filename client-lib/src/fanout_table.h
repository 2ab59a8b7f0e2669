// SPDX-License-Identifier: Apache-2.0
//
// The local side of subscriptions: which of this process's subscriptions a message is for. All with
// the same filter and policy share one subscription at the broker: made for the first, ended with
// the last.
// The broker sends a message once for a lane, so it is matched again here.
//
// Threads: Thread-safe (leaf lock; queues are filled after it is released). Deliver, OnGap and
// OnResult are called by the connection's reader alone, which keeps their order. Ownership: shares
// LocalSubscriptions with their Subscription objects.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/message.h"
#include "belfry/v1/broker.pb.h"
#include "client-lib/src/local_subscription.h"
#include "client-lib/src/record.h"
#include "common/mutex.h"
#include "common/topic/filter_index.h"

namespace belfry::client {

class FanoutTable {
 public:
  // The broker subscription to make, if this is the first with its filter and policy. `closed` is
  // set if the table takes no more.
  std::optional<uint32_t> Add(const std::shared_ptr<LocalSubscription>& local, bool* closed);
  // The broker subscription to end, if this was the last with its filter and policy.
  std::optional<uint32_t> Remove(const std::shared_ptr<LocalSubscription>& local);
  // Empties the table for good; all subscriptions fall silent.
  void Close();

  void Deliver(const std::shared_ptr<const DeliverBatch>& batch);
  // With topics: to the subscriptions that match them. Without: to all of the lane.
  void OnGap(uint32_t lane, const Gap& gap);
  void OnResult(const v1::SubscribeResult& result);
  // Refuses all subscriptions of that policy; returns those to end at the broker.
  std::vector<uint32_t> RefuseAll(OverflowPolicy policy, const Error& error);
  // The session broke: whoever comes now is confirmed by the next one. That one either goes on
  // where the last one was, or is new, and then nothing is confirmed until it says so.
  void OnBreak();
  void OnSession(bool resumed);

  size_t local_size() const;
  size_t broker_size() const;

 private:
  using Locals = std::vector<std::shared_ptr<LocalSubscription>>;
  struct Entry {
    uint32_t id = 0;
    uint32_t lane = 0;
    bool confirmed = false;
    // A loss told before this filter's confirmation in the new session; delivered with it, because
    // what is lost until then is part of it.
    std::optional<Gap> pending_gap;
    Locals locals;
  };
  using Entries = std::unordered_map<uint32_t, std::unique_ptr<Entry>>;
  struct Group {
    std::shared_ptr<LocalSubscription> local;
    std::vector<uint32_t> indices;
  };
  struct Notice {
    std::shared_ptr<LocalSubscription> local;
    bool confirm = false;
    std::optional<Gap> gap;
  };

  // Matches records from `begin` until enough are gathered; returns where to go on.
  size_t MatchSome(const DeliverBatch& batch, size_t begin, std::vector<Group>* groups);
  void Gather(Entry& entry, uint32_t index, std::vector<Group>* groups, size_t* gathered)
      BELFRY_REQUIRES(mutex_);
  // All of an entry leave the table at once, and are added to *out.
  void TakeOut(Entries::iterator entry, Locals* out) BELFRY_REQUIRES(mutex_);
  FilterIndex<Entry*>& IndexOf(const LocalSubscription& local) BELFRY_REQUIRES(mutex_) {
    return indices_[static_cast<size_t>(local.overflow())];
  }
  // Those whose messages travel in that lane.
  template <class Visit>
  void MatchInLane(std::string_view topic, uint32_t lane, Visit visit) BELFRY_REQUIRES(mutex_);
  void ConfirmNew(Entry& entry, std::vector<Notice>* notices) BELFRY_REQUIRES(mutex_);
  void GapFor(Entry& entry, const Gap& gap, std::vector<Notice>* notices) BELFRY_REQUIRES(mutex_);
  static void Tell(std::vector<Notice>& notices);

  mutable Mutex mutex_;
  // One for each policy.
  std::array<FilterIndex<Entry*>, 4> indices_ BELFRY_GUARDED_BY(mutex_);
  Entries entries_ BELFRY_GUARDED_BY(mutex_);
  uint32_t last_id_ BELFRY_GUARDED_BY(mutex_) = 0;
  uint64_t last_batch_ BELFRY_GUARDED_BY(mutex_) = 0;
  size_t local_size_ BELFRY_GUARDED_BY(mutex_) = 0;
  // Counts sessions; a resumed one is the same.
  uint64_t session_ BELFRY_GUARDED_BY(mutex_) = 0;
  bool broken_ BELFRY_GUARDED_BY(mutex_) = false;
  bool closed_ BELFRY_GUARDED_BY(mutex_) = false;
};

}  // namespace belfry::client
