// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/typed_method.h"

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/running_server.h"

namespace belfry::test {
namespace {

using google::protobuf::Int32Value;
using google::protobuf::StringValue;
using ::testing::ElementsAre;

// A request that tells how many of it there are.
class CountedRequest {
 public:
  static const StringValue& default_instance() { return StringValue::default_instance(); }
  CountedRequest() { ++alive; }
  ~CountedRequest() { --alive; }
  CountedRequest(const CountedRequest&) = delete;
  CountedRequest& operator=(const CountedRequest&) = delete;
  operator google::protobuf::MessageLite&() { return value_; }
  const std::string& value() const { return value_.value(); }

  static inline std::atomic<int> alive{0};

 private:
  StringValue value_;
};

std::string Text(std::string_view text) {
  StringValue value;
  value.set_value(std::string(text));
  return value.SerializeAsString();
}

constexpr char kUpper[] = "/test.Typed/Upper";
constexpr char kCount[] = "/test.Typed/Count";

class TypedMethod : public ::testing::Test {
 protected:
  using UpperResponder = rpc::Responder<StringValue>;

  void Start(std::function<void(const StringValue&, UpperResponder)> function) {
    rpc::AddUnary<StringValue, StringValue>(server_.table, kUpper, {}, std::move(function));
    server_.Start();
    client_.emplace(server_.port());
  }
  Http2Client::Reply Ask(const std::vector<std::string>& requests) {
    const int32_t call = client_->Open(kUpper);
    for (const std::string& request : requests) client_->Send(call, request);
    client_->HalfClose(call);
    EXPECT_TRUE(client_->WaitClosed(call));
    return client_->reply(call);
  }

  RunningServer server_;
  std::optional<Http2Client> client_;
};

void AnswerUpper(const StringValue& request, const rpc::Responder<StringValue>& responder) {
  StringValue response;
  for (const char c : request.value())
    response.mutable_value()->push_back(static_cast<char>(std::toupper(c)));
  responder.Answer(response);
}

TEST_F(TypedMethod, AnswersAtOnce) {
  Start(AnswerUpper);
  const auto reply = Ask({Text("hello")});
  EXPECT_EQ(reply.Status(), "0");
  EXPECT_THAT(reply.messages, ElementsAre(Text("HELLO")));
  EXPECT_THAT(Ask({Text("")}).messages, ElementsAre(""));
}

TEST_F(TypedMethod, AnswersLater) {
  std::optional<UpperResponder> kept;
  Start([&](const StringValue&, UpperResponder responder) { kept = responder; });
  const int32_t call = client_->Open(kUpper);
  client_->Send(call, Text("x"));
  client_->HalfClose(call);
  ASSERT_TRUE(client_->Flush());
  bool asked = false;
  ASSERT_TRUE(server_.WaitUntil([&] {
    server_.On(0, [&] { asked = kept.has_value(); });
    return asked;
  }));
  server_.On(0, [&] {
    ASSERT_NE(kept->call(), nullptr);
    AnswerUpper(StringValue(), *kept);
    EXPECT_EQ(kept->call(), nullptr);
    kept->Fail(Internal("too late"));
    kept.reset();
  });
  ASSERT_TRUE(client_->WaitClosed(call));
  EXPECT_EQ(client_->reply(call).Status(), "0");
}

TEST_F(TypedMethod, FailsWithAStatus) {
  Start([](const StringValue&, const UpperResponder& responder) {
    responder.Fail(NotFound("nobody"));
  });
  const auto reply = Ask({Text("x")});
  EXPECT_EQ(reply.Status(), "5");
  EXPECT_EQ(reply.Message(), "nobody");
}

TEST_F(TypedMethod, AForgottenAnswerIsAnInternalError) {
  Start([](const StringValue&, const UpperResponder&) {});
  EXPECT_EQ(Ask({Text("x")}).Status(), "13");
}

TEST_F(TypedMethod, AnAnswerToACallThatIsGoneDoesNothing) {
  std::optional<UpperResponder> kept;
  Start([&](const StringValue&, UpperResponder responder) { kept = responder; });
  const int32_t call = client_->Open(kUpper);
  client_->Send(call, Text("x"));
  client_->HalfClose(call);
  ASSERT_TRUE(client_->Flush());
  const auto state = [&](auto&& what) {
    return server_.WaitUntil([&] {
      bool is = false;
      server_.On(0, [&] { is = kept.has_value() && what(); });
      return is;
    });
  };
  ASSERT_TRUE(state([&] { return kept->call() != nullptr; }));
  client_->Reset(call);
  ASSERT_TRUE(client_->Flush());
  ASSERT_TRUE(state([&] { return kept->call() == nullptr; }));
  server_.On(0, [&] {
    AnswerUpper(StringValue(), *kept);
    kept.reset();
  });
}

TEST_F(TypedMethod, RefusesWhatIsNotOneValidRequest) {
  Start(AnswerUpper);
  const auto malformed = Ask({"\x0a\x7f"});
  EXPECT_EQ(malformed.Status(), "3");
  EXPECT_EQ(malformed.Message(), "the bytes are not a valid google.protobuf.StringValue");
  EXPECT_EQ(Ask({}).Status(), "3");
  EXPECT_EQ(Ask({Text("one"), Text("two")}).Status(), "3");
  EXPECT_EQ(Ask({Text("fine")}).Status(), "0");
}

// Writes 0 .. n-1 and ends.
class Counting final : public rpc::CallHandler {
 public:
  Counting(int count, rpc::Call& call, int& closed) : count_(count), call_(call), closed_(closed) {
    WriteMore();
  }
  void OnMessage(std::string_view) override { FAIL(); }
  void OnHalfClose() override { FAIL(); }
  void OnWritable() override { WriteMore(); }
  void OnClosed(const Status&) override { ++closed_; }

