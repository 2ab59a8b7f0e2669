// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/systemd_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace belfry::daemon {
namespace {

// A socket of our own in the place of systemd's.
class SystemdNotify : public testing::Test {
 protected:
  SystemdNotify() {
    std::string name = std::filesystem::temp_directory_path() / "belfry_notify.XXXXXX";
    folder_ = mkdtemp(name.data());
    path_ = folder_ + "/notify";
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const timeval deadline = {10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~SystemdNotify() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    close(fd_);
    std::filesystem::remove_all(folder_);
  }

  std::string Received() {
    char buffer[4096];
    const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
    return got < 0 ? "nothing" : std::string(buffer, static_cast<size_t>(got));
  }

  std::string folder_;
  std::string path_;
  int fd_ = -1;
};

TEST_F(SystemdNotify, SendsEachStateAsItIs) {
  for (const char* state : {"READY=1", "RELOADING=1", "READY=1", "WATCHDOG=1", "STOPPING=1"}) {
    EXPECT_TRUE(NotifySystemd(state));
    EXPECT_EQ(Received(), state);
  }
}

TEST_F(SystemdNotify, AStatusStaysOneLine) {
  EXPECT_TRUE(NotifySystemdStatus("3 sessions\nREADY=1\x1b[2J"));
  EXPECT_EQ(Received(), "STATUS=3 sessions READY=1 [2J");
}

TEST_F(SystemdNotify, TellsNobodyWithoutASocket) {
  unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(NotifySystemd("READY=1"));
}

TEST_F(SystemdNotify, SaysWhenNobodyListensAnyMore) {
  setenv("NOTIFY_SOCKET", (folder_ + "/gone").c_str(), 1);
  EXPECT_FALSE(NotifySystemd("READY=1"));
  setenv("NOTIFY_SOCKET", "not a path", 1);
  EXPECT_FALSE(NotifySystemd("READY=1"));
}

TEST_F(SystemdNotify, TheWatchdogIsFedAtHalfItsTime) {
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
  setenv("WATCHDOG_USEC", "20000000", 1);
  EXPECT_EQ(WatchdogInterval(), Duration(std::chrono::seconds(10)));
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(WatchdogInterval(), Duration(std::chrono::seconds(10)));
  // Meant for another process, which passed its environment on to us.
  setenv("WATCHDOG_PID", std::to_string(getppid()).c_str(), 1);
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
  unsetenv("WATCHDOG_PID");
  setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
}

}  // namespace
}  // namespace belfry::daemon
