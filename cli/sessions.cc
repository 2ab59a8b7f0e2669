// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "cli/admin.h"
#include "cli/admin_problem.h"
#include "cli/commands.h"
#include "cli/json_writer.h"
#include "cli/list_printer.h"
#include "cli/printer.h"

namespace belfry::cli {

int RunSessions(const GlobalOptions& global, const SessionsCommand& command) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  ListPrinter list(global, SessionColumns());
  const Status status =
      (*admin)->ListSessions(command.slow_only, global.timeout, [&](const SessionReport& session) {
        return global.json ? list.Json(SessionJson(session))
                           : list.Row([&](Table& table) { AddTo(table, session); });
      });
  if (!list.End()) return Fail(kCannotWrite);
  if (!status.ok()) return Fail(AdminProblem(status));
  if (!global.json && list.count() == 0) {
    Remark(command.slow_only ? "# no slow sessions" : "# no sessions");
  }
  return 0;
}

int RunSessionShow(const GlobalOptions& global, const SessionShowCommand& command) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  const auto session = (*admin)->GetSession(command.session_id, global.timeout);
  if (!session.ok()) return Fail(AdminProblem(session.status()));
  const Style style = Style::For(STDOUT_FILENO, global);
  return PrintBlock(global.json ? SessionJson(*session) : SessionText(*session, style))
             ? 0
             : Fail(kCannotWrite);
}

int RunSessionKick(const GlobalOptions& global, const SessionKickCommand& command) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  if (Status status = (*admin)->KickSession(command.session_id, global.timeout); !status.ok()) {
    return Fail(AdminProblem(status));
  }
  const std::string json =
      JsonObject().Text("session_id", command.session_id).Bool("kicked", true).Line();
  return PrintBlock(global.json ? json : fmt::format("kicked: session {}", command.session_id))
             ? 0
             : Fail(kCannotWrite);
}

}  // namespace belfry::cli
