// SPDX-License-Identifier: Apache-2.0
//
// The client library over real sockets to a broker that does wrong whatever it can. Each time:
// every publish gets an honest outcome, attempts to connect are few, and once the broker does its
// job again, so does the client, by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "belfry/belfry.h"
#include "common/error_code.h"
#include "tests/support/belfryd_process.h"
#include "tests/support/raw_listener.h"
#include "tests/support/scripted_grpc_broker.h"
#include "tests/support/tcp_proxy.h"

namespace belfry::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = PublishOutcome::Kind;
using Kinds = std::set<Kind>;
using Play = ScriptedGrpcBroker::Play;
using Clock = std::chrono::steady_clock;

constexpr auto Behave = &ScriptedGrpcBroker::Behave;

// An application that talks to itself, and notes what it is told.
class Talker {
 public:
  explicit Talker(const std::string& endpoint) {
    ClientOptions options;
    options.endpoints = {endpoint};
    options.connect_timeout = milliseconds(500);
    options.reconnect_backoff_min = milliseconds(50);
    options.reconnect_backoff_max = milliseconds(200);
    options.on_state = [this](const StateChange& change) {
      const std::lock_guard lock(mutex_);
      if (!change.reason.ok()) reasons_.insert(change.reason.code);
    };
    client_ = Client::Create(std::move(options));
    subscription_ = client_->Subscribe(Literal("t"), [this](const Message& message) {
      const std::lock_guard lock(mutex_);
      heard_.push_back(std::string(message.payload()));
    });
  }

  Client& client() { return *client_; }
  bool HasReason(uint32_t code) {
    const std::lock_guard lock(mutex_);
    return reasons_.contains(code);
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

  std::future<PublishOutcome> Publish(const std::string& payload,
                                      milliseconds timeout = milliseconds(800)) {
    PublishOptions options;
    options.timeout = timeout;
    return client_->Publish("t", payload, options);
  }
  // What three publishes come to; a hang is a failure.
  Kinds PublishThree() {
    std::vector<std::future<PublishOutcome>> sent;
    for (const char* payload : {"1", "2", "3"}) sent.push_back(Publish(payload));
    Kinds kinds;
    for (auto& future : sent) {
      if (future.wait_for(seconds(30)) != std::future_status::ready) {
        ADD_FAILURE() << "a publish without an outcome";
        continue;
      }
      const PublishOutcome outcome = future.get();
      EXPECT_EQ(outcome.ok(), outcome.error.ok());
      kinds.insert(outcome.kind);
    }
    return kinds;
  }
  // The broker does its job now.
  void ExpectRecovery() {
    EXPECT_TRUE(WaitFor([&] { return Publish("again").get().ok(); }));
    EXPECT_TRUE(WaitFor([&] {
      const auto all = heard();
      return std::find(all.begin(), all.end(), "again") != all.end();
    }));
  }
  // Waits between attempts are up to 50, then up to 200 ms, so some ten a second are expected; one
  // that spins makes hundreds.
  void ExpectFew(uint64_t attempts) const {
    const auto elapsed = std::chrono::duration_cast<milliseconds>(Clock::now() - began_);
    EXPECT_LE(attempts, 10u + static_cast<uint64_t>(elapsed.count()) / 20);
  }

 private:
  const Clock::time_point began_ = Clock::now();
  std::mutex mutex_;
  std::set<uint32_t> reasons_;
  std::vector<std::string> heard_;
  std::unique_ptr<Client> client_;
  Subscription subscription_;
};

v1::ServerFrame Published(const v1::PublishBatch& batch, uint64_t through) {
  v1::ServerFrame frame;
  frame.mutable_published()->set_producer_id(batch.producer_id());
  frame.mutable_published()->set_ok_through(through);
  return frame;
}
v1::ServerFrame DeliverOf(const std::string& payload) {
  v1::ServerFrame frame;
  v1::Message* message = frame.mutable_deliver()->add_messages();
  message->set_topic("t");
  message->set_payload(payload);
  return frame;
}
v1::ServerFrame GapFrame() {
  v1::ServerFrame frame;
  frame.mutable_gap()->set_cause(v1::GAP_CAUSE_OVERFLOW);
  return frame;
}
// Does its job but for frames of one kind, which `answer` answers.
Play But(v1::ClientFrame::FrameCase kind, Play answer) {
  return [kind, answer = std::move(answer)](ScriptedStream& stream, const v1::ClientFrame& frame) {
    frame.frame_case() == kind ? answer(stream, frame) : Behave(stream, frame);
  };
}
Play Welcoming(const std::function<void(v1::Welcome*)>& change, Play then = Behave) {
  v1::ServerFrame welcome = ScriptedGrpcBroker::WelcomeFrame();
  change(welcome.mutable_welcome());
  return [welcome, then = std::move(then)](ScriptedStream& stream, const v1::ClientFrame& frame) {
    frame.has_hello() ? stream.Say(welcome) : then(stream, frame);
  };
}
void Silence(ScriptedStream&, const v1::ClientFrame&) {}
void Garbage(ScriptedStream& stream, const v1::ClientFrame&) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    stream.SayBytes(std::move(bytes));
  }
}
void GoAwayStorm(ScriptedStream& stream, const v1::ClientFrame& frame) {
  Behave(stream, frame);
  v1::ServerFrame go_away;
  for (const char* target : {"", "no port", "127.0.0.1:1"}) {
    go_away.mutable_go_away()->add_targets(target);
  }
  for (int i = 0; i < 500; ++i) stream.Say(go_away);
}

