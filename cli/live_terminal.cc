// SPDX-License-Identifier: Apache-2.0
#include "cli/live_terminal.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace belfry::cli {
namespace {

// The second page, no cursor, no line wrapping; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

// What a signal handler can reach.
struct Before {
  volatile sig_atomic_t entered = 0;
  int input = -1;
  int output = -1;
  bool has_keys = false;
  termios settings = {};
};
Before before;

// Only what may be called in a signal handler.
void Restore() {
  if (before.entered == 0) return;
  before.entered = 0;
  [[maybe_unused]] const ssize_t written = write(before.output, kLeave.data(), kLeave.size());
  if (before.has_keys) tcsetattr(before.input, TCSADRAIN, &before.settings);
}

void OnCrash(int number) {
  Restore();
  raise(number);  // the handler was for one time: now the default ends the process
}

void RestoreOnCrash() {
  struct sigaction action = {};
  action.sa_handler = OnCrash;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) {
    sigaction(number, &action, nullptr);
  }
}

}  // namespace

LiveTerminal::LiveTerminal(int input, int output)
    : input_(input), output_(output), has_keys_(isatty(input) == 1) {}

LiveTerminal::~LiveTerminal() { Leave(); }

ScreenSize LiveTerminal::size() const {
  winsize window = {};
  if (ioctl(output_, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 || window.ws_col == 0) {
    return ScreenSize();
  }
  return {window.ws_row, window.ws_col};
}

bool LiveTerminal::Enter() {
  before.input = input_;
  before.output = output_;
  before.has_keys = has_keys_ && tcgetattr(input_, &before.settings) == 0;
  has_keys_ = before.has_keys;
  RestoreOnCrash();
  before.entered = 1;
  entered_ = true;
  if (has_keys_) {
    termios settings = before.settings;
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    // Ctrl-S would stop us inside a write, where no signal is seen.
    settings.c_iflag &= ~static_cast<tcflag_t>(IXON);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    if (tcsetattr(input_, TCSADRAIN, &settings) != 0) return false;
  }
  return Write(kEnter);
}

void LiveTerminal::Leave() {
  if (!entered_) return;
  entered_ = false;
  Restore();
}

bool LiveTerminal::Draw(const std::vector<std::string>& lines) {
  std::string frame = "\x1b[H";
  for (size_t i = 0; i < lines.size(); ++i) {
    frame += lines[i] + "\x1b[K";
    if (i + 1 < lines.size()) frame += "\r\n";
  }
  return Write(frame + "\x1b[J");
}

bool LiveTerminal::ReadKeys(std::string& keys) {
  char buffer[256];
  const ssize_t got = read(input_, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  keys.append(buffer, static_cast<size_t>(got));
  return true;
}

bool LiveTerminal::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(output_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace belfry::cli
