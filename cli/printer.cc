// SPDX-License-Identifier: Apache-2.0
#include "cli/printer.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "cli/style.h"

namespace belfry::cli {
namespace {

// What is gathered at most before it is written: as much as a pipe holds.
constexpr size_t kMuch = size_t{64} << 10;

}  // namespace

void Printer::Append(std::string_view line) {
  waiting_ += line;
  waiting_ += '\n';
}

bool Printer::WriteAll() {
  std::string_view left = waiting_;
  bool writable = true;
  while (writable && !left.empty()) {
    const ssize_t written = write(STDOUT_FILENO, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody who shares it has made it so.
      pollfd room = {STDOUT_FILENO, POLLOUT, 0};
      poll(&room, 1, -1);
    } else {
      writable = errno == EINTR;
    }
  }
  waiting_.clear();
  return writable;
}

bool Printer::Line(std::string_view line) {
  const MutexLock lock(mutex_);
  Append(line);
  return WriteAll();
}

bool Printer::Buffer(std::string_view line) {
  const MutexLock lock(mutex_);
  Append(line);
  return waiting_.size() < kMuch || WriteAll();
}

bool Printer::Flush() {
  const MutexLock lock(mutex_);
  return WriteAll();
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
