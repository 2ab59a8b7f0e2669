// SPDX-License-Identifier: Apache-2.0
//
// Where each session of the node lives, by its number, by its resume token and by the client that
// it belongs to: what a Hello needs to know before it may have a session (design.md §10).
//
// Of one client (a client_id within a principal) only the newest incarnation has a session: a
// greater one takes over, a smaller one is refused. Incarnation 0 stands aside: such clients share
// a client_id as they like.
//
// Threads: Thread-safe (a leaf lock; asked at a session's begin and end only). A place may be
// outdated by the time it is used: who goes there must look whether the session still is.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/core/destination.h"
#include "common/mutex.h"

namespace belfry::core {

using SessionId = uint64_t;

class SessionDirectory {
 public:
  // `first_id`: so that numbers of an earlier life of the node mean nothing in this one, the daemon
  // gives a random one.
  explicit SessionDirectory(SessionId first_id) : next_id_(first_id) {}

  struct Client {
    std::string_view principal{};
    std::string_view client_id{};
    uint64_t incarnation = 0;
    // Empty: it cannot resume.
    std::string_view resume_token{};
  };
  struct Place {
    DestinationId reactor = 0;
    SessionId session = 0;
  };
  struct Admission {
    // 0: refused, a newer incarnation of the client is here.
    SessionId session = 0;
    // The older session of the same client, which must end.
    std::optional<Place> superseded;
  };

  // A new session on this reactor.
  Admission Enter(DestinationId reactor, const Client& client);
  void Leave(SessionId session, const Client& client);

  // The session with this token, if it is this client's and incarnation's.
  std::optional<Place> FindToResume(const Client& client) const;
  std::optional<Place> Find(SessionId session) const;
  size_t size() const;

 private:
  struct Newest {
    uint64_t incarnation = 0;
    SessionId session = 0;
  };

  static std::string KeyOf(const Client& client);
  static std::string TokenKeyOf(const Client& client);

  mutable Mutex mutex_;
  SessionId next_id_ BELFRY_GUARDED_BY(mutex_);
  absl::flat_hash_map<SessionId, DestinationId> reactors_ BELFRY_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, SessionId> by_token_ BELFRY_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Newest> newest_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::core
