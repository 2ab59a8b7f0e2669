// SPDX-License-Identifier: Apache-2.0
//
// One seed: a node and its clients live through random steps, with faults; after each step the
// invariants are asked. Then everything heals, and within a bounded number of rounds all must be
// delivered, all that must end has ended, and nothing is left behind. Everything random comes from
// the seed, so a seed is a reproduction.
//
// Threads: Confined to the caller's. Errors: a Violation in the result; a CHECK of the core ends
// the process, and whoever runs seeds says which it was (see failure_notice.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/client.h"

namespace belfry::sim {

struct SeedResult {
  uint64_t seed = 0;
  Verdict violation;
  // Of everything that happened.
  uint64_t hash = 0;
  uint64_t events = 0;
  Coverage coverage;
  // The last events; only of a failed seed.
  std::string last_events;

  bool ok() const { return !violation.has_value(); }
  // Several lines: seed, invariant, what was expected and came, the last events.
  std::string Explain() const;
};

SeedResult RunSeed(uint64_t seed, size_t events_kept = Trace::kKeptUsually);

class Simulation {
 public:
  Simulation(uint64_t seed, size_t events_kept);
  ~Simulation();
  SeedResult Run();

 private:
  // One thing that may happen, as often as its weight says.
  struct Action {
    size_t weight = 0;
    void (Simulation::*act)() = nullptr;
  };

  void ChooseActions();
  void Step();
  bool failed() const { return model_.failed(); }

  // ---- actions (actions.cc)
  void Turn();
  void Serve();
  void Read();
  void Publish();
  void Flood();
  void Bulk();
  void Subscribe();
  void Unsubscribe();
  void Acknowledge();
  void Connect();
  void Break();
  void BreakAtBoth();
  void HalfOpen();
  void NoticeEnd();
  void ArriveMoved();
  void Stall();
  void Advance();
  void MemoryPressure();
  void Kick();
  void Goodbye();
  void TakeOver();
  void GoAway();
  void PeerGap();
  void Reload();

  Client* AnyClient(bool (Client::*is)() const);
  Connection* AnyConnection(bool (Connection::*is)() const);
  void ConnectClient(Client& client, SimNode::Reactor reactor);
  SimNode::Reactor AnyReactor();

  // ---- the second phase (heal.cc)
  void Heal();
  bool HealRound();
  void SettleDown(const char* what);
  void Tombstones();
  void EndGraces();
  void EndAll();

  void ForgetClosed();

  Prng prng_;
  Trace trace_;
  Coverage coverage_;
  const Swarm swarm_;
  SimNode node_;
  Model model_;
  Connection::World world_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Connection>> connections_;
  size_t next_connection_ = 1;
  std::vector<Action> actions_;
  size_t weights_ = 0;
  const uint64_t seed_;
};

}  // namespace belfry::sim
