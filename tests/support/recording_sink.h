// SPDX-License-Identifier: Apache-2.0
//
// A SessionSink that writes down what it is given, as short lines in order: what a client would
// see.
//
// Threads: Confined to the test.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/session.h"
#include "broker/core/session_sink.h"
#include "common/wire/message_view.h"

namespace belfry::test {

class RecordingSink final : public core::SessionSink {
 public:
  bool writable() const override { return writable_; }
  void set_writable(bool writable) { writable_ = writable; }
  // Becomes unwritable after so many more records.
  void set_record_budget(size_t records) { record_budget_ = records; }

  void SendSubscribeResults(std::span<const core::SubscribeResult> results) override {
    ++result_frames_;
    for (const core::SubscribeResult& r : results) {
      if (r.verdict == core::SubscribeResult::Verdict::kRemoved) {
        events_.push_back("removed " + std::to_string(r.id));
      } else if (r.error != ErrorCode::kNone) {
        events_.push_back("refused " + std::to_string(r.id) + " " +
                          std::string(ErrorCodeName(r.error)));
      } else {
        events_.push_back("subscribed " + std::to_string(r.id) +
                          (r.lane == 0 ? "" : " lane " + std::to_string(r.lane)));
      }
    }
  }
  void SendPublishResults(const core::PublishResults& results) override {
    ++result_frames_;
    events_.push_back("ok_through " + std::to_string(results.ok_through));
    for (const core::PublishOutcome& o : results.outcomes) {
      events_.push_back("outcome " + std::to_string(o.sequence) + " " +
                        (o.ok() ? "OK subscribers=" + std::to_string(o.subscribers)
                                : std::string(ErrorCodeName(o.error))));
    }
  }
  void SendDeliver(uint32_t lane, std::span<const Ref<const core::Record>> records) override {
    ++delivers_;
    for (const auto& record : records) {
      wire::MessageView view;
      if (!wire::MessageView::Parse(record->bytes(), &view)) {
        events_.push_back("malformed record");
        continue;
      }
      events_.push_back(LanePrefix(lane) + std::string(view.topic) + "=" +
                        std::string(view.payload));
      if (record_budget_ > 0 && --record_budget_ == 0) writable_ = false;
    }
  }
  void SendGap(uint32_t lane, const core::Gap& gap) override {
    std::string line = LanePrefix(lane) + "gap";
    for (const core::TopicGap& t : gap.topics)
      line += " " + t.topic + ":" + std::to_string(t.count);
    line += " total=" + (gap.count_known ? std::to_string(gap.count) : std::string("?"));
    events_.push_back(line);
  }
  void SendHeartbeat() override { events_.push_back("heartbeat"); }
  void SendGoAway(ErrorCode reason, uint32_t after_ms) override {
    events_.push_back("go_away " + std::string(ErrorCodeName(reason)) + " " +
                      std::to_string(after_ms));
  }
  void SendNotice(ErrorCode code, uint32_t lane) override {
    events_.push_back("notice " + std::string(ErrorCodeName(code)) + " lane " +
                      std::to_string(lane));
  }
  void Close(ErrorCode reason) override {
    events_.push_back("close " + std::string(ErrorCodeName(reason)));
    if (on_close_) on_close_(reason);
  }
  std::unique_ptr<core::Session> Yield() override {
    events_.push_back("yield");
    return on_yield_();
  }
  // What a stream does with its session; the owner of the session knows.
  void set_on_close(std::function<void(ErrorCode)> on_close) { on_close_ = std::move(on_close); }
  void set_on_yield(std::function<std::unique_ptr<core::Session>()> on_yield) {
    on_yield_ = std::move(on_yield);
  }

  std::vector<std::string> Take() { return std::exchange(events_, {}); }
  const std::vector<std::string>& events() const { return events_; }
  size_t delivers() const { return delivers_; }
  size_t result_frames() const { return result_frames_; }

 private:
  // Lane 0 goes without saying.
  static std::string LanePrefix(uint32_t lane) {
    return lane == 0 ? "" : "lane " + std::to_string(lane) + ": ";
  }

  std::vector<std::string> events_;
  std::function<void(ErrorCode)> on_close_;
  std::function<std::unique_ptr<core::Session>()> on_yield_;
  bool writable_ = true;
  size_t record_budget_ = 0;
  size_t delivers_ = 0;
  size_t result_frames_ = 0;
};

}  // namespace belfry::test
