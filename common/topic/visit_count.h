// SPDX-License-Identifier: Apache-2.0
//
// How much work a match was, for the tests that bound it: an index's walk takes one of these two,
// and the one that counts nothing compiles to nothing. A visit is a node of a tree entered, or a
// byte of the topic looked at by a glob. Threads: Confined to one call.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/topic/glob.h"

namespace belfry {

struct NoVisitCount {
  void Node() {}
  bool GlobRest(std::string_view pattern, std::string_view topic) {
    return GlobRestMatches(pattern, topic);
  }
};

struct VisitCount {
  size_t visits = 0;

  void Node() { ++visits; }
  bool GlobRest(std::string_view pattern, std::string_view topic) {
    return GlobRestMatchesCounted(pattern, topic, &visits);
  }
};

}  // namespace belfry
