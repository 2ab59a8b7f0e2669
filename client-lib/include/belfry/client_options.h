// SPDX-License-Identifier: Apache-2.0
//
// Everything a Client is told at its creation. The defaults suit an application next to a local
// broker.
//
// Threads: Immutable once given to Client::Create, which checks it: an Error names the field.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "belfry/error.h"
#include "belfry/executor.h"
#include "belfry/state.h"

namespace belfry {

// PEM files. All empty: plaintext. A certificate and its key prove who this client is. They are
// read anew for each attempt to connect; while one cannot be read or is empty, attempts fail.
struct TlsOptions {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
};

// What Publish does when publish_in_flight_bytes_max is reached.
enum class WhenFull {
  // Waits for room, at most until the publish's deadline. (Inside a callback of the client, where
  // waiting could wait for itself, it fails instead.)
  kBlock,
  // The outcome is FAILED at once; on_publish_room tells when to go on.
  kFail,
};

struct ClientOptions {
  // HOST:PORT of any nodes of the cluster; tried in random order.
  std::vector<std::string> endpoints = {"127.0.0.1:7450"};
  // A stable name of this process slot, for logs and operators. Give each process its own: a newer
  // process with the same name takes the slot over, and the older one is refused while the newer is
  // there. Empty: made from host name, process id and a random number.
  std::string client_id;
  TlsOptions tls;

  // Called in order, on the executor, for each change of state.
  std::function<void(const StateChange&)> on_state;
  // What nobody asked for and somebody should know, on the executor: kLaneHalfFull and other
  // notices of the broker, and kHandlerThrew when a handler or callback has thrown an exception.
  std::function<void(const Error&)> on_notice;

  // Where handlers run; null: a pool of the client's own with handler_threads threads.
  std::shared_ptr<Executor> executor;
  int handler_threads = 1;

  // Publishes not settled yet, written or waiting, connected or not. 64 MiB holds a third of a
  // second of 1 KiB messages at full speed.
  size_t publish_in_flight_bytes_max = size_t{64} << 20;
  WhenFull publish_when_full = WhenFull::kBlock;
  // Publishes have failed with kInFlightFull, and now half of the room is free again, and enough
  // for the largest of them: publish on. Once for each time that it was full. On the executor.
  std::function<void()> on_publish_room;

  // Bounds of each subscription's queue, unless SubscribeOptions says otherwise. When it is full,
  // SubscribeOptions::overflow says what happens.
  size_t subscription_queue_messages_max = 65'536;
  size_t subscription_queue_bytes_max = size_t{16} << 20;

  // Time from starting a connection to the broker's welcome.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
  // Waits between tries double from the first to the second, each shortened by a random factor.
  std::chrono::milliseconds reconnect_backoff_min = std::chrono::milliseconds(50);
  std::chrono::milliseconds reconnect_backoff_max = std::chrono::seconds(5);
};

}  // namespace belfry
