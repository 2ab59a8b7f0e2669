// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/byte_chain.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "common/check.h"

namespace belfry::rpc {
namespace {

constexpr size_t kFirstBlockBytes = 1024;
constexpr size_t kLargestBlockBytes = 64 * 1024;
constexpr size_t kKeptBlockBytes = 4 * 1024;
// Below this a copy is cheaper than an iovec of its own and a block that cannot be used again yet.
constexpr size_t kCopyBelowBytes = 4 * 1024;

}  // namespace

class ByteChain::Block final : public RefCounted {
 public:
  explicit Block(size_t capacity) : bytes_(new char[capacity]), capacity_(capacity) {}

  char* end() { return bytes_.get() + used_; }
  size_t free() const { return capacity_ - used_; }
  size_t capacity() const { return capacity_; }
  void Use(size_t bytes) { used_ += bytes; }
  void Reset() { used_ = 0; }

 private:
  const std::unique_ptr<char[]> bytes_;
  const size_t capacity_;
  size_t used_ = 0;
};

ByteChain::ByteChain() = default;
ByteChain::~ByteChain() = default;

// Makes the tail a new block with at least `bytes` free.
void ByteChain::GrowTail(size_t bytes) {
  size_t capacity = kFirstBlockBytes;
  if (tail_) capacity = std::min(tail_->capacity() * 2, kLargestBlockBytes);
  tail_ = Ref<Block>::Adopt(new Block(std::max(capacity, bytes)));
  tail_ends_chain_ = false;
}

char* ByteChain::Extend(size_t bytes) {
  if (bytes == 0) return nullptr;
  if (!tail_ || tail_->free() < bytes) GrowTail(bytes);
  char* const place = tail_->end();
  tail_->Use(bytes);
  if (tail_ends_chain_ && !empty()) {
    segments_.back().size += bytes;
  } else {
    segments_.push_back(Segment{tail_, place, bytes});
    tail_ends_chain_ = true;
  }
  size_ += bytes;
  return place;
}

void ByteChain::Append(std::string_view bytes) {
  // What still fits goes into the tail; the rest, however large, into one new block.
  if (tail_ && tail_->free() > 0 && tail_->free() < bytes.size()) {
    const size_t fitting = tail_->free();
    std::memcpy(Extend(fitting), bytes.data(), fitting);
    bytes.remove_prefix(fitting);
  }
  if (bytes.empty()) return;
  std::memcpy(Extend(bytes.size()), bytes.data(), bytes.size());
}

void ByteChain::AppendReference(Ref<const RefCounted> owner, std::string_view bytes) {
  if (bytes.empty()) return;
  segments_.push_back(Segment{std::move(owner), bytes.data(), bytes.size()});
  size_ += bytes.size();
  tail_ends_chain_ = false;
}

void ByteChain::MoveFront(size_t bytes, ByteChain& to) {
  BELFRY_CHECK(bytes <= size_ && &to != this);
  while (bytes > 0) {
    Segment& segment = segments_[front_];
    const size_t piece = std::min(bytes, segment.size);
    if (piece < kCopyBelowBytes) {
      to.Append(std::string_view(segment.data, piece));
    } else {
      to.AppendReference(segment.owner, std::string_view(segment.data, piece));
    }
    Consume(piece);
    bytes -= piece;
  }
}

size_t ByteChain::FillIovec(iovec* vectors, size_t vectors_max) const {
  const size_t count = std::min(vectors_max, segments_.size() - front_);
  for (size_t i = 0; i < count; ++i) {
    const Segment& segment = segments_[front_ + i];
    vectors[i].iov_base = const_cast<char*>(segment.data);
    vectors[i].iov_len = segment.size;
  }
  return count;
}

void ByteChain::Consume(size_t bytes) {
  BELFRY_CHECK(bytes <= size_);
  size_ -= bytes;
  while (bytes > 0) {
    Segment& segment = segments_[front_];
    if (bytes < segment.size) {
      segment.data += bytes;
      segment.size -= bytes;
      return;
    }
    bytes -= segment.size;
    segment.owner = Ref<const RefCounted>();
    ++front_;
  }
  if (empty()) {
    OnEmptied();
  } else if (front_ > segments_.size() / 2 && front_ > 16) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(front_));
    front_ = 0;
  }
}

void ByteChain::OnEmptied() {
  segments_.clear();
  front_ = 0;
  tail_ends_chain_ = false;
  if (!tail_) return;
  if (tail_->Unique() && tail_->capacity() <= kKeptBlockBytes) {
    tail_->Reset();
  } else {
    tail_ = Ref<Block>();
  }
  constexpr size_t kKeptSegments = 16;
  if (segments_.capacity() > kKeptSegments) segments_.shrink_to_fit();
}

}  // namespace belfry::rpc
