// SPDX-License-Identifier: Apache-2.0
#include "cli/printer.h"

#include <cstdio>

namespace belfry::cli {

bool Printer::Line(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  const MutexLock lock(mutex_);
  return std::fwrite(whole.data(), 1, whole.size(), stdout) == whole.size() &&
         std::fflush(stdout) == 0;
}

int Fail(std::string_view text) {
  std::fprintf(stderr, "belfry: %.*s\n", static_cast<int>(text.size()), text.data());
  return 1;
}

}  // namespace belfry::cli