struct Case {
  std::string name;
  Play play;
  Kinds kinds;
  // Why the client leaves; 0: it has no reason to.
  uint32_t reason = 0;
};
constexpr auto kHello = v1::ClientFrame::kHello;
constexpr auto kSubscribe = v1::ClientFrame::kSubscribe;
constexpr auto kPublish = v1::ClientFrame::kPublish;
const Kinds kNotOk = {Kind::kFailed, Kind::kUnknown};
const Kinds kAny = {Kind::kOk, Kind::kFailed, Kind::kUnknown};

std::vector<Case> Cases() {
  return {
      {"NeverWelcomes", Silence, {Kind::kFailed}, Error::kConnectionLost},
      {"DeafAfterWelcome",
       Welcoming([](v1::Welcome* welcome) { welcome->set_heartbeat_ms(50); }, Silence), kNotOk,
       Error::kHeartbeatTimeout},
      {"WelcomesTwice",
       But(kHello,
           [](ScriptedStream& stream, const v1::ClientFrame&) {
             stream.Say(ScriptedGrpcBroker::WelcomeFrame());
             stream.Say(ScriptedGrpcBroker::WelcomeFrame());
           }),
       kAny, Error::kProtocolError},
      {"DeliversBeforeWelcome",
       But(kHello,
           [](ScriptedStream& stream, const v1::ClientFrame& frame) {
             stream.Say(DeliverOf("early"));
             Behave(stream, frame);
           }),
       {Kind::kFailed},
       Error::kProtocolError},
      {"DeliversBeforeSubscribed",
       But(kSubscribe,
           [](ScriptedStream& stream, const v1::ClientFrame& frame) {
             stream.Say(DeliverOf("early"));
             stream.Say(GapFrame());
             Behave(stream, frame);
             Behave(stream, frame);
           }),
       {Kind::kOk}},
      {"GarbageForWelcome", Garbage, {Kind::kFailed}, Error::kProtocolError},
      {"GarbageForResults", But(kPublish, Garbage), kNotOk, Error::kProtocolError},
      {"LimitsOfNothing",
       Welcoming([](v1::Welcome* welcome) {
         welcome->mutable_limits()->set_payload_bytes(1);
         welcome->mutable_limits()->set_frame_bytes(1);
         welcome->set_heartbeat_ms(1);
       }),
       {Kind::kFailed}},
      {"LimitsWithoutEnd",
       Welcoming([](v1::Welcome* welcome) {
         welcome->mutable_limits()->set_payload_bytes(UINT64_MAX);
         welcome->mutable_limits()->set_frame_bytes(UINT64_MAX);
         welcome->mutable_limits()->set_topic_bytes(UINT32_MAX);
         welcome->set_heartbeat_ms(UINT32_MAX);
         welcome->set_publishes_through(UINT64_MAX);
         welcome->set_resumed(true);
       }),
       {Kind::kOk}},
      {"ResultsBackwardsAndTwice",
       But(kPublish,
           [](ScriptedStream& stream, const v1::ClientFrame& frame) {
             const v1::PublishBatch& batch = frame.publish();
             for (uint64_t i = static_cast<uint64_t>(batch.messages_size()); i-- > 0;) {
               v1::ServerFrame results = Published(batch, 0);
               results.mutable_published()->add_outcomes()->set_sequence(batch.first_sequence() +
                                                                         i);
               stream.Say(results);
               stream.Say(results);
             }
             Behave(stream, frame);
           }),
       {Kind::kOk}},
      {"ResultsOfWhatWasNeverSent",
       But(kPublish,
           [](ScriptedStream& stream, const v1::ClientFrame& frame) {
             v1::ServerFrame results = Published(frame.publish(), UINT64_MAX);
             for (const uint64_t sequence : {uint64_t{0}, uint64_t{1} << 40, UINT64_MAX}) {
               v1::PublishOutcome* outcome = results.mutable_published()->add_outcomes();
               outcome->set_sequence(sequence);
               outcome->set_outcome(v1::OUTCOME_FAILED);
             }
             stream.Say(results);
           }),
       {Kind::kOk}},
      {"ResultsOfAnotherProducer",
       But(kPublish,
           [](ScriptedStream& stream, const v1::ClientFrame& frame) {
             v1::ServerFrame results = Published(frame.publish(), UINT64_MAX);
             results.mutable_published()->set_producer_id("somebody");
             stream.Say(results);
           }),
       {Kind::kUnknown}},
      {"GoAwayStorm", GoAwayStorm, kAny, Error::kShuttingDown},
      {"EndsInOrderAtOnce",
       But(kHello,
           [](ScriptedStream& stream, const v1::ClientFrame&) { stream.End(grpc::Status::OK); }),
       {Kind::kFailed},
       Error::kConnectionLost},
      {"EndsAtAPublish",
       But(kPublish,
           [](ScriptedStream& stream, const v1::ClientFrame&) {
             stream.End({grpc::StatusCode::INTERNAL, "a bug"});
           }),
       kNotOk, Error::kConnectionLost},
  };
}

