// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/resume_token.h"

#include <sys/random.h>

#include "common/check.h"

namespace belfry::frontend::grpc {

std::string NewResumeToken() {
  std::string token(16, '\0');
  // Requests of up to 256 bytes are never cut short (getrandom(2)).
  BELFRY_CHECK(getrandom(token.data(), token.size(), 0) == static_cast<ssize_t>(token.size()));
  return token;
}

}  // namespace belfry::frontend::grpc
