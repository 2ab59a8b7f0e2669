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
  EXPECT_EQ(AdminProblem(NotFound("a:1: no session; it may have ended")),
            "a:1: no session; it may have ended");
  EXPECT_EQ(AdminProblem(Internal("a:1: odd")), "a:1: odd; look at the broker's log");
  EXPECT_NE(AdminProblem(Unimplemented("a:1: what?")).find("older"), std::string::npos);
}

}  // namespace
}  // namespace belfry::cli
