// SPDX-License-Identifier: Apache-2.0
#include "cli/live_terminal.h"

#include <errno.h>
#include <poll.h>
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

// A terminal that stands still is left as it is.
constexpr int kPatienceMillis = 500;

// What is no terminal of ours has no foreground to be in.
bool InForegroundOf(int terminal) {
  const pid_t foreground = tcgetpgrp(terminal);
  return foreground < 0 || foreground == getpgrp();
}

// Only what may be called in a signal handler.
void Restore() {
  if (before.entered == 0) return;
  before.entered = 0;
  pollfd waiting = {before.output, POLLOUT, 0};
  if (poll(&waiting, 1, kPatienceMillis) > 0) {
    [[maybe_unused]] const ssize_t written = write(before.output, kLeave.data(), kLeave.size());
  }
  // In the background it would stop us; the shell has given the terminal its own settings then.
  if (before.has_keys && InForegroundOf(before.input)) {
    tcsetattr(before.input, TCSANOW, &before.settings);
  }
}

void OnEnd(int number) {
  Restore();
  raise(number);  // the handler was for one time: now the default ends the process
}

// All that ends a process, but for what somebody else handles or ignores.
void RestoreAtEnd() {
  struct sigaction restoring = {};
  restoring.sa_handler = OnEnd;
  restoring.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction action = {};
    switch (number) {
      case SIGKILL:
      case SIGCHLD:
      case SIGCONT:
      case SIGSTOP:
      case SIGTSTP:
      case SIGTTIN:
      case SIGTTOU:
      case SIGURG:
      case SIGWINCH:
        continue;
      default:
        // The C library keeps some for itself.
        if (sigaction(number, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
        sigaction(number, &restoring, nullptr);
    }
  }
}

}  // namespace

LiveTerminal::LiveTerminal(int input, int output, Interrupt& interrupt)
    : input_(input), output_(output), writer_(output, interrupt), has_keys_(isatty(input) == 1) {}

LiveTerminal::~LiveTerminal() { Leave(); }

ScreenSize LiveTerminal::size() const {
  winsize window = {};
  if (ioctl(output_, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 || window.ws_col == 0) {
    return ScreenSize();
  }
  return {window.ws_row, window.ws_col};
}

bool LiveTerminal::InForeground() const { return InForegroundOf(has_keys_ ? input_ : output_); }

bool LiveTerminal::Enter() {
  before.input = input_;
  before.output = writer_.descriptor();
  before.has_keys = has_keys_ && tcgetattr(input_, &before.settings) == 0;
  has_keys_ = before.has_keys;
  RestoreAtEnd();
  before.entered = 1;
  entered_ = true;
  if (has_keys_) {
    termios settings = before.settings;
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    // Ctrl-S would stop the terminal, and keys would not be seen any more.
    settings.c_iflag &= ~static_cast<tcflag_t>(IXON);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    if (tcsetattr(input_, TCSANOW, &settings) != 0) return false;
  }
  return writer_.Write(kEnter);
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
  return writer_.Write(frame + "\x1b[J");
}

bool LiveTerminal::ReadKeys(std::string& keys) {
  char buffer[256];
  const ssize_t got = read(input_, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  keys.append(buffer, static_cast<size_t>(got));
  return true;
}

}  // namespace belfry::cli
