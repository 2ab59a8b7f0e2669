// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/trace.h"

#include <algorithm>

namespace belfry::sim {

void Trace::Add(const char* what, uint64_t who, uint64_t a, uint64_t b) {
  last_[count_++ % last_.size()] = Event{what, who, a, b};
  // Texts by content: where a literal lies differs from process to process.
  for (const char* c = what; *c != 0; ++c) digest_.Add(static_cast<unsigned char>(*c));
  digest_.Add(who);
  digest_.Add(a);
  digest_.Add(b);
}

// Texts hold '#' for the actor and then '%' for each number.
std::string Trace::Last() const {
  std::string text;
  const uint64_t first = count_ - std::min<uint64_t>(count_, last_.size());
  for (uint64_t i = first; i < count_; ++i) {
    const Event& event = last_[i % last_.size()];
    text += "  " + std::to_string(i) + "  ";
    uint64_t next = event.a;
    for (const char* c = event.what; *c != 0; ++c) {
      if (*c == '#') {
        text += std::to_string(event.who);
      } else if (*c == '%') {
        text += std::to_string(next);
        next = event.b;
      } else {
        text += *c;
      }
    }
    text += '\n';
  }
  return text;
}

}  // namespace belfry::sim
