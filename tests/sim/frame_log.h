// SPDX-License-Identifier: Apache-2.0
//
// The numbered frames of one session as they were first written, by digest and size: what a resume
// must repeat exactly.
//
// Threads: Confined to the test. Units: bytes as core::SentFrames counts them.
#pragma once

#include <cstdint>
#include <vector>

namespace belfry::sim {

class FrameLog {
 public:
  uint64_t size() const { return frames_.size(); }
  // Frames count from 1.
  uint64_t DigestOf(uint64_t number) const { return frames_[number - 1].digest; }
  // What all frames after `number` weigh together.
  uint64_t BytesAfter(uint64_t number) const {
    return number >= size() ? 0 : BytesThrough(size()) - BytesThrough(number);
  }
  void Add(uint64_t digest, uint64_t bytes) {
    frames_.push_back(Frame{digest, BytesThrough(size()) + bytes});
  }

 private:
  struct Frame {
    uint64_t digest = 0;
    uint64_t bytes_through = 0;
  };
  uint64_t BytesThrough(uint64_t number) const {
    return number == 0 ? 0 : frames_[number - 1].bytes_through;
  }
  std::vector<Frame> frames_;
};

}  // namespace belfry::sim
