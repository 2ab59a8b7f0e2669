// SPDX-License-Identifier: Apache-2.0
//
// Asks a broker's Admin service. The one place of the command that knows gRPC; answers come as
// plain structs.
//
// Lifecycle: made once for a command; connects when first asked, and again when that failed.
// Threads: Confined to the main thread. Fails: with the status of the last server asked;
// UNAVAILABLE if none answered.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/node_report.h"
#include "cli/options.h"
#include "common/status.h"

namespace belfry::cli {

struct TopicReport {
  uint32_t subscribers = 0;
  uint32_t nodes = 0;
};

class Admin {
 public:
  // Only unreadable TLS files are an error here.
  static StatusOr<std::unique_ptr<Admin>> Create(const GlobalOptions& global);
  ~Admin();

  // Each asks the servers in turn, at most `patience` each, until one answers.
  StatusOr<NodeReport> GetNode(Duration patience);
  StatusOr<TopicReport> GetTopic(const std::string& topic, Duration patience);

 private:
  struct Server;
  struct Servers;
  explicit Admin(std::unique_ptr<Servers> servers);

  const std::unique_ptr<Servers> servers_;
};

}  // namespace belfry::cli
