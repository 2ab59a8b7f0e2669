// SPDX-License-Identifier: Apache-2.0
//
// What may happen in a step: each action finds somebody that it can happen to, or does nothing.
#include <algorithm>

#include "tests/sim/simulation.h"

namespace belfry::sim {

Client* Simulation::AnyClient(bool (Client::*is)() const) {
  const size_t first = prng_.Below(clients_.size());
  for (size_t i = 0; i < clients_.size(); ++i) {
    Client& client = *clients_[(first + i) % clients_.size()];
    if ((client.*is)()) return &client;
  }
  return nullptr;
}

Connection* Simulation::AnyConnection(bool (Connection::*is)() const) {
  if (connections_.empty()) return nullptr;
  const size_t first = prng_.Below(connections_.size());
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[(first + i) % connections_.size()];
    if ((connection.*is)()) return &connection;
  }
  return nullptr;
}

SimNode::Reactor Simulation::AnyReactor() {
  return static_cast<SimNode::Reactor>(prng_.Below(swarm_.reactors));
}

void Simulation::ConnectClient(Client& client, SimNode::Reactor reactor) {
  connections_.push_back(std::make_unique<Connection>(world_, next_connection_++, reactor));
  client.Connect(*connections_.back());
}

// ---- the node works

void Simulation::Turn() { model_.Turn(AnyReactor(), &prng_); }

void Simulation::Serve() {
  if (Connection* c = AnyConnection(&Connection::can_serve)) {
    c->Serve(prng_.OneIn(2) ? 1 : 100);
    // A reactor that has read ends its turn.
    if (!swarm_.idle_reactors && !failed()) model_.Turn(c->reactor(), &prng_);
  }
}

void Simulation::NoticeEnd() {
  if (Connection* c = AnyConnection(&Connection::can_close)) c->OnClosed();
  ForgetClosed();
}

void Simulation::ArriveMoved() {
  if (Connection* c = AnyConnection(&Connection::moving)) c->ArriveMoved();
}

void Simulation::Advance() {
  node_.clock.Advance(
      std::chrono::milliseconds(prng_.OneIn(3) ? prng_.Between(1, 300) : prng_.Between(300, 2500)));
  for (const auto& client : clients_) {
    if (client->open() && !client->silent && swarm_.heartbeat.count() != 0) {
      client->Acknowledge(/*ping=*/true);
    }
  }
  const size_t first = prng_.Below(swarm_.reactors);
  for (size_t i = 0; i < swarm_.reactors && !failed(); ++i) {
    model_.Tick(static_cast<SimNode::Reactor>((first + i) % swarm_.reactors));
  }
  for (const auto& connection : connections_) connection->CheckLife();
}

// ---- clients work

void Simulation::Read() {
  Client* const client = AnyClient(&Client::open);
  if (prng_.OneIn(4)) {
    // Also those who wait for their Welcome.
    for (const auto& c : clients_) {
      if (c->connection() != nullptr && !c->open()) c->Read(1);
    }
  }
  if (client == nullptr || client->stalled) return;
  client->Read(prng_.OneIn(2) ? prng_.Between(1, 3) : 100);
  if (!swarm_.lazy_acks && client->open() && prng_.OneIn(3)) client->Acknowledge(false);
}

void Simulation::Publish() {
  if (Client* c = AnyClient(&Client::open)) {
    c->Publish(prng_.Below(swarm_.topics.size()), prng_.Between(1, 4));
  }
}

void Simulation::Flood() {
  Client* const client = AnyClient(&Client::open);
  if (client == nullptr || client->connection()->unread_up() > 20) return;
  if (swarm_.topics.size() > 64) {
    for (size_t topic = 0; topic < swarm_.topics.size(); ++topic) {
      client->Publish(topic, prng_.Between(1, 2));
    }
  } else {
    client->Publish(prng_.Below(swarm_.topics.size()), prng_.Between(20, 150));
  }
}

// More than a frame of answers, of both kinds.
void Simulation::Bulk() {
  Client* const client = AnyClient(&Client::open);
  if (client == nullptr || client->connection()->unread_up() > 20) return;
  client->SubscribeInBulk(prng_.Between(1000, 1300));
  client->Publish(prng_.Below(swarm_.topics.size()), prng_.Between(1000, 1300),
                  /*want_outcomes=*/true);
}

