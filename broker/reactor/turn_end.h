// SPDX-License-Identifier: Apache-2.0
//
// Something that acts once at the end of a reactor's turn: a producer of output (the broker core,
// which flushes the sessions touched in the turn) or a transmitter (a connection with output to
// write). This is what gives batching under load and none when idle, without a timer.
//
// Threads: Confined to its reactor. Ownership: the reactor only points at it; the owner removes it
// (Reactor::RemoveProducer, CancelTransmit) before it dies.
#pragma once

#include <cstddef>

namespace belfry::reactor {

class Reactor;

struct TurnEnd {
  virtual void OnTurnEnd() = 0;

 protected:
  TurnEnd() = default;
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;
  ~TurnEnd() = default;

 private:
  friend class Reactor;
  static constexpr size_t kNotScheduled = static_cast<size_t>(-1);
  // Where it stands in the reactor's list of transmitters: makes scheduling and cancelling O(1).
  size_t transmit_slot_ = kNotScheduled;
};

}  // namespace belfry::reactor
