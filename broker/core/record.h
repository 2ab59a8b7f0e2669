// SPDX-License-Identifier: Apache-2.0
//
// A message in its encoded form (belfry.v1.Message), made once at ingress and shared by reference
// with every session, reactor and peer that wants it. Nothing of one session and no position stands
// inside.
//
// Threads: Immutable. Ownership: counted by Ref; one allocation holds the object and its bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/core/memory_budget.h"
#include "common/ref_counted.h"
#include "common/topic/topic.h"
#include "common/wire/message_view.h"

namespace belfry::core {

class Record final : public RefCounted {
 public:
  // What the broker itself puts into a record, so that a client cannot forge it.
  struct Stamp {
    int64_t time_unix_us = 0;
    std::string_view publisher{};
    Space space = Space::kMain;
    // Published behind the Redis door under a name that the gRPC door does not know: matches no
    // wildcard and no glob of gRPC sessions.
    bool redis_only = false;
    // Charged with the record's memory for as long as it lives; outlives it. None: nobody counts.
    MemoryBudget* budget = nullptr;
  };

  static Ref<const Record> Encode(const wire::PublishView& publish, const Stamp& stamp);

  std::string_view bytes() const { return {data(), size_}; }
  std::string_view topic() const { return {data() + topic_offset_, topic_size_}; }
  // For CONFLATE; empty without one.
  std::string_view key() const { return {data() + key_offset_, key_size_}; }
  Space space() const { return space_; }
  bool redis_only() const { return redis_only_; }
  // What it costs to hold it, for queue bounds.
  size_t memory_bytes() const { return sizeof(Record) + size_; }

  static void operator delete(void* memory) { ::operator delete(memory); }

 private:
  Record(uint32_t size, const Stamp& stamp)
      : size_(size), space_(stamp.space), redis_only_(stamp.redis_only), budget_(stamp.budget) {
    if (budget_ != nullptr) budget_->Charge(memory_bytes());
  }
  ~Record() override {
    if (budget_ != nullptr) budget_->Release(memory_bytes());
  }

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }

  uint32_t size_;
  uint16_t topic_offset_ = 0;
  uint16_t topic_size_ = 0;
  uint32_t key_offset_ = 0;
  uint16_t key_size_ = 0;
  Space space_;
  bool redis_only_;
  MemoryBudget* const budget_;
};

}  // namespace belfry::core
