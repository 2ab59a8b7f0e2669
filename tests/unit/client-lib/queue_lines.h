// SPDX-License-Identifier: Apache-2.0
//
// Batches to put into an EventQueue, and what comes out of it as lines to compare.
//
// Threads: pure functions.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "belfry/v1/broker.pb.h"
#include "client-lib/src/event_queue.h"

namespace belfry::client {

using Lines = std::vector<std::string>;

// One message a text: its topic, and behind a slash its key.
inline std::shared_ptr<const DeliverBatch> BatchOf(const std::vector<std::string>& topics) {
  v1::Deliver deliver;
  for (const std::string& text : topics) {
    v1::Message* message = deliver.add_messages();
    message->set_topic(text.substr(0, text.find('/')));
    if (text.find('/') != std::string::npos) message->set_key(text.substr(text.find('/') + 1));
  }
  auto owner = std::make_shared<std::string>(deliver.SerializeAsString());
  const std::string_view body = *owner;
  auto batch = ParseDeliver(FrameBytes{owner, body}, body);
  EXPECT_NE(batch, nullptr);
  return batch;
}

// "m:" and the topic, "/" and the key if there is one; "g" and cause:topics=count, "c", "r".
inline std::string Describe(const QueuedEvent& event) {
  switch (event.kind) {
    case QueuedEvent::Kind::kMessage:
      return "m:" + std::string(event.record->view.topic) +
             (event.record->view.key.empty() ? "" : "/" + std::string(event.record->view.key));
    case QueuedEvent::Kind::kConfirmed:
      return "c";
    case QueuedEvent::Kind::kRefused:
      return "r";
    case QueuedEvent::Kind::kBarrier:
      return "barrier";
    case QueuedEvent::Kind::kReplaced:
      return "replaced";
    case QueuedEvent::Kind::kGap:
      break;
  }
  std::string text = "g" + std::to_string(static_cast<int>(event.gap->cause)) + ":";
  for (const TopicGap& topic : event.gap->topics) {
    text += topic.topic + "=" + std::to_string(topic.count) + ",";
  }
  text += event.gap->count ? std::to_string(*event.gap->count) : "?";
  return text;
}

inline Lines TakeAll(EventQueue& queue) {
  std::vector<QueuedEvent> events;
  queue.Take(SIZE_MAX, &events);
  Lines described;
  for (const QueuedEvent& event : events) described.push_back(Describe(event));
  return described;
}

}  // namespace belfry::client
