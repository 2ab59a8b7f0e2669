// SPDX-License-Identifier: Apache-2.0
//
// What a subscription was told, in order, as lines to compare.
//
// Threads: Confined to the test, unless handlers run elsewhere.
#pragma once

#include <string>
#include <vector>

#include "belfry/subscription.h"

namespace belfry::client {

using Lines = std::vector<std::string>;

// Keeps what a subscription was told, in order.
struct Log {
  Lines lines;

  MessageHandler handler() {
    return [this](const Message& message) {
      lines.push_back(std::string(message.topic()) + "=" + std::string(message.payload()));
    };
  }
  SubscribeOptions options() {
    SubscribeOptions options;
    options.on_gap = [this](const Gap& gap) {
      std::string line = "gap" + std::to_string(static_cast<int>(gap.cause));
      for (const TopicGap& topic : gap.topics) {
        line += " " + topic.topic + ":" + std::to_string(topic.count);
      }
      lines.push_back(line + (gap.count ? " " + std::to_string(*gap.count) : " ?"));
    };
    options.on_confirmed = [this] { lines.push_back("confirmed"); };
    options.on_refused = [this](const Error& error) {
      lines.push_back("refused " + std::to_string(error.code));
    };
    return options;
  }
};

}  // namespace belfry::client
