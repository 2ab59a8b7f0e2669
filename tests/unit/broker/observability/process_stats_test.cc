// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/process_stats.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <vector>

namespace belfry::observability {
namespace {

ProcessStats Read() {
  const StatusOr<ProcessStats> stats = ReadProcessStats();
  EXPECT_TRUE(stats.ok()) << stats.status();
  return stats.ok() ? *stats : ProcessStats{};
}

TEST(ProcessStats, CountsDescriptors) {
  const uint64_t before = Read().open_fds;
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(Read().open_fds, before + 1);
  close(fd);
  EXPECT_EQ(Read().open_fds, before);
}

TEST(ProcessStats, SeesMemoryThatIsUsed) {
  const uint64_t before = Read().resident_bytes;
  constexpr size_t kBytes = size_t{64} << 20;
  std::vector<char> block(kBytes);
  std::memset(block.data(), 1, block.size());
  EXPECT_GT(Read().resident_bytes, before + kBytes / 2);
  EXPECT_EQ(block[kBytes / 2], 1);
}

TEST(ProcessStats, CpuTimeGrowsWithWork) {
  const uint64_t before = Read().cpu_micros;
  volatile uint64_t work = 0;
  while (Read().cpu_micros < before + 2'000) work = work + 1;
  EXPECT_GT(Read().cpu_micros, before);
}

TEST(ProcessStats, StandOnTheMetricsPage) {
  MetricsPage page;
  AddProcessMetrics(page);
  EXPECT_THAT(page.Render(),
              testing::AllOf(testing::HasSubstr("\nbelfry_process_resident_bytes "),
                             testing::HasSubstr("\nbelfry_process_cpu_seconds_total "),
                             testing::HasSubstr("\nbelfry_process_open_fds ")));
}

}  // namespace
}  // namespace belfry::observability
