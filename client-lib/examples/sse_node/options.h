// SPDX-License-Identifier: Apache-2.0
//
// What the command line of sse_node says.
//
// Threads: Immutable after ParseOptions. Fails: with one line for a person.
#pragma once

#include <cstdint>
#include <string>

namespace sse_node {

struct Options {
  std::string listen_host = "127.0.0.1";
  // 0: any free port.
  uint16_t listen_port = 8080;
  // One or more HOST:PORT, split by commas.
  std::string server = "127.0.0.1:7450";
  std::string name = "sse-node";
  // Where to write {"http":PORT}; empty for nowhere.
  std::string ports_file;
  bool help = false;
};

// Returns what is wrong, or an empty text.
std::string ParseOptions(int argc, char** argv, Options& options);

// The text of --help.
std::string Usage();

}  // namespace sse_node
