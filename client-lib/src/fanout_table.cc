// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/fanout_table.h"

#include <iterator>
#include <unordered_map>
#include <utility>

#include "client-lib/src/filter_convert.h"
#include "client-lib/src/gap_merge.h"
#include "client-lib/src/make_error.h"
#include "common/check.h"

namespace belfry::client {
namespace {

// How many matches are gathered before they are handed over: bounds memory when one frame of many
// messages meets thousands of local subscriptions.
constexpr size_t kGatherMax = 16'384;

}  // namespace

std::optional<uint32_t> FanoutTable::Add(const std::shared_ptr<LocalSubscription>& local,
                                         bool* closed) {
  bool confirm = false;
  std::optional<uint32_t> made;
  {
    MutexLock lock(mutex_);
    *closed = closed_;
    if (closed_) return std::nullopt;
    bool inserted = false;
    Entry*& slot = *IndexOf(*local).FindOrInsert(ViewOf(local->filter()), &inserted);
    if (inserted) {
      auto entry = std::make_unique<Entry>();
      entry->id = ++last_id_;
      slot = entry.get();
      made = entry->id;
      entries_.emplace(entry->id, std::move(entry));
    }
    FanoutSeat& seat = local->seat();
    seat.broker_id = slot->id;
    seat.index = slot->locals.size();
    seat.confirmed = confirm = slot->confirmed && !broken_;
    seat.since = session_;
    slot->locals.push_back(local);
    ++local_size_;
  }
  if (confirm) local->Confirm();
  return made;
}

std::optional<uint32_t> FanoutTable::Remove(const std::shared_ptr<LocalSubscription>& local) {
  MutexLock lock(mutex_);
  FanoutSeat& seat = local->seat();
  const uint32_t id = std::exchange(seat.broker_id, 0);
  if (id == 0) return std::nullopt;
  auto found = entries_.find(id);
  BELFRY_CHECK(found != entries_.end());
  Entry& entry = *found->second;
  std::swap(entry.locals[seat.index], entry.locals.back());
  entry.locals[seat.index]->seat().index = seat.index;
  entry.locals.pop_back();
  --local_size_;
  if (!entry.locals.empty()) return std::nullopt;
  IndexOf(*local).Erase(ViewOf(local->filter()));
  entries_.erase(found);
  return id;
}

void FanoutTable::Close() {
  Entries entries;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    entries.swap(entries_);
    for (auto& [id, entry] : entries) {
      const LocalSubscription& first = *entry->locals.front();
      IndexOf(first).Erase(ViewOf(first.filter()));
      for (const auto& local : entry->locals) local->seat().broker_id = 0;
    }
    local_size_ = 0;
  }
  for (auto& [id, entry] : entries) {
    for (const auto& local : entry->locals) local->Silence();
  }
}

template <class Visit>
void FanoutTable::MatchInLane(std::string_view topic, uint32_t lane, Visit visit) {
  for (FilterIndex<Entry*>& index : indices_) {
    index.Match(topic, MatchScope::kAll, [&](Entry* entry) {
      if (entry->lane == lane) visit(entry);
    });
  }
}

void FanoutTable::Deliver(const std::shared_ptr<const DeliverBatch>& batch) {
  std::vector<Group> groups;
  for (size_t next = 0; next < batch->records.size();) {
    groups.clear();
    next = MatchSome(*batch, next, &groups);
    for (Group& group : groups) group.local->PushMessages(batch, group.indices);
  }
}

size_t FanoutTable::MatchSome(const DeliverBatch& batch, size_t begin, std::vector<Group>* groups) {
  MutexLock lock(mutex_);
  ++last_batch_;
  size_t gathered = 0;
  size_t i = begin;
  std::vector<Entry*> matched;
  for (; i < batch.records.size() && gathered < kGatherMax; ++i) {
    matched.clear();
    MatchInLane(batch.records[i].view.topic, batch.lane, [&](Entry* entry) {
      if (entry->confirmed) matched.push_back(entry);
    });
    for (Entry* entry : matched) Gather(*entry, static_cast<uint32_t>(i), groups, &gathered);
  }
  return i;
}

void FanoutTable::Gather(Entry& entry, uint32_t index, std::vector<Group>* groups,
                         size_t* gathered) {
  for (const auto& local : entry.locals) {
    FanoutSeat& seat = local->seat();
    if (seat.batch != last_batch_) {
      seat.batch = last_batch_;
      seat.group = groups->size();
      groups->push_back(Group{local, {}});
    }
    (*groups)[seat.group].indices.push_back(index);
  }
  *gathered += entry.locals.size();
}

