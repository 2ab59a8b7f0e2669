// SPDX-License-Identifier: Apache-2.0
//
// One filter of one session, linked into the list of all that have the same filter on its reactor
// (fanout.h); those that have lane and filter in common are twins and share one place in the list.
// There may be a million of them in one session, so object and text are one allocation.
//
// Threads: Confined to its session's reactor. Ownership: by its session; the fan-out only links it.
#pragma once

#include <cstdint>
#include <memory>

#include "common/topic/filter.h"

namespace belfry::core {

class Lane;

class Subscription {
 public:
  static std::unique_ptr<Subscription> Make(uint32_t id, FilterView filter, Lane& lane);
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  uint32_t id() const { return id_; }
  FilterView filter() const {
    return {kind_, {reinterpret_cast<const char*>(this + 1), text_size_}};
  }
  Lane& lane() const { return lane_; }

  static void operator delete(void* memory) { ::operator delete(memory); }

 private:
  friend class Fanout;  // links it

  Subscription(uint32_t id, FilterView filter, Lane& lane)
      : lane_(lane),
        id_(id),
        text_size_(static_cast<uint16_t>(filter.text.size())),
        kind_(filter.kind) {}

  Lane& lane_;
  // In the list of the filter, or, for one that came later, in its elder twin's list of twins.
  Subscription* next_ = nullptr;
  Subscription** previous_next_ = nullptr;
  // Of the one that stands in the filter's list: those that do not.
  Subscription* twins_ = nullptr;
  // The version of the interest table that first knew it, or its elder twin.
  uint64_t since_ = 0;
  const uint32_t id_;
  const uint16_t text_size_;
  const FilterKind kind_;
  bool is_twin_ = false;
};

// Lets a hash set of subscriptions be asked by id, so that the id is not stored twice.
struct SubscriptionIdHash {
  using is_transparent = void;
  size_t operator()(uint32_t id) const { return id * 0x9e3779b97f4a7c15u >> 16; }
  size_t operator()(const std::unique_ptr<Subscription>& s) const { return (*this)(s->id()); }
};
struct SubscriptionIdEqual {
  using is_transparent = void;
  static uint32_t Id(uint32_t id) { return id; }
  static uint32_t Id(const std::unique_ptr<Subscription>& s) { return s->id(); }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return Id(a) == Id(b);
  }
};

}  // namespace belfry::core
