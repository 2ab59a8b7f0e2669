// SPDX-License-Identifier: Apache-2.0
//
// What a subscriber received and lost in all, to be summed up at its end.
//
// Threads: Confined to its owner.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "belfry/message.h"

namespace belfry::cli {

class LossTally {
 public:
  void AddMessage() { ++received_; }
  // With the topics that were shown.
  void AddGap(const Gap& gap);

  // Empty if nothing was lost: "# received 10 messages, lost 3 (2 by overflow, 1 by memory)".
  std::string Text() const;

 private:
  uint64_t received_ = 0;
  // By the names of the causes.
  std::map<std::string, uint64_t, std::less<>> lost_;
  // Gaps that could not say how much.
  std::map<std::string, uint64_t, std::less<>> uncounted_;
};

}  // namespace belfry::cli
