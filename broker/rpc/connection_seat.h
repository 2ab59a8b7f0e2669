// SPDX-License-Identifier: Apache-2.0
//
// The place of a connection on one reactor: what binds it there, in one object. It watches the
// connection's descriptor, keeps its one timer, and brings it back in the next turn. A connection
// that ends or moves leaves its seat; whatever was still on its way then finds the seat empty.
//
// Lifecycle: Take, then any use until Leave, which the occupant calls before it closes the
// descriptor or dies. Pending waits hold the seat, never the connection. Threads: Confined to its
// reactor. Ownership: the connection's; the descriptor stays the connection's too. Fails: Take
// returns null if the kernel watches no more descriptors.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <memory>

#include "broker/reactor/reactor.h"
#include "broker/reactor/timer.h"
#include "common/clock.h"

namespace belfry::rpc {

class ConnectionSeat final : public std::enable_shared_from_this<ConnectionSeat> {
 public:
  class Occupant {
   public:
    virtual void OnReadable() = 0;
    virtual void OnWritable() = 0;
    virtual void OnTick() = 0;

   protected:
    ~Occupant() = default;
  };

  static std::shared_ptr<ConnectionSeat> Take(reactor::Reactor& reactor, int fd,
                                              Occupant& occupant);
  ConnectionSeat(reactor::Reactor& reactor, Occupant& occupant);
  ConnectionSeat(const ConnectionSeat&) = delete;
  ConnectionSeat& operator=(const ConnectionSeat&) = delete;

  // OnReadable or OnWritable, once, when the descriptor is; again while waiting is harmless.
  void WaitReadable();
  void WaitWritable();
  bool waiting_writable() const { return waiting_writable_; }
  // OnReadable without asking the descriptor.
  void ReadNextTurn();

  // OnTick not later than at `due` (a millisecond from now at the earliest). It may come earlier,
  // for an instant named before.
  void TickBy(Instant due);
  void StopTicking() { tick_.Cancel(); }

  // No callback comes any more.
  void Leave();

 private:
  reactor::Reactor& reactor_;
  Occupant* occupant_;  // null once left
  asio::posix::stream_descriptor descriptor_;
  reactor::Timer tick_;
  Instant tick_at_;
  bool waiting_readable_ = false;
  bool waiting_writable_ = false;
};

}  // namespace belfry::rpc
