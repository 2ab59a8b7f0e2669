// SPDX-License-Identifier: Apache-2.0
//
// Lines on standard output, each written whole and flushed, so that a script at the other end of a
// pipe sees it at once; and errors on standard error in the one form that all commands share.
//
// Threads: Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/mutex.h"

namespace belfry::cli {

class Printer {
 public:
  // False once standard output takes no more (a full disk; a closed pipe ends the process by
  // itself).
  bool Line(std::string_view line);

 private:
  Mutex mutex_;
};

// What to Fail with when Line was false.
inline constexpr std::string_view kCannotWrite =
    "cannot write to standard output; is the disk full?";

// Prints "belfry: TEXT"; TEXT says what is wrong and, after a semicolon, what to do. Returns 1.
int Fail(std::string_view text);

}  // namespace belfry::cli
