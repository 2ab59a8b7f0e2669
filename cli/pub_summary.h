// SPDX-License-Identifier: Apache-2.0
//
// What became of many messages that one command published.
//
// Threads: Confined to its owner.
#pragma once

#include <cstdint>
#include <string>

#include "belfry/publish.h"

namespace belfry::cli {

struct PubSummary {
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;
  // What every message achieved; kNone if they differ, or one was not OK.
  AckLevel achieved = AckLevel::kNone;
  // The first outcome that was not OK.
  PublishOutcome first_problem;
  double seconds = 0;

  void Add(const PublishOutcome& outcome);
  bool all_ok() const { return failed + unknown == 0; }
};

std::string SummaryText(const PubSummary& summary);
// The keys of one message's outcome, then the totals. What is not one value for all messages is
// null: each has its own position, and who subscribes may change between two of them.
std::string SummaryJson(const PubSummary& summary);
// For stderr, without "belfry: "; empty if all are OK.
std::string SummaryProblem(const PubSummary& summary);

}  // namespace belfry::cli
