// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/simulation.h"

#include <algorithm>

namespace belfry::sim {

std::string SeedResult::Explain() const {
  return "seed " + std::to_string(seed) + ": " + violation->invariant + ": " + violation->text +
         "\nlast events of " + std::to_string(events) + ":\n" + last_events +
         "again: ./dev sim --seeds 1 --seed " + std::to_string(seed) + "\n";
}

SeedResult RunSeed(uint64_t seed, size_t events_kept) {
  return Simulation(seed, events_kept).Run();
}

Simulation::Simulation(uint64_t seed, size_t events_kept)
    : prng_(seed),
      trace_(events_kept),
      swarm_(prng_),
      node_(swarm_, coverage_),
      model_(swarm_, node_, trace_, coverage_),
      world_{swarm_, node_, model_, prng_, trace_, coverage_},
      seed_(seed) {
  for (size_t i = 0; i < swarm_.clients; ++i) {
    Client::Identity identity{i, prng_.OneIn(4) ? 0 : prng_.Between(1, 3), prng_.OneIn(12)};
    clients_.push_back(std::make_unique<Client>(world_, i, identity));
  }
  ChooseActions();
}

Simulation::~Simulation() = default;

void Simulation::ChooseActions() {
  const auto add = [&](bool enabled, size_t weight, void (Simulation::*act)()) {
    if (enabled) actions_.push_back({weight, act});
  };
  add(true, swarm_.idle_reactors ? 60 : 200, &Simulation::Turn);
  add(true, 200, &Simulation::Serve);
  add(true, 200, &Simulation::Read);
  add(true, 150, &Simulation::Publish);
  add(true, swarm_.crowd ? 200 : 50, &Simulation::Subscribe);
  add(true, swarm_.lazy_acks ? 5 : 60, &Simulation::Acknowledge);
  add(true, swarm_.crowd ? 200 : 60, &Simulation::Connect);
  add(true, 40, &Simulation::NoticeEnd);
  add(true, 60, &Simulation::ArriveMoved);
  add(true, swarm_.long_stalls ? 200 : 30, &Simulation::Advance);
  add(swarm_.unsubscribes, 30, &Simulation::Unsubscribe);
  add(swarm_.floods, 12, &Simulation::Flood);
  add(swarm_.bulk, 5, &Simulation::Bulk);
  add(swarm_.stalls, 20, &Simulation::Stall);
  add(swarm_.breaks, 15, &Simulation::BreakAtBoth);
  add(swarm_.breaks && swarm_.loses_frames, 15, &Simulation::Break);
  add(swarm_.half_open, 15, &Simulation::HalfOpen);
  add(swarm_.takeovers, 6, &Simulation::TakeOver);
  add(swarm_.kicks, 5, &Simulation::Kick);
  add(swarm_.goodbyes, 5, &Simulation::Goodbye);
  add(swarm_.goes_away, 3, &Simulation::GoAway);
  add(swarm_.memory_pressure && swarm_.memory_limit != 0, 15, &Simulation::MemoryPressure);
  add(swarm_.peer_gaps, 12, &Simulation::PeerGap);
  add(swarm_.reloads, 5, &Simulation::Reload);
  for (const Action& action : actions_) weights_ += action.weight;
}

void Simulation::Step() {
  size_t at = prng_.Below(weights_);
  for (const Action& action : actions_) {
    if (at < action.weight) {
      (this->*action.act)();
      break;
    }
    at -= action.weight;
  }
  if (!failed()) model_.CheckStep(prng_.Below(swarm_.topics.size()));
}

SeedResult Simulation::Run() {
  for (size_t step = 0; step < swarm_.steps && !failed(); ++step) Step();
  if (!failed()) Heal();
  for (size_t i = 0; i < swarm_.reactors; ++i) {
    coverage_.Note(Seen::kConflated, node_.broker(i).counters().conflated.value());
  }
  SeedResult result;
  result.seed = seed_;
  result.violation = model_.violation();
  result.hash = trace_.hash();
  result.events = trace_.events();
  if (failed()) result.last_events = trace_.Last();
  result.coverage = coverage_;
  return result;
}

void Simulation::ForgetClosed() {
  std::erase_if(connections_, [](const auto& c) { return c->closed() && c->abandoned(); });
}

}  // namespace belfry::sim
