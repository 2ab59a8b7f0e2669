// SPDX-License-Identifier: Apache-2.0
//
// belfry_sim: runs seeds of the simulation and says what it found.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "tests/sim/failure_notice.h"
#include "tests/sim/simulation.h"

namespace {

// An hour or so; more is a loop around this command.
constexpr uint64_t kSeedsMax = 10'000'000;

constexpr uint64_t kEventsMax = 1'000'000;

constexpr char kUsage[] =
    "usage: belfry_sim [--seeds N] [--seed S] [--events N] [--coverage]\n"
    "  --seeds N    how many seeds (2000)\n"
    "  --seed S     the first one (1); --seeds 1 runs just that\n"
    "  --events N   how many of the last events a failure shows (40)\n"
    "  --coverage   also how often each thing happened\n";

bool ParseNumber(const char* text, uint64_t* number) {
  if (text == nullptr) return false;
  const char* const end = text + std::strlen(text);
  return std::from_chars(text, end, *number).ptr == end && end != text;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t seeds = 2000;
  uint64_t first = 1;
  uint64_t kept = belfry::sim::Trace::kKeptUsually;
  bool show_coverage = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    bool good = true;
    if (option == "--seeds") {
      good = ParseNumber(argv[++i], &seeds) && seeds >= 1 && seeds <= kSeedsMax;
    } else if (option == "--seed") {
      good = ParseNumber(argv[++i], &first);
    } else if (option == "--events") {
      good = ParseNumber(argv[++i], &kept) && kept >= 1 && kept <= kEventsMax;
    } else if (option == "--coverage") {
      show_coverage = true;
    } else {
      good = false;
    }
    if (!good) {
      std::fputs(kUsage, stderr);
      return 2;
    }
  }
  using belfry::sim::SeedResult;
  belfry::sim::InstallFailureNotice();
  belfry::sim::Coverage coverage;
  uint64_t events = 0;
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < seeds; ++i) {
    belfry::sim::NoteSeed(first + i);
    const SeedResult result = belfry::sim::RunSeed(first + i, kept);
    if (!result.ok()) {
      std::fputs(result.Explain().c_str(), stdout);
      return 1;
    }
    if (i % 100 == 0 && belfry::sim::RunSeed(first + i).hash != result.hash) {
      std::printf("seed %llu: two runs differ\n", static_cast<unsigned long long>(first + i));
      return 1;
    }
    coverage.Merge(result.coverage);
    events += result.events;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (show_coverage) {
    for (size_t i = 0; i < belfry::sim::kSeenCount; ++i) {
      const auto seen = static_cast<belfry::sim::Seen>(i);
      std::printf("%10llu  %s\n", static_cast<unsigned long long>(coverage[seen]),
                  belfry::sim::SeenName(seen));
    }
  }
  std::printf("sim: %llu seeds from %llu passed, %llu events, %.1f s, %.0f seeds/s\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(events), seconds,
              static_cast<double>(seeds) / seconds);
  return 0;
}
