// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <algorithm>
#include <utility>

#include "cli/display_width.h"
#include "common/check.h"

namespace belfry::cli {
namespace {

constexpr std::string_view kBetween = "  ";

}  // namespace

Table::Table(std::vector<Column> columns, Style style)
    : columns_(std::move(columns)), style_(style) {
  for (const Column& column : columns_) widths_.push_back(DisplayWidth(column.name));
}

void Table::Add(std::vector<std::string> cells, bool marked) {
  BELFRY_CHECK(cells.size() == columns_.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    widths_[i] = std::max(widths_[i], DisplayWidth(cells[i]));
  }
  rows_.push_back({std::move(cells), marked});
}

std::string Table::Line(const std::vector<std::string>& cells) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += kBetween;
    const std::string padding(widths_[i] - DisplayWidth(cells[i]), ' ');
    if (columns_[i].right_aligned) line += padding;
    line += cells[i];
    // Nothing stands after the last cell.
    if (!columns_[i].right_aligned && i + 1 < cells.size()) line += padding;
  }
  return line;
}

std::vector<std::string> Table::Take() {
  std::vector<std::string> lines;
  if (!heading_shown_) {
    std::vector<std::string> names;
    for (const Column& column : columns_) names.push_back(column.name);
    lines.push_back(style_.Bold(Line(names)));
    heading_shown_ = true;
  }
  for (const Row& row : rows_) {
    const std::string line = Line(row.cells);
    lines.push_back(row.marked ? style_.Yellow(line) : line);
  }
  rows_.clear();
  return lines;
}

}  // namespace belfry::cli
