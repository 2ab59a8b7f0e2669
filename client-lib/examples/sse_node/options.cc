// SPDX-License-Identifier: Apache-2.0
#include "client-lib/examples/sse_node/options.h"

#include <charconv>
#include <string_view>

namespace sse_node {
namespace {

bool ParseListen(std::string_view text, Options& options) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);  // [::1]:8080
  }
  options.listen_host = host;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, options.listen_port);
  return error == std::errc() && rest == end;
}

// It is shown on the page and stands on one line of an event.
bool IsName(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

}  // namespace

std::string ParseOptions(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      options.help = true;
      return "";
    }
    if (name != "--listen" && name != "--server" && name != "--name" && name != "--ports-file") {
      return "unknown option '" + name + "'; see --help";
    }
    if (i + 1 == argc) return name + " needs a value; see --help";
    const std::string value = argv[++i];
    if (name == "--listen" && !ParseListen(value, options)) {
      return "'" + value + "' is no address to listen on; write HOST:PORT, as in 127.0.0.1:8080";
    }
    if (name == "--name" && !IsName(value)) {
      return "the name must be 1 to 64 printable ASCII characters; choose another --name";
    }
    if (name == "--server") options.server = value;
    if (name == "--name") options.name = value;
    if (name == "--ports-file") options.ports_file = value;
  }
  return "";
}

std::string Usage() {
  return "sse_node: chat rooms in the browser, kept in step by a Belfry broker\n"
         "\n"
         "  --listen HOST:PORT   where to serve HTTP (127.0.0.1:8080; port 0 takes a free one)\n"
         "  --server HOST:PORT   the broker, or several split by commas (127.0.0.1:7450)\n"
         "  --name NAME          how this node calls itself on its page (sse-node)\n"
         "  --ports-file FILE    write {\"http\":PORT} there once it listens\n"
         "\n"
         "Example: sse_node --listen 127.0.0.1:8081 --name A, and open http://127.0.0.1:8081/\n";
}

}  // namespace sse_node