std::ostream& operator<<(std::ostream& out, const Case& each) { return out << each.name; }

class MisbehavingBroker : public testing::TestWithParam<Case> {};

TEST_P(MisbehavingBroker, IsSurvivedAndForgiven) {
  ScriptedGrpcBroker broker(GetParam().play);
  Talker talker(broker.address());
  const Kinds kinds = talker.PublishThree();
  for (const Kind kind : kinds) EXPECT_THAT(GetParam().kinds, testing::Contains(kind));
  if (GetParam().reason != 0) {
    EXPECT_TRUE(WaitFor([&] { return talker.HasReason(GetParam().reason); }));
  }
  talker.ExpectFew(broker.streams());
  // What a session was not told it does not ask again, so it ends as in a restart of the broker.
  const uint64_t before = broker.streams();
  broker.SetPlay([](ScriptedStream& stream, const v1::ClientFrame& frame) {
    frame.has_hello() ? Behave(stream, frame)
                      : stream.End({grpc::StatusCode::UNAVAILABLE, "restarting"});
  });
  EXPECT_TRUE(WaitFor([&] {
    talker.Publish("anew").wait();
    return broker.streams() > before;
  }));
  broker.SetPlay(Behave);
  talker.ExpectRecovery();
  talker.ExpectFew(broker.streams());
  EXPECT_THAT(talker.heard(), testing::Not(testing::Contains("early")));
}

INSTANTIATE_TEST_SUITE_P(EveryWay, MisbehavingBroker, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(MisbehavingBrokers, ALateWelcomeIsStillAWelcome) {
  std::mutex mutex;
  ScriptedStream* waiting = nullptr;
  ScriptedGrpcBroker broker(
      But(v1::ClientFrame::kHello, [&](ScriptedStream& stream, const v1::ClientFrame&) {
        const std::lock_guard lock(mutex);
        waiting = &stream;
      }));
  ClientOptions options;
  options.endpoints = {broker.address()};
  options.connect_timeout = seconds(60);
  const auto client = Client::Create(std::move(options));
  PublishOptions publish;
  publish.timeout = milliseconds(100);
  const PublishOutcome outcome = client->Publish("t", "too early", publish).get();
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.error.code, Error::kTimeout);
  ASSERT_TRUE(WaitFor([&] {
    const std::lock_guard lock(mutex);
    return waiting != nullptr;
  }));
  waiting->Say(ScriptedGrpcBroker::WelcomeFrame());
  EXPECT_TRUE(client->Publish("t", "in time").get().ok());
  EXPECT_EQ(broker.streams(), 1u);
}

