// SPDX-License-Identifier: Apache-2.0
//
// Asks a broker's Admin service. The one place of the command that knows gRPC; answers come as
// plain structs.
//
// Lifecycle: made once for a command; connects when first asked, and again when that failed.
// Threads: Confined to one thread, but for Cancel, which is Thread-safe.
// Fails: with what a server answered, or, if none did, with UNAVAILABLE or DEADLINE_EXCEEDED;
// AdminProblem says it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/node_report.h"
#include "cli/options.h"
#include "cli/session_report.h"
#include "cli/topic_report.h"
#include "common/status.h"

namespace belfry::cli {

class Admin {
 public:
  // Only unreadable TLS files are an error here.
  static StatusOr<std::unique_ptr<Admin>> Create(const GlobalOptions& global);
  ~Admin();

  // Each asks the servers in turn, at most `patience` each, until one answers.
  StatusOr<NodeReport> GetNode(Duration patience);
  StatusOr<TopicReport> GetTopic(const std::string& topic, Duration patience);
  StatusOr<SessionReport> GetSession(const std::string& session_id, Duration patience);
  Status KickSession(const std::string& session_id, Duration patience);

  // Lists come one by one and are not held: `take` gets each, and ends it by returning false.
  // `patience` is for each of them.
  Status ListTopics(const std::string& filter, Duration patience,
                    const std::function<bool(TopicReport)>& take);
  Status ListSessions(bool slow_only, Duration patience,
                      const std::function<bool(SessionReport)>& take);

  // What is being asked ends at once, and so does all that is asked later: with CANCELLED.
  void Cancel();

 private:
  struct Servers;
  explicit Admin(std::unique_ptr<Servers> servers);

  const std::unique_ptr<Servers> servers_;
};

}  // namespace belfry::cli
