// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cli/amount_text.h"

namespace belfry::cli {
namespace {

constexpr std::string_view kClear = "\r\x1b[K";

}  // namespace

Progress::Progress(const Clock& clock, Write write)
    : clock_(clock), write_(std::move(write)), due_(clock.Now() + kFirst) {}

Progress::Write Progress::ForPeople(const GlobalOptions& global) {
  const char* const term = std::getenv("TERM");
  if (global.json || isatty(STDERR_FILENO) != 1 || term == nullptr ||
      std::string_view(term) == "dumb") {
    return nullptr;
  }
  return [](std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stderr); };
}

void Progress::Show(const std::function<std::string()>& text) {
  if (write_ == nullptr) return;
  const Instant now = clock_.Now();
  if (now < due_) return;
  due_ = now + kNext;
  write_(fmt::format("{}{}", kClear, text()));
  on_screen_ = true;
}

void Progress::Clear() {
  if (on_screen_) write_(kClear);
  on_screen_ = false;
}

std::string ProgressText(std::string_view done, uint64_t count, uint64_t total, Duration since) {
  const double seconds = std::chrono::duration<double>(since).count();
  std::string text = fmt::format("{} {}", done, CountText(count));
  if (total > 0) text += " of " + CountText(total);
  if (seconds > 0) {
    text += fmt::format(" ({}/s)",
                        CountText(static_cast<uint64_t>(static_cast<double>(count) / seconds)));
  }
  return text;
}

}  // namespace belfry::cli
