// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/admin_service.h"

#include <gmock/gmock.h>

#include "tests/unit/broker/frontend/grpc/admin_harness.h"

namespace belfry::frontend::grpc {
namespace {

using testing::HasSubstr;

class AdminServiceTest : public AdminHarness {};

TEST_F(AdminServiceTest, TheNodeAndItsSettings) {
  const auto node = Call<v1::NodeStatus>("GetNode", v1::GetNodeRequest()).value();
  EXPECT_EQ(node.reactors(), 3u);
  EXPECT_EQ(node.sessions_parked(), 4u);
  EXPECT_EQ(node.topics_tracked(), 5u);
  const auto settings =
      Call<v1::GetSettingsResponse>("GetSettings", v1::GetSettingsRequest()).value();
  ASSERT_EQ(settings.settings_size(), 1);
  EXPECT_EQ(settings.settings(0).key(), "limits.topics");
  EXPECT_EQ(settings.settings(0).value(), "7");
  EXPECT_EQ(settings.settings(0).default_value(), "100000");
}

TEST_F(AdminServiceTest, WhatBelongsToALaterReleaseSaysSo) {
  for (const std::string method : {"SetTopic", "DeleteTopic", "DrainNode"}) {
    const auto calling = Begin(method, v1::GetNodeRequest());
    ASSERT_TRUE(calling->call.status()) << method;
    EXPECT_EQ(calling->call.status()->code(), StatusCode::kUnimplemented);
    EXPECT_THAT(MessageOf(*calling->call.status()), HasSubstr("this release does not have"));
  }
}

}  // namespace
}  // namespace belfry::frontend::grpc
