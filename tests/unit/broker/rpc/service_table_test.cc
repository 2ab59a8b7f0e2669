// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/service_table.h"

#include <gtest/gtest.h>

namespace belfry::rpc {
namespace {

HandlerFactory Nothing() {
  return [](Call&) { return nullptr; };
}

TEST(ServiceTable, FindsExactlyWhatWasAdded) {
  ServiceTable table;
  table.Add("/a.B/C", {.receive_bytes_max = 7}, Nothing());
  ASSERT_NE(table.Find("/a.B/C"), nullptr);
  EXPECT_EQ(table.Find("/a.B/C")->options.receive_bytes_max, 7u);
  for (const char* path : {"", "/", "/a.B", "/a.B/", "/a.B/c", "/a.B/C/", "a.B/C"}) {
    EXPECT_EQ(table.Find(path), nullptr) << path;
  }
}

TEST(ServiceTable, KnowsItsServices) {
  ServiceTable table;
  table.Add("/a.B/C", {}, Nothing());
  EXPECT_TRUE(table.HasService("a.B"));
  EXPECT_FALSE(table.HasService("a.B/C"));
  EXPECT_FALSE(table.HasService(""));
}

TEST(ServiceTableDeathTest, ThePathIsTakenOnce) {
  ServiceTable table;
  table.Add("/a.B/C", {}, Nothing());
  EXPECT_DEATH(table.Add("/a.B/C", {}, Nothing()), "added");
}

}  // namespace
}  // namespace belfry::rpc
