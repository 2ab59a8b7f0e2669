// SPDX-License-Identifier: Apache-2.0
#include "broker/config/key_table.h"

#include <gtest/gtest.h>

#include <set>

#include "broker/config/key_value.h"

namespace belfry::config {
namespace {

TEST(KeyTable, NamesAreUniqueAndStandTogetherByTable) {
  std::set<std::string_view> names;
  std::set<std::string_view> tables;
  std::string_view last;
  for (const Key& key : Keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.doc.empty()) << key.name;
    const std::string_view table = key.name.substr(0, key.name.rfind('.'));
    if (table != last) {
      EXPECT_TRUE(tables.insert(table).second) << table << " comes twice";
    }
    last = table;
  }
}

TEST(KeyTable, EachKeySetsAMemberOfItsOwn) {
  // Two keys that share a member would print alike after one is changed.
  for (const Key& key : Keys()) {
    Config config;
    const std::string before = ValueText(config, key);
    for (const char* text :
         {"zz", "127.0.0.9:9", "123KiB", "777ms", "63", "true", "error", "json"}) {
      if (SetValue(config, key, {Literal::Type::kAny, text})) break;
    }
    ASSERT_NE(ValueText(config, key), before) << key.name;
    for (const Key& other : Keys()) {
      if (&other == &key) continue;
      EXPECT_EQ(ValueText(config, other), ValueText(Config{}, other))
          << key.name << " changes " << other.name;
    }
  }
}

TEST(KeyTable, DefaultsAreAllowed) {
  for (const Key& key : Keys()) {
    Config config;
    std::string text = ValueText(config, key);
    if (text.front() == '"') text = text.substr(1, text.size() - 2);
    EXPECT_TRUE(SetValue(config, key, {Literal::Type::kAny, text})) << key.name << " = " << text;
  }
}

TEST(KeyTable, BoundsAreIncludedAndNotExceeded) {
  Config config;
  const Key& payload = *FindKey("limits.payload_bytes");
  EXPECT_TRUE(SetValue(config, payload, {Literal::Type::kAny, "16MiB"}));
  EXPECT_EQ(config.limits.payload_bytes, uint64_t{16} << 20);
  EXPECT_FALSE(SetValue(config, payload, {Literal::Type::kAny, "16777217"}));
  EXPECT_FALSE(SetValue(config, payload, {Literal::Type::kAny, "0"}));
  EXPECT_EQ(config.limits.payload_bytes, uint64_t{16} << 20) << "a refused value changes nothing";

  const Key& heartbeat = *FindKey("session.heartbeat");
  EXPECT_TRUE(SetValue(config, heartbeat, {Literal::Type::kAny, "100ms"}));
  EXPECT_FALSE(SetValue(config, heartbeat, {Literal::Type::kAny, "99ms"}));
  EXPECT_FALSE(SetValue(config, heartbeat, {Literal::Type::kAny, "2h"}));
}

TEST(KeyTable, NearestKeyFindsTyposAndForgottenTables) {
  EXPECT_EQ(NearestKey("limits.payload_byte").name, "limits.payload_bytes");
  EXPECT_EQ(NearestKey("listen.grcp").name, "listen.grpc");
  EXPECT_EQ(NearestKey("payload_bytes").name, "limits.payload_bytes");
  EXPECT_EQ(NearestKey("session.queue_age").name, "slow.queue_age");
  EXPECT_EQ(NearestKey("Log.level").name, "log.level");
  EXPECT_FALSE(NearestKey("").name.empty());
  EXPECT_FALSE(NearestKey(std::string(1'000'000, 'x')).name.empty());
}

TEST(KeyTable, TablesAreKnown) {
  EXPECT_TRUE(IsTable("limits"));
  EXPECT_TRUE(IsTable("security.tls"));
  EXPECT_FALSE(IsTable("limit"));
  EXPECT_FALSE(IsTable("limits.payload_bytes"));
  EXPECT_FALSE(IsTable(""));
}

}  // namespace
}  // namespace belfry::config
