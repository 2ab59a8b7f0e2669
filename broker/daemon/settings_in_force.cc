// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/settings_in_force.h"

#include "broker/config/key_table.h"
#include "broker/config/key_value.h"

namespace belfry::daemon {

void SettingsInForce::Set(const config::Config& config) {
  auto copy = std::make_shared<const config::Config>(config);
  MutexLock lock(mutex_);
  config_ = std::move(copy);
}

std::vector<frontend::grpc::Setting> SettingsInForce::All() const {
  std::shared_ptr<const config::Config> config;
  {
    MutexLock lock(mutex_);
    config = config_;
  }
  std::vector<frontend::grpc::Setting> settings;
  for (const config::Key& key : config::Keys()) {
    settings.push_back({.key = std::string(key.name),
                        .value = config::ValueText(*config, key),
                        .default_value = config::ValueText(config::Config(), key),
                        .doc = std::string(key.doc),
                        .reloadable = key.reloadable});
  }
  return settings;
}

}  // namespace belfry::daemon
