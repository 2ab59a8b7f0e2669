// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <memory>

namespace belfry::observability {
namespace {

StatusOr<uint64_t> ResidentBytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             &std::fclose);
  unsigned long long total = 0;
  unsigned long long resident = 0;
  if (file == nullptr || std::fscanf(file.get(), "%llu %llu", &total, &resident) != 2) {
    return Unavailable("cannot read /proc/self/statm");
  }
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// getrusage, not /proc/self/stat: that counts in ticks of 10 ms.
uint64_t CpuMicros() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000 + static_cast<uint64_t>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

StatusOr<uint64_t> OpenFds() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), &closedir);
  if (folder == nullptr) return Unavailable("cannot read /proc/self/fd");
  uint64_t entries = 0;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++entries;
  }
  return entries - 1;  // the one that lists them
}

double OrNan(const StatusOr<uint64_t>& value) {
  return value.ok() ? static_cast<double>(*value) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

StatusOr<ProcessStats> ReadProcessStats() {
  const StatusOr<uint64_t> resident = ResidentBytes();
  if (!resident.ok()) return resident.status();
  const StatusOr<uint64_t> fds = OpenFds();
  if (!fds.ok()) return fds.status();
  return ProcessStats{*resident, CpuMicros(), *fds};
}

void AddProcessMetrics(MetricsPage& page) {
  page.AddGauge("belfry_process_resident_bytes", "Memory of the process held in RAM.",
                [] { return OrNan(ResidentBytes()); });
  page.AddCounter("belfry_process_cpu_seconds_total",
                  "Processor time of the process, user and system.",
                  [] { return static_cast<double>(CpuMicros()) / 1e6; });
  page.AddGauge("belfry_process_open_fds", "Open file descriptors of the process.",
                [] { return OrNan(OpenFds()); });
}

}  // namespace belfry::observability
