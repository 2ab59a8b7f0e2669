// SPDX-License-Identifier: Apache-2.0
//
// The files of page/, compiled in (CMakeLists.txt writes the definitions).
// Threads: Immutable.
#pragma once

#include <string_view>

namespace sse_node {

struct PageFile {
  std::string_view path;
  std::string_view content_type;
  std::string_view text;
};

extern const PageFile kPageFiles[4];

}  // namespace sse_node
