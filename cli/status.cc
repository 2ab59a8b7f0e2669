// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "cli/admin.h"
#include "cli/admin_problem.h"
#include "cli/commands.h"
#include "cli/printer.h"

namespace belfry::cli {

int RunStatus(const GlobalOptions& global) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  const auto node = (*admin)->GetNode(global.timeout);
  if (!node.ok()) return Fail(AdminProblem(node.status()));
  const Style style = Style::For(STDOUT_FILENO, global);
  return PrintBlock(global.json ? NodeJson(*node) : NodeText(*node, style)) ? 0
                                                                            : Fail(kCannotWrite);
}

}  // namespace belfry::cli
