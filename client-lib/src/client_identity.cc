// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/client_identity.h"

#include <unistd.h>

#include <algorithm>
#include <random>

namespace belfry::client {

std::string RandomBytes(size_t count) {
  std::random_device device;
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(device());
  return bytes;
}

std::string DefaultClientId() {
  // A host name is at most 64 bytes; what is not plain ASCII in it would make a bad name.
  char host[65] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
  std::string id = host;
  std::replace_if(
      id.begin(), id.end(), [](char c) { return c <= ' ' || c > '~'; }, '_');
  if (id.empty()) id = "client";
  id += '-' + std::to_string(getpid()) + '-';
  for (const char byte : RandomBytes(4)) {
    constexpr char kHex[] = "0123456789abcdef";
    id += kHex[static_cast<unsigned char>(byte) >> 4];
    id += kHex[byte & 15];
  }
  return id;
}

}  // namespace belfry::client
