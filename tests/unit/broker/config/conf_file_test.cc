// SPDX-License-Identifier: Apache-2.0
//
// conf/belfry.toml is documentation that a test keeps true: every key, its default, and whether a
// reload takes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "broker/config/key_table.h"
#include "broker/config/key_value.h"
#include "broker/config/load.h"
#include "broker/config/print.h"

namespace belfry::config {
namespace {

std::string ConfFile() {
  std::ifstream file(BELFRY_SOURCE "/conf/belfry.toml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// "#name = value" with the "#" directly before the name: a key at its default, not prose.
bool IsKeyLine(std::string_view line) {
  if (line.size() < 2 || line[0] != '#' || line[1] < 'a' || line[1] > 'z') return false;
  const size_t name_end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
  return line.substr(std::min(name_end, line.size())).substr(0, 3) == " = ";
}

struct ShownKey {
  std::string value;
  std::string prose;  // the comment directly above
};

// What the file shows, by dotted name.
std::map<std::string, ShownKey> ShownKeys() {
  std::map<std::string, ShownKey> shown;
  std::istringstream lines(ConfFile());
  std::string table, prose, line;
  while (std::getline(lines, line)) {
    if (!line.empty() && line.front() == '[') {
      table = line.substr(1, line.size() - 2);
      prose.clear();
    } else if (IsKeyLine(line)) {
      const size_t equals = line.find(" = ");
      shown[table + "." + line.substr(1, equals - 1)] = {line.substr(equals + 3), prose};
      prose.clear();
    } else if (line.empty()) {
      prose.clear();
    } else {
      prose += line + "\n";
    }
  }
  return shown;
}

// The file with every key active.
std::string Uncommented() {
  std::string text, line;
  std::istringstream lines(ConfFile());
  while (std::getline(lines, line)) text += (IsKeyLine(line) ? line.substr(1) : line) + "\n";
  return text;
}

TEST(ConfFile, ShowsEveryKeyWithItsDefault) {
  const auto shown = ShownKeys();
  for (const Key& key : Keys()) {
    const auto found = shown.find(std::string(key.name));
    ASSERT_NE(found, shown.end()) << key.name << " is missing";
    EXPECT_EQ(found->second.value, ValueText(Config{}, key)) << key.name;
    EXPECT_GT(found->second.prose.size(), 60u) << key.name << " is not explained";
    const bool says_yes = found->second.prose.find("Reload: yes.") != std::string::npos;
    const bool says_no = found->second.prose.find("Reload: no.") != std::string::npos;
    EXPECT_NE(says_yes, says_no) << key.name;
    EXPECT_EQ(says_yes, key.reloadable) << key.name;
  }
  EXPECT_EQ(shown.size(), Keys().size());
}

TEST(ConfFile, LoadsToTheDefaultsAsShippedAndWithEveryKeyActive) {
  const StatusOr<Config> defaults = Load(std::nullopt, {});
  ASSERT_TRUE(defaults.ok());
  const std::string text = ConfFile();
  const std::string active = Uncommented();
  ASSERT_NE(active, text);
  for (const std::string& each : {text, active}) {
    const StatusOr<Config> config = LoadText(each, "belfry.toml", {});
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(Print(*config), Print(*defaults));
  }
}

}  // namespace
}  // namespace belfry::config
