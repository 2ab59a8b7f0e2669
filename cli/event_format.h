// SPDX-License-Identifier: Apache-2.0
//
// How what happens is shown: messages, gaps, states and outcomes, each as a line for people and as
// a line of JSON (the contract that scripts rely on). Lines have no line break at their end.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/message.h"
#include "belfry/publish.h"
#include "belfry/state.h"
#include "cli/style.h"

namespace belfry::cli {

// A message by what is shown of it.
struct MessageFields {
  std::string_view topic;
  std::string_view payload;
  // Empty: none.
  std::string_view key = {};
  // Empty without authentication.
  std::string_view publisher = {};
  std::vector<std::pair<std::string_view, std::string_view>> headers = {};
  std::optional<Position> position = {};
  int64_t time_unix_us = 0;
};

std::string MessageText(const MessageFields& message, const Style& style = Style());
// Bytes that are not UTF-8 stand in payload_base64, key_base64 and headers_base64 instead. A header
// that occurs more than once is an array.
std::string MessageJson(const MessageFields& message);

// As in JSON: "local_overflow".
std::string_view CauseName(GapCause cause);

// One line a topic; one with topic null if the gap does not say which.
std::vector<std::string> GapText(const Gap& gap, const Style& style = Style());
std::vector<std::string> GapJson(const Gap& gap);

std::string SubscribedText(std::string_view filter);
std::string SubscribedJson(std::string_view filter);

// Empty for states that are not shown: only connected and reconnecting are.
std::string StateText(const StateChange& change);
std::string StateJson(const StateChange& change);

// What the broker says unasked.
std::string NoticeText(const Error& notice);
std::string NoticeJson(const Error& notice);

// Unset for kNone: nothing is known to be achieved.
std::optional<std::string> AchievedName(AckLevel level);
std::string OutcomeText(const PublishOutcome& outcome);
// `line` is the number of the line of standard input, for --lines.
std::string OutcomeJson(const PublishOutcome& outcome, std::optional<uint64_t> line);
// Empty if it is OK; otherwise what to say on stderr, without "belfry: ".
std::string OutcomeProblem(const PublishOutcome& outcome);

// Microseconds since the epoch as RFC 3339 in UTC, to the microsecond.
std::string Rfc3339(int64_t unix_us);

}  // namespace belfry::cli
