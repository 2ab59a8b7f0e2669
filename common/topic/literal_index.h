// SPDX-License-Identifier: Apache-2.0
//
// A hash table from text to Value, made for very many short texts: one allocation per text, one
// pointer and one control byte per slot. A 24-byte topic with an 8-byte Value is a 48-byte heap
// block and about 12 bytes of table; a std::string as key would be twice that.
//
//   table   [ . | * | . | * ]            (absl::flat_hash_set of Entry*, hashed and compared by
//   text)
//                 |       |
//                 v       +--> ...
//   Entry   [ Value | size | t e x t ]   (the text begins right after the size, inside any padding)
//
// Pointers to an Entry or its Value stay valid until that text is erased. The table gives memory
// back as it empties. Threads: const functions may run side by side; a change needs the table
// alone. Ownership: owns all.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/topic/topic.h"

namespace belfry {

template <class Value>
class LiteralIndex {
 public:
  class Entry {
   public:
    Value value{};

    std::string_view text() const {
      return {reinterpret_cast<const char*>(this) + TextOffset(), size_};
    }

   private:
    friend class LiteralIndex;
    explicit Entry(uint32_t size) : size_(size) {}
    ~Entry() = default;

    uint32_t size_;
  };

  LiteralIndex() = default;
  ~LiteralIndex() { Clear(); }
  LiteralIndex(const LiteralIndex&) = delete;
  LiteralIndex& operator=(const LiteralIndex&) = delete;

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

  // A new Value is default constructed.
  Value* FindOrInsert(std::string_view text, bool* inserted = nullptr) {
    return &FindOrInsertEntry(text, inserted)->value;
  }
  Entry* FindOrInsertEntry(std::string_view text, bool* inserted = nullptr) {
    bool is_new = false;
    const auto it = entries_.lazy_emplace(text, [&](const auto& construct) {
      construct(NewEntry(text));
      is_new = true;
    });
    if (inserted != nullptr) *inserted = is_new;
    return *it;
  }

  Value* Find(std::string_view text) { return Find(text, TopicHash(text)); }
  const Value* Find(std::string_view text) const { return Find(text, TopicHash(text)); }
  // The same for a caller that has the TopicHash of the text already.
  Value* Find(std::string_view text, uint64_t hash) {
    Entry* const entry = FindEntry(text, hash);
    return entry == nullptr ? nullptr : &entry->value;
  }
  const Value* Find(std::string_view text, uint64_t hash) const {
    const Entry* const entry = FindEntry(text, hash);
    return entry == nullptr ? nullptr : &entry->value;
  }

  // False if it was not there. `text` may be the entry's own.
  bool Erase(std::string_view text) {
    const auto it = entries_.find(text);
    if (it == entries_.end()) return false;
    Entry* const entry = *it;
    entries_.erase(it);
    DeleteEntry(entry);
    // Give the table back once it is nearly empty: a broker that once held a million subscriptions
    // must not keep their slots. An eighth leaves room to grow again before the next resize.
    if (entries_.capacity() > kShrinkFrom && entries_.size() < entries_.capacity() / 8) {
      entries_.rehash(0);
    }
    return true;
  }

  void Clear() {
    for (Entry* entry : entries_) DeleteEntry(entry);
    entries_.clear();
  }

  // visit(std::string_view text, Value&), in no order. It must not change the index.
  template <class Visit>
  void ForEach(Visit&& visit) {
    for (Entry* entry : entries_) visit(entry->text(), entry->value);
  }
  template <class Visit>
  void ForEach(Visit&& visit) const {
    for (const Entry* entry : entries_) visit(entry->text(), entry->value);
  }

 private:
  // Small tables keep their slots, so that one text coming and going costs no allocation of them.
  static constexpr size_t kShrinkFrom = 127;

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return TopicHash(text); }
    size_t operator()(const Entry* entry) const { return TopicHash(entry->text()); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Entry* a, std::string_view b) const { return a->text() == b; }
    bool operator()(std::string_view a, const Entry* b) const { return a == b->text(); }
    bool operator()(const Entry* a, const Entry* b) const { return a->text() == b->text(); }
  };

  // Functions, not constants: Value may be incomplete where the index is a member of it.
  static constexpr size_t TextOffset() {
    constexpr size_t align = alignof(uint32_t);
    return (sizeof(Value) + align - 1) / align * align + sizeof(uint32_t);
  }
  static size_t BlockSize(size_t text_size) {
    const size_t end = TextOffset() + text_size;
    return end < sizeof(Entry) ? sizeof(Entry) : end;
  }

  static Entry* NewEntry(std::string_view text) {
    static_assert(alignof(Entry) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    BELFRY_CHECK(text.size() <= UINT32_MAX);
    void* const block = ::operator new(BlockSize(text.size()));
    Entry* const entry = ::new (block) Entry(static_cast<uint32_t>(text.size()));
    if (!text.empty()) {
      std::memcpy(static_cast<char*>(block) + TextOffset(), text.data(), text.size());
    }
    return entry;
  }
  static void DeleteEntry(Entry* entry) {
    entry->~Entry();
    ::operator delete(static_cast<void*>(entry));
  }

  Entry* FindEntry(std::string_view text, uint64_t hash) const {
    const auto it = entries_.find(text, hash);
    return it == entries_.end() ? nullptr : *it;
  }

  absl::flat_hash_set<Entry*, Hash, Equal> entries_;
};

}  // namespace belfry
