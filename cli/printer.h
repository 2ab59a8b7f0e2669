// SPDX-License-Identifier: Apache-2.0
//
// Lines on standard output, seen at once at the other end of a pipe and never torn: one write(2) is
// of whole lines, and goes on where the system took only a part of it. And remarks and errors on
// standard error in the forms that all commands share.
//
// Threads: Thread-safe.
// Fails: with false once standard output takes no more (a full disk; a closed pipe ends the process
// by itself).
#pragma once

#include <string>
#include <string_view>

#include "common/mutex.h"

namespace belfry::cli {

class Printer {
 public:
  // Written and flushed.
  bool Line(std::string_view line);
  // Written, to be flushed by Flush, or by itself when much has gathered: for whoever knows that
  // another line follows at once.
  bool Buffer(std::string_view line);
  bool Flush();

 private:
  void Append(std::string_view line) BELFRY_REQUIRES(mutex_);
  bool WriteAll() BELFRY_REQUIRES(mutex_);

  Mutex mutex_;
  // Whole lines.
  std::string waiting_ BELFRY_GUARDED_BY(mutex_);
};

// One line or several, with or without the last line break; false as above.
bool PrintBlock(std::string_view text);

// What to Fail with when a line could not be written.
inline constexpr std::string_view kCannotWrite =
    "cannot write to standard output; is the disk full?";

// A line for people on standard error, where it does not mix with what a script reads. Painted dim
// on a terminal.
void Remark(std::string_view line);

// Prints "belfry: TEXT"; TEXT says what is wrong and, after a semicolon, what to do. Returns 1.
int Fail(std::string_view text);

}  // namespace belfry::cli
