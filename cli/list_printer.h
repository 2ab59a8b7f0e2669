// SPDX-License-Identifier: Apache-2.0
//
// Prints a list that may be long, without holding it: as a table for people, or as one object a
// line.
//
// Lifecycle: Row or Json for each, then End once. Threads: Confined to its owner.
// Fails: false once standard output takes no more.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "cli/printer.h"
#include "cli/table.h"

namespace belfry::cli {

class ListPrinter {
 public:
  ListPrinter(const GlobalOptions& global, std::vector<Table::Column> columns);

  bool Row(const std::function<void(Table&)>& add);
  bool Json(std::string_view line);
  bool End();
  uint64_t count() const { return count_; }

 private:
  bool Flush();

  Printer printer_;
  Table table_;
  uint64_t count_ = 0;
  bool ok_ = true;
};

}  // namespace belfry::cli
