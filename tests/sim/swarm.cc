// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/swarm.h"

namespace belfry::sim {
namespace {

std::vector<std::string> MakeTopics(Prng& prng) {
  std::vector<std::string> topics;
  if (prng.OneIn(12)) {
    // More than a gap can name.
    for (size_t i = prng.Between(70, 110); i > 0; --i) topics.push_back("t." + std::to_string(i));
    return topics;
  }
  static const char* const kAll[] = {"a",   "a.b",   "a.b.c", "a.c",   "b",
                                     "b.a", "b.c.a", "c",     "c.a.b", "ab"};
  const size_t count = prng.Between(1, 10);
  for (size_t i = 0; i < count; ++i) topics.emplace_back(kAll[i]);
  return topics;
}

std::vector<Filter> MakeFilters(Prng& prng, const std::vector<std::string>& topics) {
  std::vector<Filter> filters;
  for (const std::string& topic : topics) {
    if (filters.size() < 12) filters.emplace_back(FilterKind::kLiteral, topic);
  }
  if (topics.size() > 64) filters.emplace_back(FilterKind::kWildcard, "t.*");
  static const char* const kWildcards[] = {">", "a.>", "*", "*.b", "a.*.c", "*.>", "t.>"};
  static const char* const kGlobs[] = {"*", "a*", "?", "[ab].*", "*.b*", "t.*1"};
  if (!prng.OneIn(3)) {
    for (const char* text : kWildcards) {
      if (prng.OneIn(2)) filters.emplace_back(FilterKind::kWildcard, text);
    }
  }
  if (!prng.OneIn(3)) {
    for (const char* text : kGlobs) {
      if (prng.OneIn(2)) filters.emplace_back(FilterKind::kGlob, text);
    }
  }
  return filters;
}

core::LaneBounds MakeBounds(Prng& prng) {
  core::LaneBounds bounds;
  if (prng.OneIn(4)) return bounds;
  bounds.messages_max = prng.OneIn(2) ? prng.Between(1, 12) : prng.Between(20, 400);
  if (prng.OneIn(2)) bounds.bytes_max = prng.Between(300, 30'000);
  if (prng.OneIn(2)) bounds.age_max = std::chrono::milliseconds(prng.Between(500, 8000));
  return bounds;
}

}  // namespace

Swarm::Swarm(Prng& prng) {
  reactors = prng.OneIn(3) ? 1 : prng.Between(2, prng.OneIn(4) ? 8 : 4);
  clients = prng.Between(2, 7);
  steps = prng.Between(150, 600);
  inbox_capacity = prng.OneIn(2) ? prng.Between(1, 4) : prng.Between(8, 1024);
  pipe_frames = prng.OneIn(2) ? prng.Between(1, 3) : prng.Between(4, 64);
  payload_bytes_max = prng.OneIn(4) ? 400 : 40;
  keys = prng.Between(1, 4);
  topics = MakeTopics(prng);
  filters = MakeFilters(prng, topics);
  for (size_t i = 0; i < 4; ++i) policies[i] = prng.OneIn(2);
  if (!policies[1] && !policies[2] && !policies[3]) policies[0] = true;

  limits.grace = std::chrono::seconds(prng.OneIn(2) ? prng.Between(1, 5) : 30);
  if (prng.OneIn(3)) limits.resume_window_bytes = prng.Between(200, 6000);
  if (prng.OneIn(6)) limits.subscriptions_max = prng.Between(1, 6);
  if (prng.OneIn(6)) limits.payload_bytes_max = prng.Between(30, 200);
  bounds = MakeBounds(prng);
  other_bounds = MakeBounds(prng);
  if (prng.OneIn(3)) memory_limit = prng.Between(40'000, 400'000);
  if (prng.OneIn(3)) heartbeat = std::chrono::seconds(5);

  for (bool* feature : {&floods, &stalls, &breaks, &half_open, &loses_frames, &moves, &takeovers,
                        &memory_pressure, &unsubscribes, &idle_reactors, &lazy_acks}) {
    *feature = prng.OneIn(2);
  }
  for (bool* feature :
       {&refuses_moves, &kicks, &goodbyes, &silence, &peer_gaps, &reloads, &bad_requests}) {
    *feature = prng.OneIn(3);
  }
  goes_away = prng.OneIn(12);
  if (prng.OneIn(40)) {
    crowd = true;
    reactors = 1;
    clients = prng.Between(16, 20);
    steps = 500;
    filters.resize(1);
    for (bool& policy : policies) policy = true;
  }
  bulk = prng.OneIn(50);
  if (prng.OneIn(15)) {
    long_stalls = stalls = true;
    steps = 600;
    pipe_frames = 1;
    bounds.messages_max = prng.Between(2, 8);
    bounds.age_max = std::chrono::milliseconds(500);
  }
  if (prng.OneIn(60)) {
    payload_bytes_max = 120'000;
    limits.payload_bytes_max = core::BrokerLimits{}.payload_bytes_max;
    bounds = core::LaneBounds{};
    steps = 150;
    floods = false;
  }
}

}  // namespace belfry::sim
