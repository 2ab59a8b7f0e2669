// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/admin_problem.h"
#include "cli/connect_problem.h"

namespace belfry::cli {
namespace {

GlobalOptions Servers() {
  GlobalOptions global;
  global.servers = {"a:1", "b:2"};
  return global;
}

TEST(ConnectProblem, NobodyIsThere) {
  EXPECT_EQ(ConnectProblem(Servers(), Error()),
            "cannot reach a:1,b:2; start the broker or give another --server");
  EXPECT_EQ(ConnectProblem(Servers(), {.code = Error::kConnectionLost, .text = "refused\x1b"}),
            "cannot reach a:1,b:2 (refused\\x1b); start the broker or give another --server");
  EXPECT_EQ(ConnectProblem(Servers(), {.code = Error::kHeartbeatTimeout, .text = "silent"}),
            "cannot reach a:1,b:2 (silent); start the broker or give another --server");
}

TEST(ConnectProblem, WhoIsThereRefuses) {
  EXPECT_EQ(ConnectProblem(Servers(), {.code = Error::kNodeMemory,
                                       .text = "near its limit; try again later",
                                       .retryable = true}),
            "a:1,b:2 refuses (NODE_MEMORY): near its limit; try again later");
  EXPECT_EQ(ConnectProblem(Servers(),
                           {.code = Error::kShuttingDown, .text = "stopping", .retryable = true}),
            "a:1,b:2 refuses (SHUTTING_DOWN): stopping; try again later");
  EXPECT_EQ(ConnectProblem(Servers(), {.code = Error::kStaleIncarnation, .text = "older"}),
            "a:1,b:2 refuses (STALE_INCARNATION): older; see docs/errors.md");
}

TEST(AdminProblem, SaysWhatToDo) {
  EXPECT_EQ(AdminProblem(Unavailable("a:1: refused")),
            "no answer (a:1: refused); start the broker or give another --server");
  EXPECT_EQ(AdminProblem(Unavailable("a:1: reset; does it speak TLS?")),
            "no answer (a:1: reset); does it speak TLS?");
  EXPECT_EQ(AdminProblem(NotFound("a:1: no session; it may have ended")),
            "a:1: no session; it may have ended");
  EXPECT_EQ(AdminProblem(Internal("a:1: odd")), "a:1: odd; look at the broker's log");
  EXPECT_NE(AdminProblem(Unimplemented("a:1: what?")).find("older"), std::string::npos);
}

TEST(ConnectFailure, IsTheLastReasonAndWhatItMeans) {
  const std::string words = "failed to connect to all addresses; last error: ";
  EXPECT_EQ(ConnectFailure(words + "UNKNOWN: ipv4:127.0.0.1:1: Connection refused", false),
            "Connection refused");
  EXPECT_EQ(
      ConnectFailure(words + "UNAVAILABLE: ipv4:127.0.0.1:1: recvmsg:Connection reset by peer",
                     false),
      "recvmsg:Connection reset by peer; does the broker speak TLS there? then give --tls-ca");
  EXPECT_NE(ConnectFailure(words + "UNAVAILABLE: ipv6:%5B::1%5D:1: Socket closed", true)
                .find("Socket closed; the broker may want a client certificate"),
            std::string::npos);
  EXPECT_NE(
      ConnectFailure("Ssl handshake failed: CERTIFICATE_VERIFY_FAILED", true).find("--tls-ca"),
      std::string::npos);
  EXPECT_EQ(ConnectFailure("stopping", true), "stopping") << "what a broker says stays";
}

}  // namespace
}  // namespace belfry::cli
