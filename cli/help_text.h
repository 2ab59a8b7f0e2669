// SPDX-License-Identifier: Apache-2.0
//
// What stands below the options in each command's --help: how it behaves, and examples that work as
// they are.
//
// Threads: Immutable.
#pragma once

namespace belfry::cli {

inline constexpr char kExamples[] =
    "Examples:\n"
    "  belfry wait --timeout 10s\n"
    "  belfry sub 'town.>' &\n"
    "  belfry pub town.square 'market day'\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.";
inline constexpr char kPubExamples[] =
    "Prints the outcome. With --json: one object a message; with --count above 1, one object for "
    "all.\n"
    "A payload that begins with a dash stands after --.\n"
    "\n"
    "Examples:\n"
    "  belfry pub town.square hello\n"
    "  belfry pub town.square hello --header from=mayor --key bell\n"
    "  date | belfry pub town.clock -\n"
    "  tail -f log | belfry pub town.log --lines";
inline constexpr char kSubExamples[] =
    "Prints messages as TOPIC PAYLOAD until Ctrl-C; a line that begins with # is about the "
    "messages, not\n"
    "one of them. Control characters are shown escaped; --json gives the exact bytes.\n"
    "Each filter keeps its messages in order; those of two filters may come out of order with each "
    "other.\n"
    "Quote filters: the shell reads * and > too.\n"
    "\n"
    "Examples:\n"
    "  belfry sub 'town.>'\n"
    "  belfry sub 'orders.*.paid' 'orders.*.sent' --count 10 --json\n"
    "  belfry sub --literal 'a.*'";
inline constexpr char kStatusExamples[] = "Example:\n  belfry status --server 10.0.0.7:7450";
inline constexpr char kWaitExamples[] =
    "Also while the broker is not up yet. Exit code 1 if --timeout (10s) passes first.\n"
    "\n"
    "Examples:\n"
    "  belfry wait --timeout 30s\n"
    "  belfry wait --subscribers town.square=2";
inline constexpr char kFanoutExamples[] =
    "Subscriber i subscribes to topic i mod TOPICS; publishers take the topics in turn. With a "
    "rate, delays\n"
    "count from when a message was due, not from when it was sent. With max, what is on its way "
    "is\n"
    "bounded. Numbers in microseconds; CPU of all clients and of the broker.\n"
    "\n"
    "Examples:\n"
    "  belfry bench fanout --subscribers 100 --seconds 10\n"
    "  belfry bench fanout --publishers 4 --topics 4 --subscribers 40 --rate 10000 --json";
inline constexpr char kLatencyExamples[] =
    "Without --rate one message is under way at a time: from publish to the last subscriber's "
    "handler.\n"
    "\n"
    "Examples:\n"
    "  belfry bench latency\n"
    "  belfry bench latency --subscribers 10 --rate 10000 --seconds 10";

}  // namespace belfry::cli
