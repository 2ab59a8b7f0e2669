// SPDX-License-Identifier: Apache-2.0
#include "broker/config/print.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "broker/config/key_table.h"
#include "broker/config/key_value.h"
#include "broker/config/load.h"

namespace belfry::config {
namespace {

std::string Reprinted(const Config& config) {
  const StatusOr<Config> again = LoadText(Print(config), "printed.toml", {});
  return again.ok() ? Print(*again) : MessageOf(again.status());
}

TEST(Print, ShowsEveryKeyInItsTable) {
  const std::string text = Print(Config{});
  EXPECT_THAT(text,
              testing::StartsWith("[node]\nid = \"\"\n\n[listen]\ngrpc = \"127.0.0.1:7450\"\n"));
  EXPECT_THAT(text, testing::HasSubstr("\n[security.tls]\ncert = \"\"\n"));
  EXPECT_THAT(text, testing::HasSubstr("queue_age = \"10s\"\n"));
}

TEST(Print, LoadsToTheSameConfig) {
  const StatusOr<Config> config = Load(std::nullopt, {});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(Reprinted(*config), Print(*config));
}

TEST(Print, KeepsPathsWithSpecialCharacters) {
  Config config;
  config.node.id = "n";
  config.security.tls = {"/a b/\"quoted\"\\path/\xC3\xA4.pem", "C:\\key", "#ca = [1]"};
  EXPECT_EQ(Reprinted(config), Print(config));
  const StatusOr<Config> again = LoadText(Print(config), "printed.toml", {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->security.tls.cert, config.security.tls.cert);
}

// Any numbers within the bounds of their keys survive printing and loading.
RC_GTEST_PROP(Print, LoadsToTheSameNumbers, ()) {
  Config config;
  config.node.id = "n";
  for (const Key& key : Keys()) {
    const auto value = *rc::gen::inRange<uint64_t>(key.min, key.max + 1);
    if (key.kind == KeyKind::kSize || key.kind == KeyKind::kInteger) {
      *std::get<uint64_t* (*)(Config&)>(key.field)(config) = value;
    } else if (key.kind == KeyKind::kDuration) {
      *std::get<Duration* (*)(Config&)>(key.field)(config) =
          Duration(static_cast<int64_t>(value / 1'000'000 * 1'000'000));
    }
  }
  config.limits.payload_bytes = std::min(config.limits.payload_bytes, uint64_t{1} << 10);
  config.limits.frame_bytes = std::max(config.limits.frame_bytes, uint64_t{1} << 20);
  config.slow.queue_bytes = std::max(config.slow.queue_bytes, uint64_t{1} << 20);
  RC_ASSERT(Reprinted(config) == Print(config));
}

}  // namespace
}  // namespace belfry::config
