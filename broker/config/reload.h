// SPDX-License-Identifier: Apache-2.0
//
// What a reload (SIGHUP) may change: the reloadable keys of the table are taken over, every other
// change is kept as it was and reported by name. Turning TLS or client certificates on or off is
// never a reload, so that a file that was cut short cannot open a closed broker.
//
// Threads: Immutable function of two configs.
// How it fails: INVALID_ARGUMENT if old and new keys do not go together; the caller keeps the old
// config and says why.
#pragma once

#include <string>
#include <vector>

#include "broker/config/config.h"
#include "common/status.h"

namespace belfry::config {

struct ReloadPlan {
  // The old config with the reloadable keys of the new one.
  Config config;
  // Names of keys that differ and were taken over.
  std::vector<std::string> changed;
  // Names of keys that differ and wait for a restart.
  std::vector<std::string> kept;
};

StatusOr<ReloadPlan> PlanReload(const Config& running, const Config& loaded);

}  // namespace belfry::config
