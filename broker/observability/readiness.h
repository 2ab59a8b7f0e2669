// SPDX-License-Identifier: Apache-2.0
//
// Whether clients should be sent to this node, as every door tells it: /readyz, the gRPC health service,
// Admin. Threads: an Immutable value.
#pragma once

#include <string>
#include <vector>

namespace belfry::observability {

struct Readiness {
  bool ready = false;
  // Why not, for people.
  std::vector<std::string> reasons;
};

}  // namespace belfry::observability
