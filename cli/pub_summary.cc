// SPDX-License-Identifier: Apache-2.0
#include "cli/pub_summary.h"

#include <fmt/format.h>

#include "cli/event_format.h"
#include "cli/json_writer.h"

namespace belfry::cli {

void PubSummary::Add(const PublishOutcome& outcome) {
  if (!outcome.ok() && all_ok()) first_problem = outcome;
  const bool first = ok + failed + unknown == 0;
  const AckLevel level = outcome.ok() ? outcome.achieved : AckLevel::kNone;
  if (first || level != achieved) achieved = first ? level : AckLevel::kNone;
  switch (outcome.kind) {
    case PublishOutcome::Kind::kOk:
      ++ok;
      break;
    case PublishOutcome::Kind::kFailed:
      ++failed;
      break;
    case PublishOutcome::Kind::kUnknown:
      ++unknown;
      break;
  }
}

std::string SummaryText(const PubSummary& summary) {
  const uint64_t all = summary.ok + summary.failed + summary.unknown;
  return fmt::format("{} messages in {:.2f} s: {} ok, {} failed, {} unknown", all, summary.seconds,
                     summary.ok, summary.failed, summary.unknown);
}

std::string SummaryJson(const PubSummary& summary) {
  JsonObject json;
  json.Text("outcome", summary.unknown > 0  ? "unknown"
                       : summary.failed > 0 ? "failed"
                                            : "ok")
      .OptionalText("achieved", AchievedName(summary.achieved))
      .Null("epoch")
      .Null("offset")
      .Null("subscribers")
      .Null("nodes");
  if (summary.all_ok()) {
    json.Null("error");
  } else {
    json.Text("error", summary.first_problem.error.text);
  }
  json.Number("messages", summary.ok + summary.failed + summary.unknown)
      .Number("ok", summary.ok)
      .Number("failed", summary.failed)
      .Number("unknown", summary.unknown)
      .Decimal("seconds", summary.seconds, 3);
  return json.Line();
}

std::string SummaryProblem(const PubSummary& summary) {
  if (summary.all_ok()) return "";
  return fmt::format(
      "{} of {} messages are not certain, the first: {}", summary.failed + summary.unknown,
      summary.ok + summary.failed + summary.unknown, OutcomeProblem(summary.first_problem));
}

}  // namespace belfry::cli
