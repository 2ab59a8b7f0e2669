// SPDX-License-Identifier: Apache-2.0
//
// A client process with a correct client library: it counts the numbered frames it received, knows
// what it asked for and what was answered, resumes when it can, and otherwise subscribes anew.
//
//     away ── Connect ──▶ greeting ── Welcome ──▶ open ── break, End ──▶ away …     gone
//
// Threads: Confined to the simulation of its seed. Ownership: its connection belongs to the world.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/connection.h"

namespace belfry::sim {

class Client {
 public:
  struct Identity {
    size_t identity = 0;
    uint64_t incarnation = 0;
    bool plain = false;
  };

  Client(Connection::World& world, size_t number, Identity identity)
      : world_(world), number_(number), identity_(identity) {}

  size_t number() const { return number_; }
  const Identity& identity() const { return identity_; }
  bool away() const { return state_ == State::kAway; }
  bool open() const { return state_ == State::kOpen; }
  bool gone() const { return state_ == State::kGone; }
  Connection* connection() const { return connection_; }
  core::SessionId session() const { return session_; }
  const std::string& resume_token() const { return resume_token_; }

  void Connect(Connection& connection);
  void Read(size_t frames);

  // What its application does; only while open.
  void Subscribe(size_t count);
  void Unsubscribe(size_t count);
  void SubscribeInBulk(size_t count);
  void Publish(size_t topic, size_t count, bool want_outcomes = false);
  void Acknowledge(bool ping);
  void Goodbye();

  // The connection is lost, from its point of view. The next time it comes back.
  void Break();
  // The process ends.
  void Die();

  bool stalled = false;
  bool silent = false;

  // Healing: asks again for what was refused. True: there was something.
  bool AskAgain();
  // Everything that it asked for is answered.
  bool settled() const;

 private:
  enum class State : uint8_t { kAway, kGreeting, kOpen, kGone };
  enum class Asked : uint8_t { kUnanswered, kConfirmed, kRefused, kRemoving };
  struct Wanted {
    size_t filter = 0;
    core::OverflowPolicy policy{};
    Asked state = Asked::kUnanswered;
  };

  void OnFrame(const DownFrame& frame);
  void OnWelcome(const DownFrame& frame);
  void OnSubscribeResults(const DownFrame& frame);
  void OnPublishResults(const DownFrame& frame);
  void OnDeliver(const DownFrame& frame);
  void OnEnd(ErrorCode reason);
  void SendSubscribe(const std::vector<uint32_t>& ids);
  void SendUnsubscribe(const std::vector<uint32_t>& ids);
  void Repeat();
  void RetryPublishes(uint64_t publishes_through);
  core::OverflowPolicy RandomPolicy();

  Connection::World& world_;
  const size_t number_;
  const Identity identity_;
  State state_ = State::kAway;
  Connection* connection_ = nullptr;

  std::string resume_token_;
  core::SessionId session_ = 0;
  uint64_t received_ = 0;
  std::map<uint32_t, Wanted> wanted_;
  // Filters asked for in this session, by policy.
  std::array<std::set<size_t>, core::kOverflowPolicies> asked_;
  uint64_t next_sequence_ = 1;
  // Published, and no outcome known.
  std::map<uint64_t, uint64_t> unresolved_;
};

}  // namespace belfry::sim
