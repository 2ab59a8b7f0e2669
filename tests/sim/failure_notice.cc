// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/failure_notice.h"

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <initializer_list>

namespace belfry::sim {
namespace {

volatile uint64_t current_seed = 0;

// Only what is safe in a signal handler.
void OnSignal(int number) {
  char text[] = "sim: I16: the core ended the process in seed                     \n";
  char* digit = text + sizeof(text) - 3;
  uint64_t seed = current_seed;
  do {
    *digit-- = static_cast<char>('0' + seed % 10);
    seed /= 10;
  } while (seed != 0);
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

void InstallFailureNotice() {
  for (const int number : {SIGABRT, SIGSEGV}) std::signal(number, OnSignal);
}
void NoteSeed(uint64_t seed) { current_seed = seed; }

}  // namespace belfry::sim
