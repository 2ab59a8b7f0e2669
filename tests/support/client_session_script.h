// SPDX-License-Identifier: Apache-2.0
//
// A client on a network, a clock and an executor that do what some bytes say: frames of every kind
// with any fields, raw bytes, writes that end, connections that break, time that passes, and an
// application that subscribes, publishes, drains and closes, also from inside its callbacks.
// Whatever they say, a client keeps its promises; Run says which one it did not.
//
// Threads: Confined to the test; everything happens on the calling thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace belfry::test {

// Empty if all was well.
std::string RunClientSessionScript(std::span<const uint8_t> bytes);

}  // namespace belfry::test
