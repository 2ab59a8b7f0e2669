// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>

#include "cli/admin.h"
#include "cli/client_setup.h"
#include "cli/commands.h"
#include "cli/printer.h"
#include "cli/text.h"

namespace belfry::cli {

int RunStatus(const GlobalOptions& global) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  const auto node = (*admin)->GetNode(global.timeout);
  if (!node.ok()) {
    return Fail(fmt::format("no status ({}); start the broker or give another --server",
                            TerminalText(MessageOf(node.status()))));
  }
  std::string text = global.json ? NodeJson(*node) : NodeText(*node);
  if (text.back() == '\n') text.pop_back();
  return Printer().Line(text) ? 0 : Fail(kCannotWrite);
}

}  // namespace belfry::cli
