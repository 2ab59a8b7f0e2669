// SPDX-License-Identifier: Apache-2.0
//
// Belfry as a benchmark sees it: a client of the library for each publisher and each subscriber,
// each with its own connection. Handlers run on the connection's reading thread, so that no
// hand-over is measured.
//
// Threads: as System says. Fails: Connect, with a text made by whoever gave the options.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "belfry/client.h"
#include "bench/load/system.h"

namespace belfry::bench {

// What `belfry bench` and the comparison know about the broker, each in its own way. Clients are
// numbered: the subscribers, then the publishers.
struct BelfryDoor {
  std::function<ClientOptions(size_t client)> options;
  // What is wrong with the options, and what to do.
  std::function<std::string(const Error& error)> explain_options;
  // Why this client did not connect, and what to do.
  std::function<std::string(size_t client)> explain_absence;
  std::function<std::optional<double>()> cpu_seconds;
};

class BelfrySystem final : public System {
 public:
  explicit BelfrySystem(BelfryDoor door);
  ~BelfrySystem() override;

  Status Connect(const Plan& plan, const Tallies& tallies, Duration patience) override;
  PublishWire& PublisherWire(uint32_t index) override;
  std::optional<double> ServerCpuSeconds() override { return door_.cpu_seconds(); }
  void Disconnect() override;

 private:
  class Wire;
  struct Listener;

  StatusOr<std::unique_ptr<Client>> MakeClient(ClientOptions options);

  const BelfryDoor door_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Wire>> wires_;
};

}  // namespace belfry::bench
