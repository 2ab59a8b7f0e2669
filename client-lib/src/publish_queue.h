// SPDX-License-Identifier: Apache-2.0
//
// Publishes from the call until their outcome. What is called while a write is under way gathers in
// chunks, already encoded; the next write takes a whole chunk as it is. So batches grow with the
// load and cost no time without it.
//
//   Add -> chunks (encoded, no sequence yet) -> TakeFrame -> in flight (by sequence) -> settled
//             ^                                                |
//             +------- ResumeAfter: what did not arrive -------+
//
// Sequences are given when a frame is taken, so that a publish that expires before leaves no hole.
// The encoded bytes are kept until the outcome: what a broken connection lost is sent again,
// without anybody noticing, if the broker resumes the session. (Not what waits for no answer,
// AckLevel::kNone: its outcome is that it was written.)
//
// Threads: Confined to the holder of ClientCore's mutex. Units: bytes include kOverheadBytes each.
// Ownership: completions move out with their outcome; the caller runs them without the lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "belfry/publish.h"
#include "belfry/v1/broker.pb.h"
#include "client-lib/src/transport.h"
#include "common/clock.h"

namespace belfry::client {

// Who is told. Nobody, a future, or a callback.
using Completion = std::variant<std::monostate, std::promise<PublishOutcome>, PublishCallback>;

struct SettledPublish {
  Completion done;
  PublishOutcome outcome;
  // Still counted against the bound until a callback has run: see ReleaseCallbackBytes.
  size_t callback_bytes = 0;
};

struct PublishCounts {
  uint64_t published = 0;
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;

  uint64_t outcomes() const { return ok + failed + unknown; }
};

class PublishQueue {
 public:
  // A frame this large costs little more per message than a larger one, and keeps its neighbours
  // waiting for less than a millisecond.
  static constexpr size_t kFrameBytesMax = size_t{256} << 10;
  // What a waiting publish costs beside its encoded bytes, roughly: its Pending and the allocations
  // behind a future.
  static constexpr size_t kOverheadBytes = 160;
  // design.md §12: a producer keeps at most so many batches unsettled.
  static constexpr size_t kBatchesInFlightMax = 256;

  PublishQueue(std::string producer_id, size_t bytes_max);

  static size_t CostOf(std::string_view topic, std::string_view payload,
                       const PublishOptions& options);

  // One publish is let in however large it is, if nothing else waits.
  bool HasRoom(size_t cost) const { return bytes_ == 0 || bytes_ + cost <= bytes_max_; }
  bool HalfFree() const { return bytes_ <= bytes_max_ / 2; }
  void Add(std::string_view topic, std::string_view payload, const PublishOptions& options,
           Instant deadline, Completion done);
  // Counts a publish that failed before it was added.
  SettledPublish Refuse(Completion done, Error error);

  // The next frame of at most `frame_bytes_max`, if there is one and the broker may be given more.
  // What is too large for any frame is settled.
  std::optional<OutFrame> TakeFrame(size_t frame_bytes_max, std::vector<SettledPublish>* settled);
  // The frame taken last was written. Not for frames of other kinds, nor for one whose write broke
  // off.
  void OnWritten(std::vector<SettledPublish>* settled);
  void OnResults(const v1::PublishResults& results, std::vector<SettledPublish>* settled);
  // The session goes on, and the broker has taken in the sequences up to `through`, whose outcomes
  // come. The rest never arrived: it is unsent again, in front of what waits, without a sequence.
  void ResumeAfter(uint64_t through, std::vector<SettledPublish>* settled);
  // The session that knew of what is in flight is gone.
  void LoseInFlight(std::vector<SettledPublish>* settled);
  void Expire(Instant now, std::vector<SettledPublish>* settled);
  void CloseAll(std::vector<SettledPublish>* settled);

  void ReleaseCallbackBytes(size_t bytes) { bytes_ -= bytes; }

  bool idle_in_flight() const { return in_flight_.empty(); }
  size_t bytes() const { return bytes_; }
  const PublishCounts& counts() const { return counts_; }
  // Not later than the first deadline; max() if there is none.
  Instant next_deadline() const { return next_deadline_; }
  // The number of the last publish added, and whether all up to a number are settled.
  uint64_t last_id() const { return last_id_; }
  bool SettledThrough(uint64_t id) const;

 private:
  struct Pending {
    uint64_t id = 0;
    Instant deadline;
    // Where its field stands in the chunk's buffer.
    uint32_t offset = 0;
    uint32_t size = 0;
    AckLevel ack = AckLevel::kAccepted;
    bool settled = false;
    Completion done;
  };
  // Encoded fields of a PublishBatch behind kHeadBytesMax bytes of room.
  struct Chunk {
    std::string buffer;
    std::vector<Pending> entries;
    size_t settled_bytes = 0;
  };
  struct Batch {
    uint64_t first_sequence = 0;
    // The chunk's, shared with the transport.
    std::shared_ptr<const std::string> buffer;
    std::vector<Pending> entries;
    // Entries before this one are settled.
    size_t settled_prefix = 0;
    bool written = false;

    uint64_t end_sequence() const { return first_sequence + entries.size(); }
  };

  void Settle(Pending& pending, PublishOutcome outcome, std::vector<SettledPublish>* settled);
  void SettleOk(Pending& pending, std::vector<SettledPublish>* settled);
  void SettleNot(Pending& pending, PublishOutcome::Kind kind, const Error& error,
                 std::vector<SettledPublish>* settled);
  Pending* FindInFlight(uint64_t sequence);
  void PopSettled();
  static void Compact(Chunk& chunk);
  // The batch's entries from `begin` on, as they were before it was sealed.
  static Chunk Unseal(Batch& batch, size_t begin);
  // Takes the entries of the front chunk that fit, as a chunk of their own.
  Chunk SplitFront(size_t body_bytes_max, std::vector<SettledPublish>* settled);
  OutFrame Seal(Chunk chunk);

  const std::string producer_id_;
  const size_t bytes_max_;
  std::deque<Chunk> chunks_;
  std::deque<Batch> in_flight_;
  uint64_t next_sequence_ = 1;
  uint64_t last_id_ = 0;
  size_t bytes_ = 0;
  Instant next_deadline_ = Instant::max();
  PublishCounts counts_;
};

}  // namespace belfry::client
