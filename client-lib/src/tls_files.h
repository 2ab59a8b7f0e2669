// SPDX-License-Identifier: Apache-2.0
//
// The contents of the files that TlsOptions names. They are read for every attempt to connect, so
// that a renewed certificate is used from the next one on.
//
// Threads: Thread-safe; reads files. Errors: INVALID_OPTION, the text begins with the field's name.
// A file that is empty or no regular file is an error, because gRPC takes an empty text for "not
// given" and then trusts its default roots.
#pragma once

#include <string>

#include "belfry/client_options.h"
#include "belfry/error.h"

namespace belfry::client {

// Empty where no file is named.
struct TlsFiles {
  std::string ca;
  std::string cert;
  std::string key;
};

Error ReadTlsFiles(const TlsOptions& options, TlsFiles* files);

}  // namespace belfry::client
