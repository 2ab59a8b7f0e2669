// SPDX-License-Identifier: Apache-2.0
//
// The other end of a client that is driven by hand: notes what the client writes, and finds fault
// with what a client must never do, however its broker behaves. It says nothing by itself.
//
//   StrictBroker   all attempts of one client, and what they have in common: what was written
//   StrictStream   one attempt
//
// Threads: Confined to the test. Ownership: streams refer to their broker, which must outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "belfry/v1/broker.pb.h"
#include "client-lib/src/transport.h"

namespace belfry::test {

class StrictStream;

class StrictBroker {
 public:
  // The first thing that was wrong; empty if nothing was.
  const std::string& wrong() const { return wrong_; }
  void Wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  std::string_view producer_id() const { return producer_id_; }
  uint64_t last_sequence() const { return last_sequence_; }
  // Publishes carry their number in front of their payload.
  static std::string PayloadOf(uint64_t number, size_t padding);
  // It went out, and no broker has said that it did not arrive.
  bool MayHaveArrived(uint64_t number) const { return sequences_.contains(number); }
  bool WasWritten(uint64_t number) const { return ever_written_.contains(number); }

  // Told before the client is: it may write at once. A Welcome that it will take.
  void OnSession(const v1::Welcome& welcome, bool resumed);
  // What FAILED, by the broker's word, did not arrive.
  void OnResults(const v1::PublishResults& results);
  // A numbered frame; the client may acknowledge it.
  void OnNumbered() { ++numbered_; }

 private:
  friend class StrictStream;
  void OnPublishes(const v1::PublishBatch& batch);
  void CheckThrough(uint64_t frames_through);

  std::string wrong_;
  std::string producer_id_;
  uint64_t last_sequence_ = 0;
  uint64_t numbered_ = 0;
  // Where the next batch must go on; free at the start of a session.
  std::optional<uint64_t> next_sequence_;
  // By number of the publish.
  std::unordered_map<uint64_t, uint64_t> sequences_;
  std::unordered_set<uint64_t> ever_written_;
};

class StrictStream final : public client::Transport {
 public:
  explicit StrictStream(StrictBroker& broker) : broker_(broker) {}

  void Start(std::shared_ptr<client::TransportEvents> events) override;
  void Write(client::OutFrame frame) override;
  void Cancel() override { cancelled_ = true; }

  bool open() const { return events_ != nullptr; }
  bool writing() const { return writing_; }
  bool cancelled() const { return cancelled_; }
  // The Hello asked to resume.
  bool asked_to_resume() const { return asked_to_resume_; }
  bool welcomed() const { return welcomed_; }
  void OnWelcomed() { welcomed_ = true; }

  void FinishWrite();
  void Say(std::string bytes);
  void End(Error reason);

 private:
  StrictBroker& broker_;
  std::shared_ptr<client::TransportEvents> events_;
  bool writing_ = false;
  bool cancelled_ = false;
  bool hello_ = false;
  bool goodbye_ = false;
  bool asked_to_resume_ = false;
  bool welcomed_ = false;
};

}  // namespace belfry::test
