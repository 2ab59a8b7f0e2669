// SPDX-License-Identifier: Apache-2.0
#include "cli/style.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace belfry::cli {

bool WantsColours(bool is_terminal, const char* no_color, const char* term) {
  const bool refused = no_color != nullptr && *no_color != '\0';
  return is_terminal && !refused && term != nullptr && std::string_view(term) != "dumb";
}

Style Style::For(int descriptor, const GlobalOptions& global) {
  if (global.json) return Style();
  return Style(WantsColours(isatty(descriptor) == 1, std::getenv("NO_COLOR"), std::getenv("TERM")));
}

std::string Style::Paint(std::string_view code, std::string_view text) const {
  if (!colours_ || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace belfry::cli
