// SPDX-License-Identifier: Apache-2.0
//
// Writes to whatever takes its time, such as a pipe that nobody reads or a terminal that stands
// still, and still ends at once when a signal asks for it.
//
// Threads: Confined to the main thread. Fails: with false once the output takes no more.
#pragma once

#include <string_view>

#include "cli/interrupt.h"

namespace belfry::cli {

class PatientOutput {
 public:
  // Both must outlive it.
  PatientOutput(int output, Interrupt& interrupt);
  ~PatientOutput();
  PatientOutput(const PatientOutput&) = delete;
  PatientOutput& operator=(const PatientOutput&) = delete;

  // Also false, with a part of it written at most, when interrupt.Ending().
  bool Write(std::string_view bytes);
  // The descriptor to write to without patience.
  int descriptor() const { return descriptor_; }

 private:
  Interrupt& interrupt_;
  int descriptor_;
  bool owned_ = false;
};

}  // namespace belfry::cli