void FanoutTable::OnGap(uint32_t lane, const Gap& gap) {
  std::vector<Notice> notices;
  {
    MutexLock lock(mutex_);
    if (gap.topics.empty()) {
      for (auto& [id, entry] : entries_) {
        if (entry->lane == lane) GapFor(*entry, gap, &notices);
      }
    } else {
      std::unordered_map<Entry*, Gap> matched;
      for (const TopicGap& topic : gap.topics) {
        MatchInLane(topic.topic, lane, [&](Entry* entry) {
          Gap& part = matched.try_emplace(entry, Gap{gap.cause, {}, 0}).first->second;
          part.topics.push_back(topic);
          *part.count += topic.count;
        });
      }
      for (auto& [entry, part] : matched) GapFor(*entry, part, &notices);
    }
  }
  Tell(notices);
}

void FanoutTable::GapFor(Entry& entry, const Gap& gap, std::vector<Notice>* notices) {
  if (!entry.confirmed) {
    if (entry.pending_gap) {
      MergeGap(*entry.pending_gap, gap);
    } else {
      entry.pending_gap = gap;
    }
    return;
  }
  for (const auto& local : entry.locals) {
    // A break that came before its first confirmation does not concern a subscription.
    if (gap.cause == GapCause::kReconnect && local->seat().since == session_) continue;
    notices->push_back(Notice{local, false, gap});
  }
}

void FanoutTable::OnResult(const v1::SubscribeResult& result) {
  std::vector<Notice> notices;
  Locals refused;
  {
    MutexLock lock(mutex_);
    auto found = entries_.find(result.id());
    if (found == entries_.end()) return;
    Entry& entry = *found->second;
    if (result.verdict() == v1::VERDICT_REFUSED) {
      TakeOut(found, &refused);
    } else {
      entry.confirmed = true;
      entry.lane = result.lane();
      const std::optional<Gap> gap = std::exchange(entry.pending_gap, std::nullopt);
      // A loss from before its first confirmation does not concern a subscription.
      for (const auto& local : entry.locals) {
        if (gap && local->seat().confirmed) notices.push_back(Notice{local, false, gap});
      }
      ConfirmNew(entry, &notices);
    }
  }
  for (const auto& local : refused) local->Refuse(ReasonFromWire(result.error()));
  Tell(notices);
}

void FanoutTable::TakeOut(Entries::iterator entry, Locals* out) {
  Locals& locals = entry->second->locals;
  IndexOf(*locals.front()).Erase(ViewOf(locals.front()->filter()));
  for (const auto& local : locals) local->seat().broker_id = 0;
  local_size_ -= locals.size();
  std::move(locals.begin(), locals.end(), std::back_inserter(*out));
  entries_.erase(entry);
}

std::vector<uint32_t> FanoutTable::RefuseAll(OverflowPolicy policy, const Error& error) {
  std::vector<uint32_t> ended;
  Locals refused;
  {
    MutexLock lock(mutex_);
    for (auto next = entries_.begin(); next != entries_.end();) {
      const auto entry = next++;
      if (entry->second->locals.front()->overflow() != policy) continue;
      ended.push_back(entry->first);
      TakeOut(entry, &refused);
    }
  }
  for (const auto& local : refused) local->Refuse(error);
  return ended;
}

void FanoutTable::ConfirmNew(Entry& entry, std::vector<Notice>* notices) {
  for (const auto& local : entry.locals) {
    if (std::exchange(local->seat().confirmed, true)) continue;
    local->seat().since = session_;
    notices->push_back(Notice{local, true, std::nullopt});
  }
}

void FanoutTable::OnBreak() {
  MutexLock lock(mutex_);
  broken_ = true;
}

void FanoutTable::OnSession(bool resumed) {
  std::vector<Notice> notices;
  {
    MutexLock lock(mutex_);
    broken_ = false;
    if (!resumed) ++session_;
    for (auto& [id, entry] : entries_) {
      if (!resumed) {
        entry->confirmed = false;
      } else if (entry->confirmed) {
        ConfirmNew(*entry, &notices);
      }
    }
  }
  Tell(notices);
}

void FanoutTable::Tell(std::vector<Notice>& notices) {
  for (Notice& notice : notices) {
    if (notice.confirm) notice.local->Confirm();
    if (notice.gap) notice.local->PushGap(std::move(*notice.gap));
  }
}

size_t FanoutTable::local_size() const {
  MutexLock lock(mutex_);
  return local_size_;
}

size_t FanoutTable::broker_size() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

}  // namespace belfry::client
