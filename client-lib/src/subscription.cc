// SPDX-License-Identifier: Apache-2.0
#include "belfry/subscription.h"

#include <utility>

#include "client-lib/src/local_subscription.h"

namespace belfry {

Subscription::Subscription() = default;
Subscription::Subscription(std::shared_ptr<client::LocalSubscription> local)
    : local_(std::move(local)) {}
Subscription::Subscription(Subscription&& other) noexcept = default;
Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    Unsubscribe();
    local_ = std::move(other.local_);
  }
  return *this;
}
Subscription::~Subscription() { Unsubscribe(); }

const TopicFilter& Subscription::filter() const {
  static const TopicFilter kNone;
  return local_ != nullptr ? local_->filter() : kNone;
}

bool Subscription::confirmed() const { return local_ != nullptr && local_->confirmed(); }

bool Subscription::WaitUntilConfirmed(std::chrono::milliseconds timeout) {
  return local_ != nullptr && local_->WaitUntilConfirmed(timeout);
}

Error Subscription::error() const { return local_ != nullptr ? local_->error() : Error(); }
uint64_t Subscription::dropped() const { return local_ != nullptr ? local_->dropped() : 0; }
size_t Subscription::queued() const { return local_ != nullptr ? local_->queued() : 0; }

void Subscription::Unsubscribe() {
  if (local_ != nullptr) local_->End();
}

}  // namespace belfry
