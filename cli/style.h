// SPDX-License-Identifier: Apache-2.0
//
// Colours, where somebody sees them: on a terminal, unless the environment says otherwise
// (NO_COLOR, TERM=dumb). What is painted reads the same without.
//
// Threads: Immutable value.
#pragma once

#include <string>
#include <string_view>

#include "cli/options.h"

namespace belfry::cli {

class Style {
 public:
  // Plain.
  Style() = default;
  explicit Style(bool colours) : colours_(colours) {}
  // For a descriptor; never with --json.
  static Style For(int descriptor, const GlobalOptions& global);

  bool colours() const { return colours_; }
  std::string Bold(std::string_view text) const { return Paint("1", text); }
  std::string Dim(std::string_view text) const { return Paint("2", text); }
  std::string Red(std::string_view text) const { return Paint("31", text); }
  std::string Green(std::string_view text) const { return Paint("32", text); }
  std::string Yellow(std::string_view text) const { return Paint("33", text); }
  std::string Cyan(std::string_view text) const { return Paint("36", text); }

 private:
  std::string Paint(std::string_view code, std::string_view text) const;

  bool colours_ = false;
};

// `no_color` and `term`: the variables of that name; null if they are not set.
bool WantsColours(bool is_terminal, const char* no_color, const char* term);

}  // namespace belfry::cli
