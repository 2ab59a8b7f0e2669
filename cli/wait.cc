// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "cli/admin.h"
#include "cli/client_setup.h"
#include "cli/commands.h"
#include "cli/json_writer.h"
#include "cli/printer.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

// The first pause is short because scripts start a broker and wait at once; the last does not load
// a broker that takes long.
constexpr Duration kFirstPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::milliseconds(250);
// A server that does not even refuse must not use up the time of the others.
constexpr Duration kPatience = std::chrono::seconds(1);

struct Look {
  bool done = false;
  // What to print when done, or why not.
  std::string text;
  std::string json;
  // The broker has answered.
  bool heard = true;
};

Look NotYet(const Status& status) { return {false, TerminalText(MessageOf(status)), "", false}; }

Look LookAtNode(Admin& admin, Duration patience) {
  const auto node = admin.GetNode(patience);
  if (!node.ok()) return NotYet(node.status());
  if (node->ready) {
    return {true, fmt::format("ready: node {}", TerminalText(node->node_id)),
            JsonObject().Bool("ready", true).Text("node", node->node_id).Line()};
  }
  return {false,
          node->reasons.empty() ? "the node is not ready" : TerminalText(node->reasons.front()),
          ""};
}

Look LookAtTopic(Admin& admin, const TopicCount& wanted, Duration patience) {
  const auto topic = admin.GetTopic(wanted.topic, patience);
  if (!topic.ok()) return NotYet(topic.status());
  return {topic->subscribers >= wanted.count,
          fmt::format("{} has {} of {} subscribers", TerminalText(wanted.topic), topic->subscribers,
                      wanted.count),
          JsonObject()
              .Text("topic", wanted.topic)
              .Number("subscribers", topic->subscribers)
              .Number("nodes", topic->nodes)
              .Line()};
}

}  // namespace

int RunWait(const GlobalOptions& global, const WaitCommand& command) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  const SystemClock clock;
  const Instant deadline = clock.Now() + global.timeout;
  Duration pause = kFirstPause;
  while (true) {
    const Duration left = deadline - clock.Now();
    const Duration patience = std::clamp(left, Duration(std::chrono::milliseconds(1)), kPatience);
    const Look look = command.subscribers ? LookAtTopic(**admin, *command.subscribers, patience)
                                          : LookAtNode(**admin, patience);
    if (look.done) {
      return Printer().Line(global.json ? look.json : look.text) ? 0 : Fail(kCannotWrite);
    }
    const Instant now = clock.Now();
    if (now >= deadline) {
      return Fail(fmt::format("gave up after {} ms: {}; {}give it a longer --timeout",
                              Millis(global.timeout).count(), look.text,
                              look.heard ? "" : "is the broker running at --server? "));
    }
    std::this_thread::sleep_for(std::min(pause, deadline - now));
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace belfry::cli
