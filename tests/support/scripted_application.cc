// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_application.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "client-lib/src/filter_convert.h"
#include "common/topic/filter.h"

namespace belfry::test {
namespace {

using std::chrono::milliseconds;
using Kind = PublishOutcome::Kind;

// What callbacks may do, so that callbacks that call back come to an end.
constexpr int kCallbackActionsMax = 32;
constexpr int kActions = 7;
constexpr size_t kSubscriptionsMax = 64;
constexpr size_t kPublishBytesMax = 100'000;
// One publish is let in however large it is.
constexpr size_t kLargestPublish = 300'000;

}  // namespace

void ScriptedApplication::Observe(ClientOptions* options) {
  const uint8_t how = source_.Byte();
  options->publish_in_flight_bytes_max = publish_bytes_max_ = how % 8 < 6 ? kPublishBytesMax : 300;
  // Waiting would wait for this very thread.
  options->publish_when_full = WhenFull::kFail;
  options->on_state = [this](const StateChange& change) {
    Check(!told_closed_, "a change of state after kClosed");
    told_closed_ = change.state == State::kClosed;
  };
  if (how % 4 < 2) options->on_notice = [](const Error&) {};
  options->on_publish_room = [this] {
    Check(++told_of_room_ <= refused_for_room_, "room for nobody");
    Act(1);
  };
}

TopicFilter ScriptedApplication::Filter() {
  const std::array<TopicFilter, 8> kFilters = {Literal("a"), Wildcard("a.*"),  Wildcard(">"),
                                               Glob("a*"),   Literal("b"),     Literal(""),
                                               Glob("["),    Wildcard("a.>.b")};
  return source_.Pick(kFilters);
}

SubscribeOptions ScriptedApplication::HandlersOf(const std::shared_ptr<Seen>& seen) {
  SubscribeOptions options;
  options.on_confirmed = [this, seen] {
    Check(!seen->confirmed && !seen->refused && !seen->ended, "confirmed out of turn");
    seen->confirmed = true;
  };
  options.on_refused = [this, seen](const Error& error) {
    Check(!seen->refused && !seen->ended, "refused out of turn");
    Check(!error.ok(), "refused for no reason");
    seen->refused = true;
  };
  options.on_gap = [this, seen](const Gap&) {
    Check(seen->confirmed && !seen->refused && !seen->ended, "a gap out of turn");
  };
  return options;
}

void ScriptedApplication::Subscribe() {
  if (subscriptions_.size() == kSubscriptionsMax) return;
  const auto seen = std::make_shared<Seen>();
  const TopicFilter filter = Filter();
  SubscribeOptions options = HandlersOf(seen);
  const uint8_t how = source_.Byte();
  options.overflow = static_cast<OverflowPolicy>(how % 4);
  options.queue_messages_max = 1 + how % 5;
  if (how >= 128) options.queue_bytes_max = 300;
  options.parallel = how % 8 < 6 ? 1 : how % 3;
  seen->queued_max = std::max<size_t>(options.queue_messages_max, 2);
  seen->action = how >= 224 ? how % kActions : 0;
  auto handler = [this, seen, filter](const Message& message) {
    Check(seen->confirmed && !seen->refused && !seen->ended, "a message out of turn");
    Check(Matches(client::ViewOf(filter), message.topic()), "a message for somebody else");
    ++handled_;
    Act(seen->action);
  };
  ++subscribing_;
  Held held{core_->Subscribe(filter, handler, options), seen};
  --subscribing_;
  subscriptions_.push_back(std::move(held));
}

void ScriptedApplication::Unsubscribe() {
  if (subscriptions_.empty()) return;
  const size_t which = source_.Below(subscriptions_.size());
  Held held = std::move(subscriptions_[which]);
  subscriptions_.erase(subscriptions_.begin() + static_cast<std::ptrdiff_t>(which));
  held.subscription.Unsubscribe();
  held.seen->ended = true;
}

void ScriptedApplication::Publish() {
  const uint8_t how = source_.Byte();
  PublishOptions options;
  options.ack = static_cast<AckLevel>(how % 4);
  options.want_counts = how % 16 == 15;
  constexpr std::array<int64_t, 6> kTimeouts = {10'000, 10'000, 100, 1, 0, -1};
  options.timeout = milliseconds(source_.Pick(kTimeouts));
  if (how >= 250) options.timeout = milliseconds::max();
  // Now and then one that is larger than a frame, or than there is room for.
  const size_t padding = how % 32 == 31 ? source_.Below(256) * 1000 : source_.Below(64);
  Publish(options, how / 4 % 3, padding, frames_.Topic());
}

void ScriptedApplication::Publish(const PublishOptions& options, int completion, size_t padding,
                                  const std::string& topic) {
  const uint64_t number = publications_.size();
  publications_.push_back(std::make_unique<Publication>());
  Publication& publication = *publications_.back();
  client::Completion done;
  if (completion == 1) {
    std::promise<PublishOutcome> promise;
    publication.future = promise.get_future();
    done = std::move(promise);
  } else if (completion == 2) {
    publication.callback = true;
    const int action = source_.Below(8) == 7 ? static_cast<int>(source_.Below(kActions)) : 0;
    done = PublishCallback([this, number, action](const PublishOutcome& outcome) {
      ++publications_[number]->outcomes;
      CheckOutcome(number, outcome);
      Act(action);
    });
  }
  // It may be refused for want of room; then there is a word when there is some.
  const size_t cost =
      client::PublishQueue::CostOf(topic, StrictBroker::PayloadOf(number, padding), options);
  if (core_->stats().publish_in_flight_bytes + cost > publish_bytes_max_) ++refused_for_room_;
  core_->Publish(topic, StrictBroker::PayloadOf(number, padding), options, std::move(done));
}

void ScriptedApplication::Act(int action) {
  if (action == 0 || ++callback_actions_ > kCallbackActionsMax) return;
  switch (action) {
    case 1:
      return Publish({}, 2, 10, "a");
    case 2:
      return Unsubscribe();
    case 3:
      return Subscribe();
    case 4:
      return Look();
    case 5:
      ++threw_;
      throw std::runtime_error("a handler of the script");
    default:
      if (source_.Below(4) == 3) Leave();
      return;
  }
}

// An outcome never claims more than is known, nor less.
void ScriptedApplication::CheckOutcome(uint64_t number, const PublishOutcome& outcome) {
  Check(outcome.ok() == outcome.error.ok(), "an outcome that does not fit its error");
  if (outcome.ok()) {
    ++ok_;
    Check(broker_.WasWritten(number), "OK for what was never written");
  } else if (outcome.kind == Kind::kFailed) {
    ++failed_;
    Check(!broker_.MayHaveArrived(number), "FAILED for what may have arrived");
  } else {
    ++unknown_;
    Check(broker_.WasWritten(number), "UNKNOWN for what was never written");
  }
}

void ScriptedApplication::Look() {
  const ClientStats stats = core_->stats();
  Check(stats.published == publications_.size(), "publishes that were not counted");
  Check(stats.outcomes_ok + stats.outcomes_failed + stats.outcomes_unknown <= stats.published,
        "more outcomes than publishes");
  Check(stats.publish_in_flight_bytes <= kPublishBytesMax + kLargestPublish,
        "bytes without a bound");
  Check(stats.subscriptions <= subscriptions_.size() + subscribing_, "subscriptions that are gone");
  Check(stats.broker_subscriptions <= stats.subscriptions, "broker subscriptions");
  Check(core_->state() != State::kConnected || stats.connects > 0, "connected by nobody");
  for (Held& held : subscriptions_) {
    Check(held.subscription.queued() <= held.seen->queued_max, "a queue over its bound");
    Check(held.subscription.dropped() <= stats.messages_dropped, "drops that do not add up");
    Check(!held.subscription.confirmed() || held.subscription.error().ok(),
          "confirmed and refused");
  }
  core_->WaitUntilConnected(milliseconds(0));
  core_->Flush(milliseconds(0));
}

void ScriptedApplication::Leave() {
  closed_ = true;
  if (source_.Flag()) {
    core_->Close();
  } else {
    // It waits in real time, and nothing happens meanwhile.
    core_->Drain(milliseconds(0));
  }
  CheckClosed();
}

void ScriptedApplication::CheckClosed() {
  Check(core_->state() == State::kClosed, "closed, and yet it is not");
  const ClientStats stats = core_->stats();
  Check(stats.outcomes_ok + stats.outcomes_failed + stats.outcomes_unknown == stats.published,
        "a publish without an outcome after Close");
  Check(stats.subscriptions == 0 && stats.broker_subscriptions == 0, "subscriptions after Close");
}

void ScriptedApplication::CheckEnd() {
  for (uint64_t number = 0; number < publications_.size(); ++number) CheckSettled(number);
  const ClientStats stats = core_->stats();
  Check(stats.published == publications_.size(), "publishes that were not counted");
  Check(stats.publish_in_flight_bytes == 0, "bytes left behind");
  Check(ok_ <= stats.outcomes_ok && failed_ <= stats.outcomes_failed &&
            unknown_ <= stats.outcomes_unknown,
        "outcomes that were not counted");
  Check(handled_ + stats.messages_replaced + stats.messages_dropped <= stats.messages_delivered,
        "messages that were not counted");
  Check(stats.handlers_threw == threw_, "exceptions that were not counted");
}

void ScriptedApplication::CheckSettled(uint64_t number) {
  Publication& publication = *publications_[number];
  if (publication.future) {
    const bool ready = publication.future->wait_for(milliseconds(0)) == std::future_status::ready;
    Check(ready, "a future without an outcome");
    if (ready) CheckOutcome(number, publication.future->get());
  } else if (publication.callback) {
    Check(publication.outcomes == 1, "not exactly one outcome for a callback");
  }
}

void ScriptedApplication::LetGo() {
  subscriptions_.clear();
  core_.reset();
}

}  // namespace belfry::test
