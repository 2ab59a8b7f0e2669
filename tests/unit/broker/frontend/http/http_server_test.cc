// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/http/http_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <thread>

#include "common/mutex.h"
#include "tests/unit/broker/frontend/http/plain_http_client.h"

namespace belfry::frontend::http {
namespace {

using test::Fetch;
using test::Get;
using test::PlainHttpClient;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpPages : public testing::Test {
 protected:
  HttpPages() { settings_.bounds.time = std::chrono::seconds(20); }

  HttpServer::Pages Pages() {
    return {[] { return std::string("belfry_core_sessions 3\n"); },
            [this] { return healthy_.load(); },
            [this] {
              MutexLock lock(mutex_);
              return readiness_;
            }};
  }
  // Starts on a port of the system's choice.
  void Start() {
    server_ = std::make_unique<HttpServer>(Pages(), settings_);
    const Status status = server_->Start("127.0.0.1", 0);
    ASSERT_TRUE(status.ok()) << status;
    port_ = server_->port();
  }
  void SetReadiness(observability::Readiness readiness) {
    MutexLock lock(mutex_);
    readiness_ = std::move(readiness);
  }

  std::atomic<bool> healthy_ = true;
  Mutex mutex_;
  observability::Readiness readiness_{true, {}};
  HttpServerSettings settings_;
  std::unique_ptr<HttpServer> server_;
  uint16_t port_ = 0;
};

TEST_F(HttpPages, ShowsMetrics) {
  Start();
  EXPECT_THAT(Get(port_, "/metrics"),
              AllOf(StartsWith("HTTP/1.1 200 "),
                    HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
                    EndsWith("\r\n\r\nbelfry_core_sessions 3\n")));
}

TEST_F(HttpPages, ShowsHealth) {
  Start();
  EXPECT_THAT(Get(port_, "/healthz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\n")));
  healthy_ = false;
  EXPECT_THAT(Get(port_, "/healthz"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\nnot ok\n")));
}

TEST_F(HttpPages, ShowsReadinessAndWhyNot) {
  Start();
  EXPECT_THAT(Get(port_, "/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\nready\n")));
  EXPECT_THAT(Get(port_, "/readyz?json"), AllOf(StartsWith("HTTP/1.1 200 "),
                                                HasSubstr("\r\nContent-Type: application/json\r\n"),
                                                EndsWith("\r\n{\"ready\":true,\"reasons\":[]}\n")));
  SetReadiness({false, {"draining", "store says \"offline\""}});
  EXPECT_THAT(Get(port_, "/readyz"),
              AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\nnot ready\n- draining\n"
                                                          "- store says \"offline\"\n")));
  EXPECT_THAT(
      Fetch(port_, "GET /readyz HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 503 "),
            EndsWith(
                "{\"ready\":false,\"reasons\":[\"draining\",\"store says \\\"offline\\\"\"]}\n")));
}

TEST_F(HttpPages, ListsThePagesWhenAskedForAnother) {
  Start();
  for (const char* target : {"/", "/metricsx", "/../etc/passwd", "/%2e%2e/x", "/<script>"}) {
    EXPECT_THAT(Get(port_, target),
                AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("/metrics"), HasSubstr("/healthz"),
                      HasSubstr("/readyz"), Not(HasSubstr("script"))))
        << target;
  }
}

TEST_F(HttpPages, ServesGetAndHeadAlone) {
  Start();
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const std::string request =
        std::string(method) + " /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    EXPECT_THAT(Fetch(port_, request),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n"),
                      Not(HasSubstr("belfry_core"))))
        << method;
  }
  EXPECT_THAT(Fetch(port_, "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\n")));
}

TEST_F(HttpPages, SendsHeadersThatKeepBrowsersHonest) {
  Start();
  for (const char* target : {"/metrics", "/healthz", "/readyz", "/nothing"}) {
    EXPECT_THAT(Get(port_, target),
                AllOf(HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
                      HasSubstr("\r\nCache-Control: no-store\r\n"),
                      HasSubstr("\r\nContent-Security-Policy: default-src 'none'"),
                      Not(HasSubstr("\r\nServer:")), Not(HasSubstr("Access-Control-Allow"))))
        << target;
  }
}

