// SPDX-License-Identifier: Apache-2.0
//
// A session as operators see it: the text of its id, and its status.
//
// Threads: pure functions; StatusOf is called on the session's reactor. Errors: INVALID_ARGUMENT
// that says what an id looks like.
#pragma once

#include <string>
#include <string_view>

#include "belfry/v1/admin.pb.h"
#include "broker/core/session.h"
#include "broker/core/session_directory.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::frontend::grpc {

// 16 hexadecimal digits.
std::string SessionIdText(core::SessionId id);
StatusOr<core::SessionId> ParseSessionId(std::string_view text);

v1::SessionStatus StatusOf(const core::Session& session, Instant now);

}  // namespace belfry::frontend::grpc
