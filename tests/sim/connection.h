// SPDX-License-Identifier: Apache-2.0
//
// One stream between a simulated client and the node: two queues of frames, and at the broker's end
// what frontend/grpc/session_stream.cc does there. It may break at any time, at one end before the
// other; what is in the queues then is lost.
//
//     client ──▶ up (frames that the broker has not read) ──▶ session
//            ◀── down (frames that the client has not read) ◀──
//
// Threads: Confined to the simulation of its seed. Ownership: of its session, while attended.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/broker.h"
#include "broker/core/session_sink.h"
#include "tests/sim/model.h"

namespace belfry::sim {

struct Hello {
  size_t identity = 0;
  uint64_t incarnation = 0;
  // Empty: a new session.
  std::string resume_token{};
  uint64_t received_through = 0;
  // It never resumes, as a plain call.
  bool plain = false;
};

struct UpFrame {
  enum class Kind : uint8_t {
    kHello,
    kSubscribe,
    kUnsubscribe,
    kPublish,
    kAck,
    kPing,
    kGoodbye,
    kHalfClose
  };
  struct Operation {
    uint32_t id = 0;
    size_t filter = 0;
    core::OverflowPolicy policy{};
    bool wants_replay = false;
  };
  Kind kind{};
  Hello hello{};
  std::vector<Operation> operations{};
  uint64_t first_sequence = 0;
  std::vector<uint64_t> messages{};
  uint64_t frames_through = 0;
};

struct DownFrame {
  enum class Kind : uint8_t {
    kWelcome,
    kSubscribeResults,
    kPublishResults,
    kDeliver,
    kGap,
    kOther,
    kGoAway,
    kEnd
  };
  Kind kind{};
  // Of numbered frames.
  uint64_t number = 0;
  uint32_t lane = 0;
  // Welcome.
  bool resumed = false;
  std::string resume_token{};
  core::SessionId session = 0;
  uint64_t publishes_through = 0;
  std::vector<core::SubscribeResult> subscribe_results{};
  core::PublishResults publish_results{};
  std::vector<uint64_t> messages{};
  ErrorCode reason = ErrorCode::kNone;
};

class Connection final : public core::SessionSink, public core::Intake {
 public:
  struct World {
    const Swarm& swarm;
    SimNode& node;
    Model& model;
    Prng& prng;
    Trace& trace;
    Coverage& coverage;
    // Cleared when everything is to heal.
    bool faults = true;
  };

  Connection(World& world, size_t number, SimNode::Reactor reactor);
  ~Connection() override;

  // ---- the client's end
  void SendUp(UpFrame frame);
  bool HasDown() const { return !down_.empty(); }
  DownFrame ReadDown();
  // The client is gone; the broker may not know.
  void Abandon();
  bool abandoned() const { return abandoned_; }
  size_t unread_up() const { return up_.size(); }

  // ---- the broker's end
  // Up to so many frames are read and done.
  void Serve(size_t frames);
  bool can_serve() const { return reading_ && !moving_ && !closed_ && !ended_ && !up_.empty(); }
  // Its move to another reactor completes there.
  bool moving() const { return moving_; }
  void ArriveMoved();
  // The broker learns that the stream is over.
  bool can_close() const { return !closed_ && (abandoned_ || ended_); }
  void OnClosed();
  bool closed() const { return closed_; }
  // After a tick: no client is left without a sign of life, no silent one is kept.
  void CheckLife();
  core::Session* session() const { return session_.get(); }
  ModelSession* model_session() const { return state_; }
  size_t number() const { return number_; }
  SimNode::Reactor reactor() const { return reactor_; }

  // core::SessionSink
  bool writable() const override { return !ended_ && down_.size() < world_.swarm.pipe_frames; }
  void SendSubscribeResults(std::span<const core::SubscribeResult> results) override;
  void SendPublishResults(const core::PublishResults& results) override;
  void SendDeliver(uint32_t lane, std::span<const Ref<const core::Record>> records) override;
  void SendGap(uint32_t lane, const core::Gap& gap) override;
  void SendHeartbeat() override;
  void SendGoAway(ErrorCode reason, uint32_t after_ms) override;
  void SendNotice(ErrorCode code, uint32_t lane) override;
  void Close(ErrorCode reason) override;
  std::unique_ptr<core::Session> Yield() override;

  // core::Intake
  void OnIntake(bool open) override;

 private:
  void BeginSession();
  std::unique_ptr<core::Session> Resume();
  std::unique_ptr<core::Session> OpenNew();
  void OnFrame(const UpFrame& frame);
  void OnPublish(const UpFrame& frame);
  void SendWelcome(bool resumed);
  void Push(DownFrame frame);
  void End(ErrorCode reason);
  void ParkSession();
  void UpdateReading();
  core::Broker& broker() { return world_.node.broker(reactor_); }

  World& world_;
  const size_t number_;
  SimNode::Reactor reactor_;
  SimNode::Reactor moving_to_ = 0;
  std::deque<UpFrame> up_;
  std::deque<DownFrame> down_;
  Hello hello_;
  std::unique_ptr<core::Session> session_;
  ModelSession* state_ = nullptr;
  Instant sent_at_{};
  Instant heard_at_{};
  bool in_intake_ = false;
  bool intake_open_ = true;
  bool reading_ = true;
  bool moving_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  bool closed_ = false;
};

}  // namespace belfry::sim
