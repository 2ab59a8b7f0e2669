// SPDX-License-Identifier: Apache-2.0
//
// Rows in aligned columns, as wide as what stands in them. A long list need not be held: after
// each Take the columns keep their widths, and grow only for what is wider.
//
// Threads: Confined to its owner. Cells are safe to show (TerminalText).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/style.h"

namespace belfry::cli {

class Table {
 public:
  struct Column {
    std::string name;
    bool right_aligned = false;
  };
  // How many rows to gather before their widths are chosen.
  static constexpr size_t kRowsToGather = 1000;

  Table(std::vector<Column> columns, Style style);

  // As many cells as columns; `marked`: painted, to be noticed.
  void Add(std::vector<std::string> cells, bool marked = false);
  size_t rows() const { return rows_.size(); }
  // The lines of what was added since the last time, without line breaks; the first time the
  // heading comes before them.
  std::vector<std::string> Take();

 private:
  struct Row {
    std::vector<std::string> cells;
    bool marked = false;
  };
  std::string Line(const std::vector<std::string>& cells) const;

  const std::vector<Column> columns_;
  const Style style_;
  std::vector<size_t> widths_;
  std::vector<Row> rows_;
  bool heading_shown_ = false;
};

}  // namespace belfry::cli
