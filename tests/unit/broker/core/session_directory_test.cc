// SPDX-License-Identifier: Apache-2.0
#include "broker/core/session_directory.h"

#include <gtest/gtest.h>

namespace belfry::core {
namespace {

using Client = SessionDirectory::Client;

TEST(SessionDirectory, FindsASessionByItsTokenForItsClientAlone) {
  SessionDirectory directory(7);
  const Client ann{"p", "ann", 1, "token"};
  EXPECT_EQ(directory.Enter(3, ann).session, 7u);
  ASSERT_TRUE(directory.FindToResume(ann));
  EXPECT_EQ(directory.FindToResume(ann)->reactor, 3);
  EXPECT_FALSE(directory.FindToResume({"p", "bob", 1, "token"}));
  EXPECT_FALSE(directory.FindToResume({"q", "ann", 1, "token"}));
  EXPECT_FALSE(directory.FindToResume({"p", "ann", 1, "other"}));
  EXPECT_FALSE(directory.FindToResume({"p", "ann", 2, "token"}));
  directory.Leave(7, ann);
  EXPECT_FALSE(directory.FindToResume(ann));
  EXPECT_FALSE(directory.Find(7));
  EXPECT_EQ(directory.size(), 0u);
}

TEST(SessionDirectory, TheGreaterIncarnationTakesOverAndTheSmallerIsRefused) {
  SessionDirectory directory(1);
  EXPECT_FALSE(directory.Enter(0, {"p", "ann", 10, "a"}).superseded);
  const auto newer = directory.Enter(1, {"p", "ann", 20, "b"});
  EXPECT_EQ(newer.session, 2u);
  ASSERT_TRUE(newer.superseded);
  EXPECT_EQ(newer.superseded->session, 1u);
  EXPECT_EQ(newer.superseded->reactor, 0);
  EXPECT_EQ(directory.Enter(0, {"p", "ann", 15, "c"}).session, 0u);
  EXPECT_NE(directory.Enter(0, {"other", "ann", 15, "c"}).session, 0u);
  // The old one leaves after the newer came: that stays.
  directory.Leave(1, {"p", "ann", 10, "a"});
  EXPECT_EQ(directory.Enter(0, {"p", "ann", 15, "c"}).session, 0u);
  directory.Leave(2, {"p", "ann", 20, "b"});
  EXPECT_NE(directory.Enter(0, {"p", "ann", 15, "c"}).session, 0u);
}

TEST(SessionDirectory, TheSameIncarnationComesAnew) {
  SessionDirectory directory(1);
  directory.Enter(0, {"p", "ann", 10, "a"});
  const auto again = directory.Enter(0, {"p", "ann", 10, "b"});
  EXPECT_EQ(again.superseded->session, 1u);
  EXPECT_EQ(again.session, 2u);
}

TEST(SessionDirectory, WithoutAnIncarnationClientsShareAName) {
  SessionDirectory directory(1);
  directory.Enter(0, {"p", "ann", 10, "a"});
  const auto second = directory.Enter(0, {"p", "ann", 0, "b"});
  EXPECT_NE(second.session, 0u);
  EXPECT_FALSE(second.superseded);
}

}  // namespace
}  // namespace belfry::core
