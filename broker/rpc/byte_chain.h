// SPDX-License-Identifier: Apache-2.0
//
// Outgoing bytes as a list of segments: small things are copied together into blocks, large ones
// (payloads of 4 KiB and more) are referenced where they stand. The front is consumed by writing,
// or moved to another chain: from a stream's to its connection's.
//
// A block is 1 KiB at first and doubles up to 64 KiB; a chain that has emptied keeps its last block
// if that is small (4 KiB at most), so that small messages cost no allocation and an idle chain
// next to no memory.
//
// Threads: Confined to its owner; the referenced owners are Thread-safe counted. Units: bytes.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "common/ref_counted.h"

namespace belfry::rpc {

class ByteChain {
 public:
  ByteChain();
  ~ByteChain();
  ByteChain(const ByteChain&) = delete;
  ByteChain& operator=(const ByteChain&) = delete;

  void Append(std::string_view bytes);
  // Room for exactly `bytes` contiguous bytes, already counted; the caller fills them before
  // anything else happens to the chain. Null for no bytes.
  char* Extend(size_t bytes);
  // `bytes` must lie in what `owner` keeps alive.
  void AppendReference(Ref<const RefCounted> owner, std::string_view bytes);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Moves the first `bytes` to the end of `to`: small pieces are copied, large ones go as
  // references.
  void MoveFront(size_t bytes, ByteChain& to);
  // Points `vectors` at the front, at most `vectors_max` of them; returns how many.
  size_t FillIovec(iovec* vectors, size_t vectors_max) const;
  // Forgets the first `bytes`.
  void Consume(size_t bytes);
  void Clear() { Consume(size_); }

 private:
  class Block;
  struct Segment {
    Ref<const RefCounted> owner;
    const char* data;
    size_t size;
  };

  void GrowTail(size_t bytes);
  void OnEmptied();

  std::vector<Segment> segments_;
  size_t front_ = 0;  // index of the first segment still in use
  size_t size_ = 0;
  Ref<Block> tail_;               // where Append writes next
  bool tail_ends_chain_ = false;  // the last segment ends where the tail goes on
};

}  // namespace belfry::rpc