TEST(MisbehavingBrokers, EachStatusOfTheCatalogueIsTheReasonThatIsTold) {
  constexpr uint32_t kFirst = 20;
  constexpr uint32_t kLast = 29;
  std::atomic<uint32_t> next{kFirst};
  ScriptedGrpcBroker broker([&](ScriptedStream& stream, const v1::ClientFrame&) {
    const std::string name(ErrorCodeName(static_cast<ErrorCode>(next.load())));
    stream.End({grpc::StatusCode::UNAVAILABLE, name + ": for a test; do nothing"});
  });
  Talker talker(broker.address());
  while (next <= kLast) {
    const uint32_t code = next;
    ASSERT_TRUE(WaitFor([&] { return talker.HasReason(code); })) << code;
    ++next;
  }
  talker.ExpectFew(broker.streams());
  broker.SetPlay(Behave);
  talker.ExpectRecovery();
}

std::string Http2Frame(size_t length, char type, const std::string& body) {
  std::string frame = {static_cast<char>(length >> 16), static_cast<char>(length >> 8),
                       static_cast<char>(length), type};
  return frame + std::string(5, '\0') + body;
}

TEST(MisbehavingPort, IsSurvivedUntilABrokerTakesIt) {
  const std::string settings = Http2Frame(0, 4, "");
  const std::string go_away = Http2Frame(8, 7, std::string(8, '\0'));
  const std::vector<RawSpeech> speeches = {
      {"", 1, true},                                     // a reset
      {"", 1, false},                                    // takes the connection, says nothing
      {settings, 1, false},                              // shakes hands, and no more
      {settings + Http2Frame(100, 1, "half"), 1, true},  // half a frame, and a reset
      {settings + go_away, 1000, false},                 // a storm of GOAWAY
      {settings, 100'000, false},                        // of SETTINGS
      {std::string(64 << 10, '\xa5'), 100, false},       // garbage
      {"HTTP/1.1 400 Bad Request\r\n\r\n", 1, true},     // another protocol
      {std::string("\0\0\0\4\0\0\0\0", 8) + settings, 1, true}  // frames out of step
  };
  for (size_t i = 0; i < speeches.size(); ++i) {
    SCOPED_TRACE(i);
    RawListener listener(speeches[i]);
    const int port = listener.port();
    Talker talker("127.0.0.1:" + std::to_string(port));
    EXPECT_EQ(talker.PublishThree(), Kinds{Kind::kFailed}) << "nothing went to a broker";
    EXPECT_TRUE(WaitFor([&] { return listener.accepted() > 1; }));
    talker.ExpectFew(listener.accepted());
    listener.Stop();
    ScriptedGrpcBroker broker(Behave, port);
    ASSERT_EQ(broker.port(), port);
    talker.ExpectRecovery();
  }
}

TEST(MisbehavingNetwork, ResetsInTheMiddleOfFramesLoseNoOutcome) {
  ScriptedGrpcBroker broker(Behave);
  TcpProxy proxy(broker.port());
  Talker talker(proxy.address());
  talker.ExpectRecovery();
  std::vector<std::future<PublishOutcome>> sent;
  for (size_t i = 1; i <= 20; ++i) {
    proxy.Reset(i * 37);
    const uint64_t before = broker.streams();
    EXPECT_TRUE(WaitFor([&] {
      sent.push_back(talker.Publish(std::string(100, 'x')));
      sent.back().wait();
      return broker.streams() > before;
    }));
  }
  for (auto& future : sent) {
    const PublishOutcome outcome = future.get();
    EXPECT_EQ(outcome.ok(), outcome.error.ok());
  }
  talker.ExpectRecovery();
  talker.ExpectFew(broker.streams());
}

}  // namespace
}  // namespace belfry::test
