// SPDX-License-Identifier: Apache-2.0
//
// What the options of a command line say before anybody has looked whether it makes sense: the
// command tree writes into it, the checks read from it.
//
// Threads: Confined to whoever parses. Units: text as it was typed; nothing is checked yet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::cli {

struct RawOptions {
  std::string server = "127.0.0.1:7450";
  std::string tls_ca, tls_cert, tls_key;
  std::string timeout;
  bool json = false;

  // pub; `topic` also for topic show.
  std::string topic, payload, key, ack = "accepted";
  // An empty payload is one, too.
  bool has_payload = false;
  bool lines = false;
  uint64_t pub_count = 1;
  std::vector<std::string> headers;

  // sub
  std::vector<std::string> filters;
  bool literal = false, glob = false;
  uint64_t sub_count = 0;
  std::string overflow = "drop-oldest";

  // topics, sessions, session
  std::string topics_filter;
  bool has_topics_filter = false;
  bool slow_only = false;
  std::string session_id;

  std::string wait_subscribers;

  // top
  std::string interval = "1s";
  uint64_t top_count = 0;

  // completion
  std::string shell;

  // bench; 0 subscribers: as many as suit the kind.
  uint32_t publishers = 1, subscribers = 0, topics = 1;
  std::string size = "128", rate = "max";
  double seconds = 5, warmup = 1;
};

}  // namespace belfry::cli
