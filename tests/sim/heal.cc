// SPDX-License-Identifier: Apache-2.0
//
// The second phase of a seed: no more faults. Clients come back, read all and are answered; turns
// run, but the clock stands still, so that a lost wake-up is not covered up by a tick.
#include <algorithm>

#include "tests/sim/simulation.h"

namespace belfry::sim {
namespace {

// Beyond what the traffic under way needs, which is counted.
constexpr size_t kRoundsMax = 200;

}  // namespace

// Everybody does what it can. True: somebody did something, or has something to do.
bool Simulation::HealRound() {
  bool busy = false;
  for (const auto& client : clients_) {
    if (client->away()) {
      ConnectClient(*client, AnyReactor());
      busy = true;
    }
    if (client->connection() != nullptr && client->connection()->HasDown()) {
      client->Read(1000);
      busy = true;
    }
    if (failed()) return false;
    if (client->open()) {
      client->stalled = client->silent = false;
      if (client->AskAgain() || !client->settled()) busy = true;
    }
  }
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    if (connection.moving()) connection.ArriveMoved();
    connection.Serve(1000);
    if (failed()) return false;
    if (connection.can_close()) connection.OnClosed();
    busy = busy || connection.unread_up() != 0 || connection.moving() || connection.HasDown();
  }
  ForgetClosed();
  for (size_t i = 0; i < swarm_.reactors; ++i) {
    model_.Turn(static_cast<SimNode::Reactor>(i), nullptr);
    if (failed()) return false;
    busy = busy || !node_.broker(i).intake_open();
  }
  return busy || !node_.quiet() || model_.unrouted() != 0;
}

void Simulation::SettleDown(const char* what) {
  trace_.Add(what, 0);
  // An inbox takes at least one message in two turns. Two calm rounds, so that what a turn brought
  // is read as well.
  const uint64_t unrouted = model_.unrouted();
  const uint64_t accepted = model_.accepted();
  size_t calm = 0;
  for (uint64_t round = 0; calm < 2; ++round) {
    const uint64_t on_the_way = unrouted + (model_.accepted() - accepted) * swarm_.reactors;
    if (round > kRoundsMax + 2 * on_the_way) break;
    // The process is looked at now and then, and uses nothing beside its records.
    node_.node.memory.ObserveOther(0);
    calm = HealRound() ? 0 : calm + 1;
    if (failed()) return;
  }
  if (calm < 2) {
    // What was overtaken will not come any more; nor does anything once all spills are gone.
    const bool no_spill = model_.NoSpill();
    for (const RouteHistory& route : model_.routes()) {
      model_.Check(no_spill ? I12RouteCompleteness(route) : I12RouteOvertaken(route));
    }
    for (size_t i = 0; i < swarm_.reactors; ++i) {
      model_.Check(I17AtMost("reactors whose intake stays closed", 0,
                             node_.broker(i).intake_open() ? 0 : 1));
    }
    model_.Check(Violation{"I17", std::string(what) + ": the node does not come to rest"});
  }
  model_.CheckRest();
}

// One message more on each topic, so that a loss at the end of a topic shows.
void Simulation::Tombstones() {
  Client* const client = AnyClient(&Client::open);
  if (client == nullptr) return;
  for (size_t topic = 0; topic < swarm_.topics.size(); ++topic) client->Publish(topic, 1);
}

// Half of the clients go without a word: their sessions end after the grace.
void Simulation::EndGraces() {
  for (size_t i = 0; i < clients_.size(); i += 2) clients_[i]->Die();
  for (const auto& connection : connections_) {
    if (connection->can_close()) connection->OnClosed();
  }
  ForgetClosed();
  node_.clock.Advance(swarm_.limits.grace + std::chrono::milliseconds(1));
  for (size_t i = 0; i < swarm_.reactors && !failed(); ++i) {
    model_.Tick(static_cast<SimNode::Reactor>(i));
  }
}

// The others say goodbye; then nothing may be left.
void Simulation::EndAll() {
  // Some were away, too, while the clock ran on.
  SettleDown("those who are left come back");
  if (failed()) return;
  for (const auto& client : clients_) client->Goodbye();
  SettleDown("everybody has said goodbye");
  if (failed()) return;
  connections_.clear();
  model_.Sync();
  model_.Check(I16Equal("sessions left", 0, node_.node.sessions.size()));
  model_.Check(I16Equal("filters left in the interest table", 0, node_.node.interest.size()));
  model_.Check(I16Equal("bytes of records left", 0, node_.node.memory.charged()));
  for (size_t i = 0; i < swarm_.reactors; ++i) {
    const core::BrokerCounters& counters = node_.broker(i).counters();
    model_.Check(I16Equal("sessions counted", 0, counters.sessions.value()));
    model_.Check(I16Equal("parked sessions counted", 0, counters.sessions_parked.value()));
    model_.Check(I16Equal("subscriptions counted", 0, counters.subscriptions.value()));
  }
}

void Simulation::Heal() {
  world_.faults = false;
  SettleDown("everything heals");
  if (failed()) return;
  Tombstones();
  SettleDown("a last message on each topic");
  if (failed()) return;
  EndGraces();
  if (!failed()) EndAll();
}

}  // namespace belfry::sim
