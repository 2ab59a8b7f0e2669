// SPDX-License-Identifier: Apache-2.0
#include "cli/display_width.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

#include "cli/text.h"

namespace belfry::cli {
namespace {

// One well-formed character, or one stray byte.
size_t LengthOfFirst(std::string_view text) { return std::max<size_t>(Utf8Length(text), 1); }

// glibc's table, whatever the environment's locale is: what we print is always UTF-8.
size_t WidthOfFirst(std::string_view text) {
  static const locale_t kUtf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (static_cast<unsigned char>(text[0]) < 0x80 || kUtf8 == locale_t()) return 1;
  const locale_t before = uselocale(kUtf8);
  wchar_t wide = 0;
  mbstate_t state = {};
  const size_t length = mbrtowc(&wide, text.data(), text.size(), &state);
  const int width = length <= text.size() ? wcwidth(wide) : 1;
  uselocale(before);
  return width < 0 ? 1 : static_cast<size_t>(width);
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    width += WidthOfFirst(text);
    text.remove_prefix(LengthOfFirst(text));
  }
  return width;
}

std::string CutToWidth(std::string_view text, size_t width) {
  // Where to cut if the rest turns out too wide: one column is kept for the mark.
  size_t cut = 0;
  size_t used = 0;
  for (size_t at = 0; at < text.size();) {
    used += WidthOfFirst(text.substr(at));
    if (used > width) {
      return width == 0 ? "" : std::string(text.substr(0, cut)) + "…";
    }
    at += LengthOfFirst(text.substr(at));
    if (used < width) cut = at;
  }
  return std::string(text);
}

}  // namespace belfry::cli
