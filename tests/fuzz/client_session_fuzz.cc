// SPDX-License-Identifier: Apache-2.0
//
// The client library on a network, a clock and an executor that do what the bytes say: it keeps its
// promises, or the process ends and says which one it did not keep.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "tests/support/client_session_script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string wrong = belfry::test::RunClientSessionScript(std::span(data, size));
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "client_session_fuzz: %s\n", wrong.c_str());
  std::abort();
}
