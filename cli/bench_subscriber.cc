// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_subscriber.h"

#include <algorithm>
#include <utility>

namespace belfry::cli {

BenchSubscriber::BenchSubscriber(const BenchPlan& plan, uint32_t index,
                                 std::vector<std::unique_ptr<LockStep>>& steps)
    : plan_(plan), index_(index), steps_(steps), taken_(plan.command().publishers) {}

std::string BenchSubscriber::Start(const GlobalOptions& global) {
  ClientOptions options = OptionsFor(global);
  options.executor = MakeInlineExecutor();
  options.on_state = [this](const StateChange& change) { last_reason_.Note(change); };
  Error wrong;
  client_ = Client::Create(std::move(options), &wrong);
  if (client_ == nullptr) return wrong.text;
  SubscribeOptions subscribe;
  subscribe.on_gap = [this](const Gap&) { ++gaps_; };
  subscription_ = client_->Subscribe(
      Literal(plan_.TopicName(plan_.TopicOfSubscriber(index_))),
      [this](const Message& message) { OnMessage(message); }, std::move(subscribe));
  return "";
}

void BenchSubscriber::OnMessage(const Message& message) {
  const auto stamp = ReadStamp(message.payload());
  if (!stamp || stamp->publisher >= taken_.size()) return;
  if (stamp->measured) {
    const Duration delay = clock_.Now() - stamp->due;
    delays_.Record(static_cast<uint64_t>(std::max<int64_t>(0, delay.count())));
    delivered_.store(delivered_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::atomic<uint64_t>& taken = taken_[stamp->publisher];
  taken.store(taken.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (!steps_.empty()) steps_[stamp->publisher]->Arrive();
}

void BenchSubscriber::Stop() {
  subscription_.Unsubscribe();
  client_.reset();
}

}  // namespace belfry::cli
