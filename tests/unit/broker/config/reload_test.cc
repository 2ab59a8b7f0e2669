// SPDX-License-Identifier: Apache-2.0
#include "broker/config/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/config/print.h"

namespace belfry::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PlanReload, WithoutAChangeChangesNothing) {
  const StatusOr<ReloadPlan> plan = PlanReload(Config{}, Config{});
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->changed, IsEmpty());
  EXPECT_THAT(plan->kept, IsEmpty());
  EXPECT_EQ(Print(plan->config), Print(Config{}));
}

TEST(PlanReload, TakesReloadableKeysAndKeepsTheOthersByName) {
  Config loaded;
  loaded.log.level = observability::LogLevel::kDebug;
  loaded.slow.queue_age = std::chrono::seconds(3);
  loaded.listen.grpc = "127.0.0.1:9999";
  loaded.limits.payload_bytes = 1;
  const StatusOr<ReloadPlan> plan = PlanReload(Config{}, loaded);
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->changed, ElementsAre("slow.queue_age", "log.level"));
  EXPECT_THAT(plan->kept, ElementsAre("listen.grpc", "limits.payload_bytes"));

  Config expected;
  expected.log.level = observability::LogLevel::kDebug;
  expected.slow.queue_age = std::chrono::seconds(3);
  EXPECT_EQ(Print(plan->config), Print(expected));
}

TEST(PlanReload, TakesNewCertificatePaths) {
  Config running;
  running.security.tls = {"a.pem", "a.key", "ca.pem"};
  Config loaded;
  loaded.security.tls = {"b.pem", "b.key", "ca.pem"};
  const StatusOr<ReloadPlan> plan = PlanReload(running, loaded);
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->changed, ElementsAre("security.tls.cert", "security.tls.key"));
  EXPECT_EQ(plan->config.security.tls.cert, "b.pem");
}

// A file that lost its [security.tls] must not turn a closed broker into an open one.
TEST(PlanReload, NeverTurnsTlsOrClientCertificatesOff) {
  Config running;
  running.security.tls = {"a.pem", "a.key", "ca.pem"};
  const StatusOr<ReloadPlan> off = PlanReload(running, Config{});
  ASSERT_TRUE(off.ok());
  EXPECT_THAT(off->kept,
              ElementsAre("security.tls.cert", "security.tls.key", "security.tls.client_ca"));
  EXPECT_EQ(off->config.security.tls.client_ca, "ca.pem");

  Config without_clients;
  without_clients.security.tls = {"b.pem", "b.key", ""};
  const StatusOr<ReloadPlan> half = PlanReload(running, without_clients);
  ASSERT_TRUE(half.ok());
  EXPECT_EQ(half->config.security.tls.cert, "a.pem");
  EXPECT_EQ(half->config.security.tls.client_ca, "ca.pem");
}

TEST(PlanReload, RefusesAMixtureThatDoesNotGoTogether) {
  Config running;
  Config loaded;
  loaded.limits.payload_bytes = 1024;
  loaded.slow.queue_bytes = 128 * 1024;  // fits the new payload, not the one that stays
  const StatusOr<ReloadPlan> plan = PlanReload(running, loaded);
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(MessageOf(plan.status()), testing::HasSubstr("slow.queue_bytes"));
}

}  // namespace
}  // namespace belfry::config
