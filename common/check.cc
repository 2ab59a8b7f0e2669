// SPDX-License-Identifier: Apache-2.0
#include "common/check.h"

#include <cstdio>
#include <cstdlib>

namespace belfry {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "belfry: check failed at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace belfry
