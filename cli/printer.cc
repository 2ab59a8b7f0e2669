// SPDX-License-Identifier: Apache-2.0
#include "cli/printer.h"

#include <unistd.h>

#include <cstdio>

#include "cli/style.h"

namespace belfry::cli {

bool Printer::Write(std::string_view line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
         std::fputc('\n', stdout) != EOF;
}

bool Printer::Line(std::string_view line) {
  const MutexLock lock(mutex_);
  return Write(line) && std::fflush(stdout) == 0;
}

bool Printer::Buffer(std::string_view line) {
  const MutexLock lock(mutex_);
  return Write(line);
}

bool Printer::Flush() {
  const MutexLock lock(mutex_);
  return std::fflush(stdout) == 0;
}

bool PrintBlock(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return Printer().Line(text);
}

void Remark(std::string_view line) {
  static const Style kStyle = Style::For(STDERR_FILENO, GlobalOptions());
  std::fprintf(stderr, "%s\n", kStyle.Dim(line).c_str());
}

int Fail(std::string_view text) {
  std::fprintf(stderr, "belfry: %.*s\n", static_cast<int>(text.size()), text.data());
  return 1;
}

}  // namespace belfry::cli
