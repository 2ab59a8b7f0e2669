// SPDX-License-Identifier: Apache-2.0
// One node of a web application whose users share chat rooms across nodes: rooms.h talks to the
// broker, web_server.h to browsers.
#include <signal.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "client-lib/examples/sse_node/options.h"
#include "client-lib/examples/sse_node/rooms.h"
#include "client-lib/examples/sse_node/web_server.h"

namespace {

int Fail(int code, const std::string& text) {
  std::fprintf(stderr, "sse_node: %s\n", text.c_str());
  return code;
}

// By rename, so that whoever waits for the file never reads half of it.
bool WritePortsFile(const std::string& path, uint16_t port) {
  const std::string partial = path + ".partial";
  std::FILE* file = std::fopen(partial.c_str(), "w");
  if (file == nullptr) return false;
  const bool written = std::fprintf(file, "{\"http\":%u}\n", port) > 0;
  return std::fclose(file) == 0 && written && std::rename(partial.c_str(), path.c_str()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  sse_node::Options options;
  const std::string wrong = sse_node::ParseOptions(argc, argv, options);
  if (!wrong.empty()) return Fail(2, wrong);
  if (options.help) return std::fputs(sse_node::Usage().c_str(), stdout) < 0 ? 1 : 0;

  // Before any thread starts, so that all inherit it and sigwait below gets the signal.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  signal(SIGPIPE, SIG_IGN);

  std::string error;
  const auto rooms = sse_node::Rooms::Create(options.server, options.name, &error);
  if (rooms == nullptr) return Fail(2, error + "; see --help");
  sse_node::WebServer server(*rooms);
  const uint16_t port = server.Listen(options.listen_host, options.listen_port);
  if (port == 0) {
    return Fail(1, "cannot listen on " + options.listen_host + ":" +
                       std::to_string(options.listen_port) + "; choose another --listen");
  }
  std::thread serving([&server] { server.Run(); });
  const auto stop = [&] {
    rooms->CloseSeats();
    server.Stop();
    serving.join();
  };
  if (!options.ports_file.empty() && !WritePortsFile(options.ports_file, port)) {
    stop();
    return Fail(1, "cannot write " + options.ports_file + "; choose another --ports-file");
  }
  std::fprintf(stderr, "sse_node: node %s serves http://%s:%u/\n", options.name.c_str(),
               options.listen_host.c_str(), port);

  int signal_number = 0;
  sigwait(&ending, &signal_number);
  stop();
  return 0;
}
