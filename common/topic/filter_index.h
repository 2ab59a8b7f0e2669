// SPDX-License-Identifier: Apache-2.0
//
// Filters of all kinds, each with a Value, and the question "which of them match this topic?". The
// one index of the house: subscriptions of a session, interest of a node, fan-out in the client
// library.
//
//   FilterIndex --+-- LiteralIndex    literal filters, hashed
//                 +-- WildcardIndex   wildcard filters, a trie of segments
//                 `-- GlobIndex       globs, a radix tree by literal prefix
//
// The three can be used by themselves where they need different locks.
// Pointers to Values stay valid until that filter is erased. Expects filters that passed
// ValidateFilter; others are safe, but cost what they cost. Threads: const functions may run side
// by side; a change needs the index alone. Ownership: owns all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/check.h"
#include "common/topic/filter.h"
#include "common/topic/glob_index.h"
#include "common/topic/literal_index.h"
#include "common/topic/wildcard_index.h"

namespace belfry {

// kLiteralOnly is for records that must not match patterns (design.md: redis_only).
enum class MatchScope : uint8_t { kAll, kLiteralOnly };

template <class Value>
class FilterIndex {
 public:
  FilterIndex() = default;
  FilterIndex(const FilterIndex&) = delete;
  FilterIndex& operator=(const FilterIndex&) = delete;

  size_t size() const { return literals_.size() + wildcards_.size() + globs_.size(); }
  bool empty() const { return size() == 0; }
  // Whether anything but literals is in it.
  bool has_patterns() const { return !wildcards_.empty() || !globs_.empty(); }

  // A new Value is default constructed.
  Value* FindOrInsert(FilterView filter, bool* inserted = nullptr) {
    return With(*this, filter.kind,
                [&](auto& index) { return index.FindOrInsert(filter.text, inserted); });
  }
  Value* Find(FilterView filter) {
    return With(*this, filter.kind, [&](auto& index) { return index.Find(filter.text); });
  }
  const Value* Find(FilterView filter) const {
    return With(*this, filter.kind, [&](auto& index) { return index.Find(filter.text); });
  }
  // False if it was not there.
  bool Erase(FilterView filter) {
    return With(*this, filter.kind, [&](auto& index) { return index.Erase(filter.text); });
  }

  // visit(Value&), each matching filter once, literals first. It must not change the index.
  template <class Visit>
  void Match(std::string_view topic, MatchScope scope, Visit&& visit) {
    MatchIn(*this, topic, scope, visit);
  }
  template <class Visit>
  void Match(std::string_view topic, MatchScope scope, Visit&& visit) const {
    MatchIn(*this, topic, scope, visit);
  }
  // The same, and returns the work: one for the hash lookup, each tree node entered, each byte
  // looked at by a glob. Not for the hot path.
  template <class Visit>
  size_t MatchAndCountVisits(std::string_view topic, MatchScope scope, Visit&& visit) const {
    if (const Value* value = literals_.Find(topic)) visit(*value);
    if (scope == MatchScope::kLiteralOnly) return 1;
    return 1 + wildcards_.MatchAndCountVisits(topic, visit) +
           globs_.MatchAndCountVisits(topic, visit);
  }

  // visit(FilterView, Value&), in no order. It must not change the index.
  template <class Visit>
  void ForEach(Visit&& visit) {
    ForEachIn(*this, visit);
  }
  template <class Visit>
  void ForEach(Visit&& visit) const {
    ForEachIn(*this, visit);
  }

 private:
  template <class Self, class Call>
  static auto With(Self& self, FilterKind kind, Call&& call) {
    if (kind == FilterKind::kWildcard) return call(self.wildcards_);
    if (kind == FilterKind::kGlob) return call(self.globs_);
    BELFRY_CHECK(kind == FilterKind::kLiteral);
    return call(self.literals_);
  }

  template <class Self, class Visit>
  static void MatchIn(Self& self, std::string_view topic, MatchScope scope, Visit& visit) {
    if (auto* value = self.literals_.Find(topic)) visit(*value);
    if (scope == MatchScope::kLiteralOnly) return;
    if (!self.wildcards_.empty()) self.wildcards_.Match(topic, visit);
    if (!self.globs_.empty()) self.globs_.Match(topic, visit);
  }

  template <class Self, class Visit>
  static void ForEachIn(Self& self, Visit& visit) {
    const auto with_kind = [&](FilterKind kind) {
      return [kind, &visit](std::string_view text, auto& value) {
        visit(FilterView{kind, text}, value);
      };
    };
    self.literals_.ForEach(with_kind(FilterKind::kLiteral));
    self.wildcards_.ForEach(with_kind(FilterKind::kWildcard));
    self.globs_.ForEach(with_kind(FilterKind::kGlob));
  }

  LiteralIndex<Value> literals_;
  WildcardIndex<Value> wildcards_;
  GlobIndex<Value> globs_;
};

}  // namespace belfry
