// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <string>

#include "cli/admin.h"
#include "cli/admin_problem.h"
#include "cli/commands.h"
#include "cli/list_printer.h"
#include "cli/printer.h"
#include "common/clock.h"

namespace belfry::cli {
namespace {

int64_t NowUnixMs() { return SystemClock().WallUnixMicros() / 1000; }

void WarnOfIncomplete() { Remark(kTopicsIncomplete); }

}  // namespace

int RunTopics(const GlobalOptions& global, const TopicsCommand& command) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  ListPrinter list(global, TopicColumns());
  bool incomplete = false;
  const Status status =
      (*admin)->ListTopics(command.filter, global.timeout, [&](const TopicReport& topic) {
        incomplete = incomplete || topic.incomplete;
        return global.json ? list.Json(TopicJson(topic))
                           : list.Row([&](Table& table) { AddTo(table, topic, NowUnixMs()); });
      });
  if (!list.End()) return Fail(kCannotWrite);
  if (!status.ok()) return Fail(AdminProblem(status));
  if (!global.json && list.count() == 0) Remark("# no topics");
  if (incomplete) WarnOfIncomplete();
  return 0;
}

int RunTopicShow(const GlobalOptions& global, const TopicShowCommand& command) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  const auto topic = (*admin)->GetTopic(command.topic, global.timeout);
  if (!topic.ok()) return Fail(AdminProblem(topic.status()));
  const Style style = Style::For(STDOUT_FILENO, global);
  if (!PrintBlock(global.json ? TopicJson(*topic) : TopicText(*topic, NowUnixMs(), style))) {
    return Fail(kCannotWrite);
  }
  if (topic->incomplete && !global.json) WarnOfIncomplete();
  return 0;
}

}  // namespace belfry::cli
