// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/tls_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "client-lib/src/make_error.h"

namespace belfry::client {
namespace {

Error ReadTlsFile(std::string_view field, const std::string& path, std::string* text) {
  if (path.empty()) return Error();
  const auto wrong = [&](std::string_view what) {
    return MakeError(ErrorCode::kInvalidOption,
                     std::string(field) + ": " + std::string(what) + " \"" + path + "\"");
  };
  std::error_code unknown;
  // Opening a directory succeeds, and only reading it fails.
  if (!std::filesystem::is_regular_file(path, unknown)) return wrong("no regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return wrong("cannot read");
  text->assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (file.bad()) return wrong("cannot read");
  if (text->empty()) return wrong("nothing in");
  return Error();
}

}  // namespace

Error ReadTlsFiles(const TlsOptions& options, TlsFiles* files) {
  if (Error error = ReadTlsFile("tls.ca_file", options.ca_file, &files->ca)) return error;
  if (Error error = ReadTlsFile("tls.cert_file", options.cert_file, &files->cert)) return error;
  return ReadTlsFile("tls.key_file", options.key_file, &files->key);
}

}  // namespace belfry::client
