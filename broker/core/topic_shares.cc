// SPDX-License-Identifier: Apache-2.0
#include "broker/core/topic_shares.h"

#include <algorithm>
#include <bit>

#include "common/check.h"

namespace belfry::core {

void TopicShares::Link(Share& share) {
  share.bucket = static_cast<uint8_t>(
      std::min<size_t>(static_cast<size_t>(std::bit_width(share.bytes)), kBuckets - 1));
  Bucket& bucket = buckets_[share.bucket];
  if (bucket.first == nullptr) bucket.last_next = &bucket.first;
  share.next = nullptr;
  share.previous_next = bucket.last_next;
  *bucket.last_next = &share;
  bucket.last_next = &share.next;
}

void TopicShares::Unlink(Share& share) {
  *share.previous_next = share.next;
  if (share.next != nullptr) {
    share.next->previous_next = share.previous_next;
  } else {
    buckets_[share.bucket].last_next = share.previous_next;
  }
}

TopicShares::Share& TopicShares::Of(std::string_view topic) {
  bool is_new = false;
  Share& share = *shares_.FindOrInsert(topic, &is_new);
  if (is_new) text_bytes_ += topic.size();
  return share;
}

void TopicShares::Grow(Share& share, size_t bytes) {
  if (share.records != 0) Unlink(share);
  ++share.records;
  share.bytes += bytes;
  Link(share);
}

void TopicShares::Shrink(std::string_view topic, Share& share, size_t bytes) {
  BELFRY_CHECK(share.records != 0 && share.bytes >= bytes);
  Unlink(share);
  --share.records;
  share.bytes -= bytes;
  if (share.records != 0) {
    Link(share);
  } else {
    text_bytes_ -= topic.size();
    shares_.Erase(topic);
  }
}

TopicShares::Share& TopicShares::Heaviest() {
  for (size_t i = kBuckets; i-- > 0;) {
    if (buckets_[i].first != nullptr) return *buckets_[i].first;
  }
  BELFRY_CHECK(false);
  __builtin_unreachable();
}

}  // namespace belfry::core
