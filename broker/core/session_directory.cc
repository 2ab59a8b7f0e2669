// SPDX-License-Identifier: Apache-2.0
#include "broker/core/session_directory.h"

#include "broker/core/mutant.h"

namespace belfry::core {

// Neither principal nor client_id holds a NUL, and a token follows the last one.
std::string SessionDirectory::KeyOf(const Client& client) {
  std::string key(client.principal);
  key.push_back('\0');
  return key.append(client.client_id);
}

std::string SessionDirectory::TokenKeyOf(const Client& client) {
  std::string key = KeyOf(client);
  key.push_back('\0');
  key.append(std::to_string(client.incarnation)).push_back('\0');
  return key.append(client.resume_token);
}

SessionDirectory::Admission SessionDirectory::Enter(DestinationId reactor, const Client& client) {
  MutexLock lock(mutex_);
  Admission admission;
  if (client.incarnation != 0) {
    Newest& newest = newest_[KeyOf(client)];
    if (newest.incarnation > client.incarnation && !Mutated(Mutant::kStaleAccepted)) {
      return admission;
    }
    if (const auto older = reactors_.find(newest.session); older != reactors_.end()) {
      admission.superseded = Place{older->second, newest.session};
    }
    newest = {client.incarnation, next_id_};
  }
  admission.session = next_id_++;
  reactors_.emplace(admission.session, reactor);
  if (!client.resume_token.empty()) by_token_.emplace(TokenKeyOf(client), admission.session);
  return admission;
}

void SessionDirectory::Leave(SessionId session, const Client& client) {
  MutexLock lock(mutex_);
  reactors_.erase(session);
  if (!client.resume_token.empty()) by_token_.erase(TokenKeyOf(client));
  if (client.incarnation == 0) return;
  const auto newest = newest_.find(KeyOf(client));
  if (newest != newest_.end() && newest->second.session == session) newest_.erase(newest);
}

std::optional<SessionDirectory::Place> SessionDirectory::FindToResume(const Client& client) const {
  MutexLock lock(mutex_);
  const auto found = by_token_.find(TokenKeyOf(client));
  if (found == by_token_.end()) return std::nullopt;
  return Place{reactors_.at(found->second), found->second};
}

std::optional<SessionDirectory::Place> SessionDirectory::Find(SessionId session) const {
  MutexLock lock(mutex_);
  const auto found = reactors_.find(session);
  if (found == reactors_.end()) return std::nullopt;
  return Place{found->second, session};
}

size_t SessionDirectory::size() const {
  MutexLock lock(mutex_);
  return reactors_.size();
}

}  // namespace belfry::core
