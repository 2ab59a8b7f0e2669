// SPDX-License-Identifier: Apache-2.0
#include "tests/support/client_session_script.h"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "belfry/client.h"
#include "client-lib/src/client_core.h"
#include "client-lib/src/frames.h"
#include "common/clock.h"
#include "tests/support/byte_source.h"
#include "tests/support/frame_maker.h"
#include "tests/support/scripted_application.h"
#include "tests/support/strict_broker.h"
#include "tests/unit/client-lib/held_executor.h"

namespace belfry::test {
namespace {

using client::ClientCore;
using client::HeldExecutor;
using std::chrono::milliseconds;

class ScriptConnector final : public client::Connector {
 public:
  explicit ScriptConnector(StrictBroker& broker) : broker_(broker) {}
  std::shared_ptr<client::Transport> Create(const std::string&, Error* error) override {
    ++attempts_;
    if (refusing_) {
      *error = Error{Error::kInvalidOption, "refused", false, 0};
      return nullptr;
    }
    if (last_ != nullptr && last_->open()) broker_.Wrong("an attempt beside another");
    return last_ = std::make_shared<StrictStream>(broker_);
  }

  bool refusing_ = false;
  size_t attempts_ = 0;
  std::shared_ptr<StrictStream> last_;

 private:
  StrictBroker& broker_;
};

class Script {
 public:
  explicit Script(std::span<const uint8_t> bytes) : source_(bytes), frames_(source_) {}
  ~Script() { held_->DropAll(); }

  std::string Run() {
    Create();
    const uint8_t begin = source_.Byte();
    if (begin % 4 != 0) {
      Step();
      FinishWrite();
      Say(v1::ServerFrame(frames_.Welcome()).SerializeAsString());
    }
    while (!source_.done() && broker_.wrong().empty()) Event();
    End();
    return broker_.wrong();
  }

 private:
  void Check(bool good, const std::string& what) {
    if (!good) broker_.Wrong(what);
  }

  void Create() {
    ClientOptions options;
    options.client_id = "script";
    const uint8_t how = source_.Byte();
    options.executor = how % 2 == 0 ? MakeInlineExecutor() : held_;
    options.reconnect_backoff_min = milliseconds(1);
    options.reconnect_backoff_max = milliseconds(how % 16 == 15 ? 5000 : 1);
    if (how >= 240) options.connect_timeout = milliseconds::max();
    application_.Observe(&options);
    auto clock = std::make_unique<ManualClock>();
    clock_ = clock.get();
    auto connector = std::make_unique<ScriptConnector>(broker_);
    connector_ = connector.get();
    core_ =
        std::make_shared<ClientCore>(std::move(options), std::move(clock), std::move(connector));
    application_.Use(core_);
  }

  StrictStream* stream() {
    StrictStream* last = connector_->last_.get();
    return last != nullptr && last->open() ? last : nullptr;
  }

  void Event() {
    switch (source_.Below(32)) {
      case 0:
      case 1:
        return Step();
      case 2:
      case 3:
        return Advance();
      case 4:
      case 5:
      case 6:
        return FinishWrites();
      case 7:
      case 8:
        return Say(frames_.Welcome().SerializeAsString());
      case 9:
      case 10:
        return Say(frames_.SubscribeResults().SerializeAsString());
      case 11:
      case 12:
        return Say(frames_.Deliver().SerializeAsString());
      case 13:
        return Say(frames_.Gap().SerializeAsString());
      case 14:
      case 15:
        return Say(frames_.PublishResults(broker_.producer_id(), broker_.last_sequence())
                       .SerializeAsString());
      case 16:
        return Say(frames_.GoAway().SerializeAsString());
      case 17:
        return Say(frames_.Other().SerializeAsString());
      case 18:
        return Say(frames_.Unknown());
      case 19:
        return Say(source_.Bytes(source_.Below(64)));
      case 20:
        return Say(frames_.Spoilt(Any()));
      case 21:
        return Break();
      case 22:
        connector_->refusing_ = source_.Below(4) == 3;
        return;
      case 23:
      case 24:
        return application_.Subscribe();
      case 25:
        return application_.Unsubscribe();
      case 26:
      case 27:
      case 28:
        return application_.Publish();
      case 29:
        return application_.Look();
      case 30:
        return RunTasks();
      default:
        // Only once in a while, because it ends most of the rest.
        if (source_.Byte() < 32) application_.Leave();
        return;
    }
  }

