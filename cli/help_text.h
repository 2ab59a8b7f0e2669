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
inline constexpr char kPubHelp[] =
    "Prints the outcome. With --json: one object a message; with --count above 1, one object for "
    "all.\n"
    "A payload that begins with a dash stands after --.\n"
    "\n"
    "Examples:\n"
    "  belfry pub town.square hello\n"
    "  belfry pub town.square hello --header from=mayor --key bell\n"
    "  date | belfry pub town.clock -\n"
    "  tail -f log | belfry pub town.log --lines";
inline constexpr char kSubHelp[] =
    "Prints messages as TOPIC PAYLOAD until Ctrl-C; a line that begins with # is about the "
    "messages, not\n"
    "one of them. Control characters are shown escaped; --json gives the exact bytes.\n"
    "Each filter keeps its messages in order; those of two filters may come out of order with each "
    "other.\n"
    "Quote filters: the shell reads * and > too.\n"
    "--overflow says what becomes of messages that gather faster than they are printed: the oldest "
    "or "
    "the\n"
    "newest are lost, and a gap says so; or only the latest of each topic and key is kept; or it "
    "ends.\n"
    "\n"
    "Examples:\n"
    "  belfry sub 'town.>'\n"
    "  belfry sub 'orders.*.paid' 'orders.*.sent' --count 10 --json\n"
    "  belfry sub 'prices.*' --overflow conflate\n"
    "  belfry sub --literal 'a.*'";
inline constexpr char kTopicsHelp[] =
    "Topics with a literal subscription, and those published to in the last ten minutes, sorted. "
    "RATE is\n"
    "messages a second, averaged over 10 s.\n"
    "\n"
    "Examples:\n"
    "  belfry topics\n"
    "  belfry topics 'town.>' --json";
inline constexpr char kTopicHelp[] = "Example:\n  belfry topic show town.square";
inline constexpr char kTopicShowHelp[] =
    "Subscribers are all active subscriptions that match the topic, wildcards and patterns too: "
    "who "
    "would\n"
    "get a message published now.\n"
    "\n"
    "Example:\n"
    "  belfry topic show town.square";
inline constexpr char kSessionsHelp[] =
    "Of the node that answers, in no order. Attended: its client is connected. Parked: it has "
    "lost\n"
    "its connection and waits for its client; the age of what is queued rests meanwhile. Slow: "
    "half\n"
    "of a queue's bound is used, or messages were lost in the last 60 s.\n"
    "\n"
    "Examples:\n"
    "  belfry sessions\n"
    "  belfry sessions --slow --json";
inline constexpr char kSessionHelp[] = "Example:\n  belfry session show 00c5a80f3b9e2d17";
inline constexpr char kSessionShowHelp[] =
    "Exit code 1 if the node has no such session (any more).\n"
    "\n"
    "Example:\n"
    "  belfry session show 00c5a80f3b9e2d17";
inline constexpr char kSessionKickHelp[] =
    "When it returns the session has ended: it gets no further message. Its client may come back "
    "as "
    "a new\n"
    "session. Exit code 1 if the node has no such session (any more).\n"
    "\n"
    "Example:\n"
    "  belfry session kick 00c5a80f3b9e2d17";
inline constexpr char kStatusHelp[] = "Example:\n  belfry status --server 10.0.0.7:7450";
inline constexpr char kWaitHelp[] =
    "Also while the broker is not up yet. Exit code 1 if --timeout (10s) passes first.\n"
    "\n"
    "Examples:\n"
    "  belfry wait --timeout 30s\n"
    "  belfry wait --subscribers town.square=2";
inline constexpr char kTopHelp[] =
    "Full screen on a terminal: q or Ctrl-C ends it. Elsewhere, and with --json, one JSON object a "
    "look.\n"
    "Goes on when the broker goes away, and says so. Long lists are read less often than "
    "--interval.\n"
    "\n"
    "Examples:\n"
    "  belfry top\n"
    "  belfry top --json --interval 5s --count 12";
inline constexpr char kCompletionHelp[] =
    "For this shell only, or for good in ~/.local/share/bash-completion/completions/belfry.\n"
    "\n"
    "Example:\n"
    "  source <(belfry completion bash)";
inline constexpr char kBenchHelp[] = "Example:\n  belfry bench fanout --subscribers 10";
inline constexpr char kFanoutHelp[] =
    "Subscriber i subscribes to topic i mod TOPICS; publishers take the topics in turn. With a "
    "rate, delays\n"
    "count from when a message was due, not from when it was sent. With max, what is on its way "
    "is\n"
    "bounded. Numbers in microseconds; CPU of all clients and of the broker.\n"
    "\n"
    "Examples:\n"
    "  belfry bench fanout --subscribers 100 --seconds 10\n"
    "  belfry bench fanout --publishers 4 --topics 4 --subscribers 40 --rate 10000 --json";
inline constexpr char kLatencyHelp[] =
    "Without --rate one message is under way at a time: from publish to the last subscriber's "
    "handler.\n"
    "\n"
    "Examples:\n"
    "  belfry bench latency\n"
    "  belfry bench latency --subscribers 10 --rate 10000 --seconds 10";

}  // namespace belfry::cli