void Simulation::Subscribe() {
  if (Client* c = AnyClient(&Client::open)) c->Subscribe(prng_.Between(1, 4));
}

void Simulation::Unsubscribe() {
  if (Client* c = AnyClient(&Client::open)) c->Unsubscribe(prng_.Between(1, 3));
}

void Simulation::Acknowledge() {
  if (Client* c = AnyClient(&Client::open)) c->Acknowledge(prng_.OneIn(2));
}

void Simulation::Connect() {
  if (Client* c = AnyClient(&Client::away)) ConnectClient(*c, AnyReactor());
}

void Simulation::Stall() {
  if (Client* c = AnyClient(&Client::open)) {
    c->stalled = !c->stalled;
    if (swarm_.silence && prng_.OneIn(2)) c->silent = !c->silent;
  }
}

// ---- faults

// The client loses its connection and comes back when it likes; the broker learns of it later.
void Simulation::Break() {
  if (Client* c = AnyClient(&Client::open)) c->Break();
}

void Simulation::BreakAtBoth() {
  Client* const client = AnyClient(&Client::open);
  if (client == nullptr) return;
  Connection& connection = *client->connection();
  if (prng_.OneIn(2)) client->Read(prng_.Below(10));
  if (failed() || client->connection() == nullptr) return;
  client->Break();
  if (!connection.closed()) connection.OnClosed();
  ForgetClosed();
}

// The client comes back before the broker knows that it was away.
void Simulation::HalfOpen() {
  Client* const client = AnyClient(&Client::open);
  if (client == nullptr) return;
  client->Break();
  ConnectClient(*client, AnyReactor());
}

void Simulation::MemoryPressure() {
  static constexpr size_t kPercent[] = {0, 0, 50, 72, 83, 95};
  const size_t percent = kPercent[prng_.Below(std::size(kPercent))];
  trace_.Add("the process uses # percent of its memory", percent);
  node_.node.memory.ObserveOther(swarm_.memory_limit / 100 * percent);
}

void Simulation::Kick() {
  Client* const client = AnyClient(&Client::open);
  if (client == nullptr) return;
  const auto place = node_.node.sessions.Find(client->session());
  if (!place) return;
  trace_.Add("session # is to be kicked", place->session);
  model_.Find(place->session)->may_end = "kicked";
  node_.set_current(AnyReactor());
  node_.node.control(place->reactor, [id = place->session](core::Broker& broker) {
    broker.EndSession(id, ErrorCode::kKicked);
  });
}

void Simulation::Goodbye() {
  if (Client* c = AnyClient(&Client::open)) c->Goodbye();
}

// Another process of the same client: a newer one wins, an older one is refused.
void Simulation::TakeOver() {
  Client* const client = AnyClient(&Client::open);
  if (client == nullptr || clients_.size() > 3 * swarm_.clients) return;
  Client::Identity identity = client->identity();
  if (identity.incarnation != 0) identity.incarnation += prng_.OneIn(3) ? -1 : 1;
  if (identity.incarnation == 0 && client->identity().incarnation != 0) return;
  clients_.push_back(std::make_unique<Client>(world_, clients_.size(), identity));
  if (prng_.OneIn(3)) client->Die();
  ConnectClient(*clients_.back(), AnyReactor());
}

void Simulation::GoAway() {
  const SimNode::Reactor reactor = AnyReactor();
  trace_.Add("reactor # asks its sessions to leave", reactor);
  node_.broker(reactor).GoAway(ErrorCode::kShuttingDown, std::chrono::seconds(1));
}

void Simulation::PeerGap() {
  std::vector<ModelSession*> alive;
  for (const auto& [id, s] : model_.sessions()) {
    if (s->alive) alive.push_back(s.get());
  }
  if (alive.empty()) return;
  model_.QueuePeerGap(*alive[prng_.Below(alive.size())], prng_.Below(core::kOverflowPolicies),
                      prng_.Below(swarm_.topics.size()), prng_.Between(1, 5));
}

void Simulation::Reload() {
  const core::LaneBounds& bounds = prng_.OneIn(2) ? swarm_.bounds : swarm_.other_bounds;
  trace_.Add("lanes may hold # messages from now on", bounds.messages_max);
  for (size_t i = 0; i < swarm_.reactors; ++i) node_.broker(i).set_lane_bounds(bounds);
}

}  // namespace belfry::sim