 private:
  void WriteMore() {
    while (call_.writable() && next_ < count_) {
      Int32Value value;
      value.set_value(next_++);
      rpc::WriteMessage(call_, value);
    }
    if (next_ == count_) call_.Finish(Status());
  }
  int next_ = 0;
  const int count_;
  rpc::Call& call_;
  int& closed_;
};

TEST(TypedServerStreaming, ParsesTheRequestAndStreams) {
  int closed = 0;
  RunningServer server;
  rpc::AddServerStreaming<Int32Value>(
      server.table, kCount, {.long_lived = true},
      [&](const Int32Value& request, rpc::Call& call) -> std::unique_ptr<rpc::CallHandler> {
        if (request.value() < 0) {
          call.Finish(InvalidArgument("negative"));
          return nullptr;
        }
        return std::make_unique<Counting>(request.value(), call, closed);
      });
  server.Start();
  Http2Client client(server.port());
  const auto ask = [&](const std::vector<std::string>& requests) {
    const int32_t call = client.Open(kCount);
    for (const std::string& request : requests) client.Send(call, request);
    client.HalfClose(call);
    EXPECT_TRUE(client.WaitClosed(call));
    return client.reply(call);
  };
  Int32Value many, negative;
  many.set_value(100'000);
  negative.set_value(-1);
  const auto reply = ask({many.SerializeAsString()});
  EXPECT_EQ(reply.Status(), "0");
  ASSERT_EQ(reply.messages.size(), 100'000u);
  Int32Value last;
  ASSERT_TRUE(last.ParseFromString(reply.messages.back()));
  EXPECT_EQ(last.value(), 99'999);
  EXPECT_EQ(ask({negative.SerializeAsString()}).Status(), "3");
  EXPECT_EQ(ask({"\x08"}).Status(), "3");
  EXPECT_EQ(ask({}).Status(), "3");
  server.On(0, [&] { EXPECT_EQ(closed, 1); });
}

// A stream may last for days, and its request be as large as a message may be.
TEST_F(TypedMethod, AServerStreamLetsGoOfItsRequest) {
  struct Stream final : rpc::CallHandler {
    void OnMessage(std::string_view) override {}
    void OnHalfClose() override {}
    void OnClosed(const Status&) override {}
  };
  rpc::AddServerStreaming<CountedRequest>(server_.table, kCount, {.long_lived = true},
                                          [](const CountedRequest& request, rpc::Call& call) {
                                            StringValue answer;
                                            answer.set_value(request.value());
                                            rpc::WriteMessage(call, answer);
                                            return std::make_unique<Stream>();
                                          });
  server_.Start();
  client_.emplace(server_.port());
  const int32_t call = client_->Open(kCount);
  client_->Send(call, Text("all of it"));
  ASSERT_TRUE(client_->Wait([&] { return CountedRequest::alive == 1; }));
  client_->HalfClose(call);
  ASSERT_TRUE(client_->WaitMessages(call, 1));
  EXPECT_EQ(client_->reply(call).messages[0], Text("all of it"));
  EXPECT_EQ(CountedRequest::alive, 0);
}

}  // namespace
}  // namespace belfry::test
