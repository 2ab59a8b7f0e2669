// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/session_status.h"

#include <fmt/format.h>

#include <charconv>

namespace belfry::frontend::grpc {
namespace {

constexpr size_t kIdDigits = 16;
constexpr int kHexadecimal = 16;

uint64_t Milliseconds(Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::string SessionIdText(core::SessionId id) { return fmt::format("{:016x}", id); }

StatusOr<core::SessionId> ParseSessionId(std::string_view text) {
  core::SessionId id = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed_to, error] = std::from_chars(text.data(), end, id, kHexadecimal);
  if (text.size() == kIdDigits && error == std::errc() && parsed_to == end) return id;
  return InvalidArgument(
      "a session id is 16 hexadecimal digits, as 00c5a80f3b9e2d17; ListSessions shows those of "
      "this "
      "node");
}

v1::SessionStatus StatusOf(const core::Session& session, Instant now) {
  v1::SessionStatus status;
  const core::SessionOptions& options = session.options();
  status.set_session_id(SessionIdText(session.id()));
  status.set_client_id(options.client_id);
  status.set_principal(options.principal);
  status.set_address(options.address);
  status.set_state(session.parked() ? v1::SESSION_STATE_PARKED : v1::SESSION_STATE_ATTENDED);
  status.set_subscriptions(static_cast<uint32_t>(session.subscriptions()));
  status.set_queued_bytes(session.queued_bytes());
  status.set_queued_messages(session.queued_messages());
  status.set_oldest_ms(Milliseconds(session.oldest_age(now)));
  status.set_unacknowledged_bytes(session.unacknowledged_bytes());
  status.set_dropped(session.dropped());
  status.set_delivered(session.delivered());
  status.set_age_ms(Milliseconds(now - session.opened_at()));
  if (session.parked()) status.set_parked_ms(Milliseconds(now - session.parked_at()));
  status.set_incarnation(options.incarnation);
  status.set_slow(session.slow(now));
  return status;
}

}  // namespace belfry::frontend::grpc
