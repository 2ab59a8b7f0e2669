// SPDX-License-Identifier: Apache-2.0
#include "tests/support/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace belfry::test {
namespace {

using Kind = PublishOutcome::Kind;
using Outcomes = std::vector<std::optional<Kind>>;

// What the gaps between two messages say of one topic.
struct Told {
  bool any = false;
  bool exact = true;
  uint64_t count = 0;
};

void Add(const Gap& gap, const std::string& topic, Told& told) {
  if (gap.topics.empty()) {
    told.any = true;
    // A total may count other topics.
    told.exact = false;
    return;
  }
  for (const TopicGap& part : gap.topics) {
    if (part.topic != topic) continue;
    told.any = true;
    told.count += part.count;
  }
}

// Messages `first` to `before` are missing where `told` was told.
void CheckHole(const Outcomes& outcomes, uint64_t first, uint64_t before, const Told& told,
               Violations& violations) {
  uint64_t ok = 0;
  uint64_t possible = 0;
  for (uint64_t number = first; number < before && number <= outcomes.size(); ++number) {
    const std::optional<Kind>& kind = outcomes[number - 1];
    if (kind == Kind::kOk) ++ok;
    if (kind != Kind::kFailed) ++possible;
  }
  if (ok > 0 && !told.any) {
    violations.push_back(
        fmt::format("{} to {}: {} OK and neither delivered nor in a gap", first, before - 1, ok));
  } else if (told.any && told.exact && (told.count < ok || told.count > possible)) {
    violations.push_back(fmt::format("{} to {}: a gap of {} where {} OK, {} possible, are missing",
                                     first, before - 1, told.count, ok, possible));
  }
}

void Append(Violations& to, const char* name, Violations from) {
  for (std::string& violation : from) to.push_back(fmt::format("{}: {}", name, violation));
}

}  // namespace

uint64_t PublishHistory::Invoke() {
  std::lock_guard lock(mutex_);
  outcomes_.emplace_back();
  return outcomes_.size();
}

void PublishHistory::Settle(uint64_t number, const PublishOutcome& outcome) {
  std::lock_guard lock(mutex_);
  if (outcomes_[number - 1]) ++settled_twice_;
  outcomes_[number - 1] = outcome.kind;
  ++settled_;
}

Outcomes PublishHistory::outcomes() const {
  std::lock_guard lock(mutex_);
  return outcomes_;
}

uint64_t PublishHistory::settled() const {
  std::lock_guard lock(mutex_);
  return settled_;
}

uint64_t PublishHistory::invoked() const {
  std::lock_guard lock(mutex_);
  return outcomes_.size();
}

uint64_t PublishHistory::CountOf(Kind kind) const {
  std::lock_guard lock(mutex_);
  return static_cast<uint64_t>(std::count(outcomes_.begin(), outcomes_.end(), kind));
}

void DeliveryHistory::OnMessage(const Message& message) {
  const uint64_t number = std::stoull(std::string(message.payload()));
  std::lock_guard lock(mutex_);
  deliveries_.emplace_back(number);
  ++messages_;
  last_ = std::max(last_, number);
}

void DeliveryHistory::OnGap(const Gap& gap) {
  std::lock_guard lock(mutex_);
  deliveries_.emplace_back(gap);
}

std::vector<Delivery> DeliveryHistory::deliveries() const {
  std::lock_guard lock(mutex_);
  return deliveries_;
}

uint64_t DeliveryHistory::messages() const {
  std::lock_guard lock(mutex_);
  return messages_;
}

uint64_t DeliveryHistory::gaps(GapCause cause) const {
  std::lock_guard lock(mutex_);
  return static_cast<uint64_t>(
      std::count_if(deliveries_.begin(), deliveries_.end(), [&](const Delivery& delivery) {
        const Gap* gap = std::get_if<Gap>(&delivery);
        return gap != nullptr && gap->cause == cause;
      }));
}

uint64_t DeliveryHistory::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

Violations CheckEachSettledOnce(const PublishHistory& published) {
  Violations violations;
  const Outcomes outcomes = published.outcomes();
  const auto open = std::count(outcomes.begin(), outcomes.end(), std::nullopt);
  if (open > 0) violations.push_back(fmt::format("{} publishes without an outcome", open));
  if (published.settled_twice_ > 0) {
    violations.push_back(fmt::format("{} outcomes too many", published.settled_twice_));
  }
  return violations;
}

Violations CheckOrder(const DeliveryHistory& delivered) {
  Violations violations;
  uint64_t last = 0;
  for (const Delivery& delivery : delivered.deliveries()) {
    const uint64_t* number = std::get_if<uint64_t>(&delivery);
    if (number == nullptr) continue;
    if (*number <= last) violations.push_back(fmt::format("{} came after {}", *number, last));
    last = *number;
  }
  return violations;
}

Violations CheckNothingForged(const PublishHistory& published, const DeliveryHistory& delivered) {
  Violations violations;
  const Outcomes outcomes = published.outcomes();
  for (const Delivery& delivery : delivered.deliveries()) {
    const uint64_t* number = std::get_if<uint64_t>(&delivery);
    if (number == nullptr) continue;
    if (*number == 0 || *number > outcomes.size()) {
      violations.push_back(fmt::format("{} was never published", *number));
    } else if (outcomes[*number - 1] == Kind::kFailed) {
      violations.push_back(fmt::format("{} FAILED and was delivered", *number));
    }
  }
  return violations;
}

Violations CheckHoles(const PublishHistory& published, const DeliveryHistory& delivered) {
  Violations violations;
  const Outcomes outcomes = published.outcomes();
  uint64_t next = 1;
  Told told;
  for (const Delivery& delivery : delivered.deliveries()) {
    if (const Gap* gap = std::get_if<Gap>(&delivery)) {
      Add(*gap, delivered.topic(), told);
      continue;
    }
    const uint64_t number = std::get<uint64_t>(delivery);
    CheckHole(outcomes, next, number, told, violations);
    next = std::max(next, number + 1);
    told = {};
  }
  CheckHole(outcomes, next, outcomes.size() + 1, told, violations);
  return violations;
}

Violations CheckAll(const PublishHistory& published, const DeliveryHistory& delivered) {
  Violations violations;
  Append(violations, "settled once", CheckEachSettledOnce(published));
  Append(violations, "order", CheckOrder(delivered));
  Append(violations, "nothing forged", CheckNothingForged(published, delivered));
  Append(violations, "holes", CheckHoles(published, delivered));
  // One bug shows in thousands of messages; the first ones tell it.
  constexpr size_t kShown = 10;
  if (violations.size() > kShown) {
    violations.resize(kShown);
    violations.emplace_back("…");
  }
  return violations;
}

}  // namespace belfry::test
