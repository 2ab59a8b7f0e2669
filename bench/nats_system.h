// SPDX-License-Identifier: Apache-2.0
//
// NATS as a benchmark sees it, through its C client (cnats): a connection for each publisher and
// each subscriber. The library has a reading thread for each connection and a pool of delivering
// threads, here one for each core.
//
// Threads: as System says. Fails: Connect; a subscriber that the library finds too slow, or whose
// connection ends, has a gap.
#pragma once

#include <nats/nats.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/system.h"

namespace belfry::bench {

class NatsSystem final : public System {
 public:
  // `server`: HOST:PORT.
  NatsSystem(std::string server, std::function<std::optional<double>()> cpu_seconds);
  ~NatsSystem() override;

  Status Connect(const Plan& plan, const Tallies& tallies, Duration patience) override;
  PublishWire& PublisherWire(uint32_t index) override;
  std::optional<double> ServerCpuSeconds() override { return cpu_seconds_(); }
  void Disconnect() override;

 private:
  class Wire;
  class Listener;

  const std::string server_;
  const std::function<std::optional<double>()> cpu_seconds_;
  // Whether the library is.
  bool open_ = true;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Wire>> wires_;
};

}  // namespace belfry::bench
