// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/memory_watch.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "broker/observability/process_stats.h"

namespace belfry::daemon {
namespace {

// Below this part of the limit nothing is to be decided (core::MemoryBudget acts from 70 %).
constexpr size_t kExactFromPercent = 60;

// The limit in the file; "max", or no file, is none.
size_t LimitIn(const std::string& path) {
  std::ifstream file(path);
  size_t limit = SIZE_MAX;
  return file >> limit ? limit : SIZE_MAX;
}

// The least limit of a control group and of those above it. Inside a container the mount itself may
// be the group, under whatever path the process is told; the root is looked at in any case.
size_t LimitOfGroup(const std::string& mount, std::string group, const std::string& file) {
  size_t limit = LimitIn(mount + "/" + file);
  while (group.size() > 1) {
    limit = std::min(limit, LimitIn(mount + group + "/" + file));
    group.resize(group.rfind('/'));
  }
  return limit;
}

// The path of this process in the hierarchy `controller` of /proc/self/cgroup ("" is version 2).
std::string ControlGroup(const std::string& controller) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    if (line.substr(first + 1, second - first - 1) == controller) return line.substr(second + 1);
  }
  return "/";
}

}  // namespace

size_t MemoryWatch::InUse() const {
  const auto process = observability::ReadProcessStats();
  const size_t resident = process.ok() ? process->resident_bytes : SIZE_MAX;
  if (resident < budget_.limit() / 100 * kExactFromPercent) return resident;
  const struct mallinfo2 heap = mallinfo2();
  const size_t allocated = heap.uordblks + heap.hblkhd;
  // A sanitizer's allocator tells nothing.
  return allocated == 0 ? 0 : std::min(allocated, resident);
}

void MemoryWatch::Observe() {
  if (budget_.limit() == 0) return;
  const size_t in_use = InUse();
  const size_t charged = budget_.charged();
  budget_.ObserveOther(in_use > charged ? in_use - charged : 0);
}

size_t MemoryWatch::AvailableBytes() {
  const size_t machine =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return std::min(
      {machine, LimitOfGroup("/sys/fs/cgroup", ControlGroup(""), "memory.max"),
       LimitOfGroup("/sys/fs/cgroup/memory", ControlGroup("memory"), "memory.limit_in_bytes")});
}

}  // namespace belfry::daemon