TEST_F(HttpPages, AnswersNonsenseAndGoesOn) {
  Start();
  for (const std::string& request :
       {std::string("\r\n\r\n"), std::string("nonsense\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("GET /healthz HTTP/9.9\r\n\r\n"), std::string(100, '\0') + "\r\n\r\n",
        "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\n\r\n",
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)}) {
    EXPECT_THAT(Fetch(port_, request), Not(HasSubstr(" 200 ")));
  }
  EXPECT_THAT(Get(port_, "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpPages, CutsARequestThatDoesNotEnd) {
  settings_.threads = 1;
  Start();
  PlainHttpClient endless(port_);
  endless.Send("GET /metrics HTTP/1.1\r\n");
  const std::string header = "X-Filler: " + std::string(1'000, 'x') + "\r\n";
  int sent = 0;
  while (sent < 100'000 && endless.Send(header)) ++sent;
  EXPECT_LT(sent, 100'000) << "100 MB of headers were taken";
  EXPECT_THAT(Get(port_, "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpPages, DoesNotWaitForClientsThatSayNothing) {
  settings_.threads = 2;
  settings_.bounds.time = std::chrono::milliseconds(300);
  Start();
  // More silent clients than threads: they are cut one after the other, and the good one has its
  // turn.
  std::list<PlainHttpClient> silent;
  for (int i = 0; i < 6; ++i) silent.emplace_back(port_).Send("GET /he");
  EXPECT_THAT(Get(port_, "/healthz"), StartsWith("HTTP/1.1 200 "));
  for (PlainHttpClient& client : silent) {
    EXPECT_THAT(client.ReadAll(), Not(HasSubstr(" 200 ")));
  }
}

TEST_F(HttpPages, ServesManyAtOnce) {
  Start();
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        if (Get(port_, "/metrics").find("belfry_core_sessions 3") != std::string::npos) ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 200);
}

TEST_F(HttpPages, StopEndsWaitsUnderWay) {
  settings_.threads = 1;
  settings_.bounds.time = std::chrono::hours(1);
  Start();
  PlainHttpClient silent(port_);
  silent.Send("GET /he");
  server_->Stop();
  EXPECT_EQ(silent.ReadAll(), "");
  server_->Stop();  // twice does no harm
}

TEST_F(HttpPages, SaysWhyItCannotListen) {
  Start();
  HttpServer second(Pages());
  const Status taken = second.Start("127.0.0.1", port_);
  ASSERT_FALSE(taken.ok()) << "two brokers must not share a port";
  EXPECT_EQ(MessageOf(taken), "cannot listen on 127.0.0.1 port " + std::to_string(port_) +
                                  ": Address already in use");
  HttpServer elsewhere(Pages());
  EXPECT_THAT(MessageOf(elsewhere.Start("203.0.113.1", 0)),
              HasSubstr("cannot listen on 203.0.113.1 port 0: "));
}

TEST_F(HttpPages, ListensOnIpv6) {
  HttpServer server(Pages());
  const Status status = server.Start("::1", 0);
  if (MessageOf(status).find("Cannot assign requested address") != std::string::npos) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(server.port(), 0);
}

// A broker with many clients has no descriptor left for a scrape that select() could wait on.
TEST_F(HttpPages, ServesOnHighDescriptors) {
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit higher = {std::max<rlim_t>(limit.rlim_cur, 2'048), limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &higher), 0);
  Start();
  std::vector<int> fillers;
  while (fillers.empty() || fillers.back() < 1'100) {
    fillers.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_GE(fillers.back(), 0);
  }
  EXPECT_THAT(Get(port_, "/healthz"), StartsWith("HTTP/1.1 200 "));
  for (const int fd : fillers) close(fd);
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_F(HttpPages, RecoversWhenDescriptorsRunOut) {
  Start();
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit low = {256, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  PlainHttpClient waiting(port_);
  std::vector<int> fillers;
  for (int fd = 0; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) fillers.push_back(fd);
  ASSERT_FALSE(fillers.empty());
  waiting.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const int fd : fillers) close(fd);
  EXPECT_THAT(waiting.ReadAll(), StartsWith("HTTP/1.1 200 "));
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace belfry::frontend::http
