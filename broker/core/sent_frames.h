// SPDX-License-Identifier: Apache-2.0
//
// The numbered frames that a session has sent and its client has not acknowledged (design.md §10):
// kept by reference, so that after a break they can be sent again and the session goes on as if
// nothing had happened.
//
//     forgotten │ kept, written again after Rewind │ kept, written │ (next new frame)
//               ^ acknowledged or beyond the bound  ^ written_       ^ sent()
//
// A frame has a number by its place alone: the first of the session is 1.
//
// Threads: Confined to its session's reactor. Units: bytes as they are encoded, roughly, so that
// they agree with what the client counts before it acknowledges. No allocation in steady state for
// frames of messages.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "broker/core/gap.h"
#include "broker/core/mutant.h"
#include "broker/core/publish.h"
#include "broker/core/record.h"
#include "broker/core/ring_queue.h"
#include "broker/core/session_sink.h"

namespace belfry::core {

class SentFrames {
 public:
  // `bytes_max` 0: frames are counted, but none is kept.
  explicit SentFrames(size_t bytes_max) : bytes_max_(bytes_max) {}

  // How many numbered frames the session has had.
  uint64_t sent() const { return first_kept_ - 1 + frames_.size(); }
  // False: the client claims more than was ever sent.
  [[nodiscard]] bool Acknowledge(uint64_t through);
  size_t kept_bytes() const { return bytes_; }
  // Gives up what the present connection was given; that cannot be resumed any more. What is still
  // to be written again after a resume stays: the client was promised it.
  void Forget();
  // Gives everything up, for a session that is over.
  void Clear();
  // Gives memory of a burst back; called now and then.
  void Trim();

  // Whether everything after frame `through` is still here.
  bool CanResumeAfter(uint64_t through) const {
    const bool kept = through + 1 >= first_kept_ || Mutated(Mutant::kResumeWithoutFrames);
    return kept && through <= sent();
  }
  // Frames after `through` are to be written again, to a new sink.
  void Rewind(uint64_t through);
  bool HasUnwritten() const { return written_ < frames_.size(); }
  void WriteNext(SessionSink& sink);

  // New frames. Each is written to the sink and kept. Not while HasUnwritten.
  void SendSubscribeResults(SessionSink& sink, std::span<const SubscribeResult> results);
  void SendPublishResults(SessionSink& sink, const PublishResults& results);
  void SendGap(SessionSink& sink, uint32_t lane, Gap gap);
  // Takes the records over; leaves the vector empty.
  void SendDeliver(SessionSink& sink, uint32_t lane, std::vector<Ref<const Record>>& records);

 private:
  using Rare = std::variant<std::vector<SubscribeResult>, PublishResults, Gap>;
  struct Frame {
    uint32_t lane = 0;
    // Of a Deliver; otherwise 0.
    uint32_t records = 0;
    size_t bytes = 0;
    // Anything but a Deliver and the plainest PublishResults, which is its ok_through alone.
    std::unique_ptr<Rare> rare;
    uint64_t ok_through = 0;
  };

  // Without a bound: counts a frame, and says that this was all.
  bool OnlyCounts();
  void Keep(Frame frame);
  void KeepRare(uint32_t lane, size_t bytes, Rare rare);
  void DropFirst();

  const size_t bytes_max_;
  RingQueue<Frame> frames_;
  // Of the Deliver frames, in order.
  RingQueue<Ref<const Record>> records_;
  size_t bytes_ = 0;
  // The number of frames_.front(), or of the next frame.
  uint64_t first_kept_ = 1;
  // How many of frames_ the present sink was given, and how many of records_ are theirs.
  size_t written_ = 0;
  size_t written_records_ = 0;
  // Kept for its capacity.
  std::vector<Ref<const Record>> rewriting_;
};

}  // namespace belfry::core
