// SPDX-License-Identifier: Apache-2.0
#include "cli/top_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cli/ranking.h"

namespace belfry::cli {
namespace {

// More than any screen shows.
constexpr size_t kRankedMax = 500;
// A broker that does not answer in this time is told to be away.
constexpr Duration kPatience = std::chrono::seconds(2);
// Reading lists may take one part in so many of the time: long ones must not load a broker.
constexpr int kListsShare = 10;

std::string ProblemOf(const Status& status) {
  if (status.ok()) return "";
  const bool silent =
      status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kDeadlineExceeded;
  return silent ? fmt::format("no answer ({})", MessageOf(status)) : MessageOf(status);
}

}  // namespace

TopFeed::TopFeed(std::unique_ptr<Admin> admin, Duration interval)
    : admin_(std::move(admin)), interval_(interval) {}

TopFeed::~TopFeed() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  admin_->Cancel();
  if (thread_.joinable()) thread_.join();
}

void TopFeed::Start(Duration first_patience, std::function<void()> on_look) {
  on_look_ = std::move(on_look);
  thread_ = std::thread([this, first_patience] { Run(first_patience); });
}

TopFeed::Seen TopFeed::Latest() const {
  const MutexLock lock(mutex_);
  return latest_;
}

bool TopFeed::Rest(Instant due) {
  MutexLock lock(mutex_);
  while (!stopped_ && clock_.Now() < due) changed_.wait_until(lock, due);
  return !stopped_;
}

void TopFeed::Run(Duration first_patience) {
  Instant due = clock_.Now();
  Duration patience = first_patience;
  do {
    due = std::max(due + interval_, clock_.Now());
    const Status status = Look(patience, view_);
    view_.problem = ProblemOf(status);
    {
      const MutexLock lock(mutex_);
      latest_ = {status, view_};
    }
    on_look_();
    patience = kPatience;
  } while (Rest(due));
}

Status TopFeed::Look(Duration patience, TopView& view) {
  view.time_unix_us = clock_.WallUnixMicros();
  NodeLook look;
  look.asked = clock_.Now();
  auto node = admin_->GetNode(patience);
  if (!node.ok()) return node.status();
  look.answered = clock_.Now();
  look.report = *std::move(node);
  const auto before = std::exchange(last_, look);
  if (!lists_read_ || look.answered >= lists_due_) {
    const Status lists = ReadLists(patience, view);
    // Failed or not, it took the broker's time.
    const Instant ended = clock_.Now();
    lists_due_ = ended + (ended - look.answered) * (kListsShare - 1);
    if (!lists.ok()) return lists;
    lists_read_ = ended;
  }
  view.node = std::move(look.report);
  view.lost_per_s = before ? LostPerSecond(*before, *last_) : std::nullopt;
  view.cpu_percent = before ? CpuPercent(*before, *last_) : std::nullopt;
  const auto age =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Now() - *lists_read_);
  view.lists_age_ms = static_cast<uint64_t>(age.count());
  return Status();
}

Status TopFeed::ReadLists(Duration patience, TopView& view) {
  Ranking<TopicReport, HotterTopic> topics(kRankedMax);
  bool incomplete = false;
  const Status topics_read = admin_->ListTopics("", patience, [&](TopicReport topic) {
    incomplete = incomplete || topic.incomplete;
    topics.Add(std::move(topic));
    return true;
  });
  if (!topics_read.ok()) return topics_read;
  Ranking<SessionReport, SlowerSession> sessions(kRankedMax);
  const Status sessions_read = admin_->ListSessions(false, patience, [&](SessionReport session) {
    sessions.Add(std::move(session));
    return true;
  });
  if (!sessions_read.ok()) return sessions_read;
  view.topics = topics.Take();
  view.topics_incomplete = incomplete;
  view.sessions = sessions.Take();
  return Status();
}

}  // namespace belfry::cli
