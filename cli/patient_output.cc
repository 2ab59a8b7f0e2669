// SPDX-License-Identifier: Apache-2.0
#include "cli/patient_output.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>

namespace belfry::cli {

PatientOutput::PatientOutput(int output, Interrupt& interrupt)
    : interrupt_(interrupt), descriptor_(output) {
  // A terminal that says it has room may have too little. Opened anew, as the shell and others use
  // the description that we have.
  if (isatty(output) != 1) return;
  const int own = open(fmt::format("/proc/self/fd/{}", output).c_str(),
                       O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0) return;
  descriptor_ = own;
  owned_ = true;
}

PatientOutput::~PatientOutput() {
  if (owned_) close(descriptor_);
}

bool PatientOutput::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!interrupt_.AwaitRoom(descriptor_)) return false;
    // A pipe that has room has room for this much.
    const size_t piece = std::min<size_t>(bytes.size(), PIPE_BUF);
    const ssize_t written = write(descriptor_, bytes.data(), piece);
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace belfry::cli