  std::string Any() {
    switch (source_.Below(6)) {
      case 0:
        return frames_.Welcome().SerializeAsString();
      case 1:
        return frames_.SubscribeResults().SerializeAsString();
      case 2:
        return frames_.Deliver().SerializeAsString();
      case 3:
        return frames_.Gap().SerializeAsString();
      case 4:
        return frames_.PublishResults(broker_.producer_id(), broker_.last_sequence())
            .SerializeAsString();
      default:
        return frames_.GoAway().SerializeAsString();
    }
  }

  // As the timer thread does: again, until there is something to sleep for.
  void Step() {
    for (int again = 0; again < 8; ++again) {
      const size_t before = connector_->attempts_;
      const std::optional<Instant> due = core_->Step();
      Check(connector_->attempts_ <= before + 1, "two attempts in one step");
      if (!due || *due > clock_->Now()) return;
    }
    Check(false, "the timer spins");
  }

  void Advance() {
    constexpr std::array<int64_t, 8> kMilliseconds = {1, 5, 10, 100, 1000, 5000, 15'000, 3'600'000};
    clock_->Advance(milliseconds(source_.Pick(kMilliseconds)));
    Step();
  }

  void FinishWrite() {
    if (stream() != nullptr && stream()->writing()) stream()->FinishWrite();
  }
  void FinishWrites() {
    for (size_t left = 1 + source_.Below(32); left > 0; --left) FinishWrite();
  }

  void Say(std::string bytes) {
    StrictStream* at = stream();
    if (at == nullptr) return;
    const uint64_t connects = core_->stats().connects;
    bool welcomes = false;
    client::ServerFrameHead head;
    v1::Welcome welcome;
    v1::PublishResults results;
    if (client::ReadServerFrameHead(bytes, &head)) {
      if (head.numbered()) broker_.OnNumbered();
      if (head.kind == client::ServerFrameKind::kPublished &&
          client::ParseBody(head.body, &results)) {
        broker_.OnResults(results);
      }
      welcomes = head.kind == client::ServerFrameKind::kWelcome &&
                 client::ParseBody(head.body, &welcome) && !at->cancelled() && !at->welcomed() &&
                 !application_.closed();
    }
    if (welcomes) {
      at->OnWelcomed();
      broker_.OnSession(welcome, welcome.resumed() && at->asked_to_resume());
    }
    at->Say(std::move(bytes));
    Check(core_->stats().connects == connects + (welcomes ? 1 : 0),
          "a Welcome taken that was not due, or not taken that was");
  }

  void Break() {
    if (stream() != nullptr) stream()->End(Error{Error::kConnectionLost, "broke", true, 0});
  }

  void RunTasks() {
    if (source_.Flag()) {
      held_->RunAll();
    } else if (!held_->empty()) {
      held_->RunOne();
    }
  }

  void End() {
    application_.Leave();
    // A broker may hold up the end, but not for long: then the client cancels.
    FinishWrite();
    clock_->Advance(std::chrono::seconds(5));
    Step();
    if (stream() != nullptr) {
      FinishWrite();
      Check(stream()->cancelled(), "a client that waits for a broker for ever");
      Break();
    }
    held_->RunAll();
    Check(!core_->Step().has_value(), "closed, and yet not over");
    application_.CheckEnd();
    if (!broker_.wrong().empty()) return;
    core_->AwaitEnd();
    application_.LetGo();
    connector_->last_.reset();
    const std::weak_ptr<ClientCore> core = core_;
    core_.reset();
    Check(core.expired(), "something keeps the client alive");
  }

  ByteSource source_;
  FrameMaker frames_;
  StrictBroker broker_;
  ScriptedApplication application_{source_, frames_, broker_};
  const std::shared_ptr<HeldExecutor> held_ = std::make_shared<HeldExecutor>();
  ManualClock* clock_ = nullptr;
  ScriptConnector* connector_ = nullptr;
  std::shared_ptr<ClientCore> core_;
};

}  // namespace

std::string RunClientSessionScript(std::span<const uint8_t> bytes) { return Script(bytes).Run(); }

}  // namespace belfry::test
