// SPDX-License-Identifier: Apache-2.0
//
// What client_session_fuzz.cc does with libFuzzer's bytes, with random ones: a few thousand lives
// of a client, each another.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/client_session_script.h"

namespace belfry::client {
namespace {

std::vector<uint8_t> BytesOf(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> bytes(random() % 1000);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

TEST(ClientSessionRandom, KeepsItsPromisesWhateverHappens) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    ASSERT_EQ(test::RunClientSessionScript(BytesOf(seed)), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace belfry::client
