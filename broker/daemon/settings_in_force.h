// SPDX-License-Identifier: Apache-2.0
//
// The configuration as operators are shown it: every key with the value in force, its default and
// what it means. A reload replaces it.
//
// Threads: Thread-safe (a leaf lock around a pointer). Ownership: a snapshot is kept alive by who
// reads it.
#pragma once

#include <memory>
#include <vector>

#include "broker/config/config.h"
#include "broker/frontend/grpc/service_context.h"
#include "common/mutex.h"

namespace belfry::daemon {

class SettingsInForce {
 public:
  explicit SettingsInForce(const config::Config& config) { Set(config); }

  void Set(const config::Config& config);
  std::vector<frontend::grpc::Setting> All() const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const config::Config> config_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::daemon
