// SPDX-License-Identifier: Apache-2.0
#include "broker/config/reload.h"

#include "broker/config/key_table.h"
#include "broker/config/key_value.h"
#include "broker/config/validate.h"

namespace belfry::config {
namespace {

// TLS, or client certificates, on in one and off in the other.
bool SwitchesTls(const TlsConfig& running, const TlsConfig& loaded) {
  return running.cert.empty() != loaded.cert.empty() ||
         running.client_ca.empty() != loaded.client_ca.empty();
}

}  // namespace

StatusOr<ReloadPlan> PlanReload(const Config& running, const Config& loaded) {
  ReloadPlan plan;
  plan.config = running;
  const bool keep_tls = SwitchesTls(running.security.tls, loaded.security.tls);
  for (const Key& key : Keys()) {
    if (ValueText(running, key) == ValueText(loaded, key)) continue;
    const bool is_tls = key.name.substr(0, 13) == "security.tls.";
    if (!key.reloadable || (is_tls && keep_tls)) {
      plan.kept.emplace_back(key.name);
      continue;
    }
    CopyValue(loaded, plan.config, key);
    plan.changed.emplace_back(key.name);
  }
  // Each config is sound by itself; their mixture need not be.
  if (Status status = Validate(plan.config); !status.ok()) return status;
  return plan;
}

}  // namespace belfry::config
