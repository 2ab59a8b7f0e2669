// SPDX-License-Identifier: Apache-2.0
#include "cli/list_printer.h"

#include <unistd.h>

#include <string>
#include <utility>

namespace belfry::cli {

ListPrinter::ListPrinter(const GlobalOptions& global, std::vector<Table::Column> columns)
    : table_(std::move(columns), Style::For(STDOUT_FILENO, global)) {}

bool ListPrinter::Row(const std::function<void(Table&)>& add) {
  add(table_);
  ++count_;
  return table_.rows() < Table::kRowsToGather || Flush();
}

bool ListPrinter::Json(std::string_view line) {
  ++count_;
  return ok_ = ok_ && printer_.Line(line);
}

bool ListPrinter::End() { return table_.rows() == 0 ? ok_ : Flush(); }

bool ListPrinter::Flush() {
  for (const std::string& line : table_.Take()) ok_ = ok_ && printer_.Line(line);
  return ok_;
}

}  // namespace belfry::cli
