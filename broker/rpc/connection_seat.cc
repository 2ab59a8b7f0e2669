// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/connection_seat.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace belfry::rpc {

std::shared_ptr<ConnectionSeat> ConnectionSeat::Take(reactor::Reactor& reactor, int fd,
                                                     Occupant& occupant) {
  auto seat = std::make_shared<ConnectionSeat>(reactor, occupant);
  asio::error_code error;
  seat->descriptor_.assign(fd, error);
  return error ? nullptr : seat;
}

ConnectionSeat::ConnectionSeat(reactor::Reactor& reactor, Occupant& occupant)
    : reactor_(reactor),
      occupant_(&occupant),
      descriptor_(reactor.io()),
      tick_(reactor, [this] { occupant_->OnTick(); }) {}

void ConnectionSeat::WaitReadable() {
  if (std::exchange(waiting_readable_, true)) return;
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [seat = shared_from_this()](const asio::error_code& error) {
                           seat->waiting_readable_ = false;
                           if (!error && seat->occupant_ != nullptr) seat->occupant_->OnReadable();
                         });
}

void ConnectionSeat::WaitWritable() {
  if (std::exchange(waiting_writable_, true)) return;
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_write,
                         [seat = shared_from_this()](const asio::error_code& error) {
                           seat->waiting_writable_ = false;
                           if (!error && seat->occupant_ != nullptr) seat->occupant_->OnWritable();
                         });
}

void ConnectionSeat::ReadNextTurn() {
  reactor_.Post([seat = shared_from_this()] {
    if (seat->occupant_ != nullptr) seat->occupant_->OnReadable();
  });
}

void ConnectionSeat::TickBy(Instant due) {
  if (tick_.active() && tick_at_ <= due) return;
  tick_at_ = due;
  tick_.StartOnce(std::max<Duration>(due - reactor_.now(), std::chrono::milliseconds(1)));
}

void ConnectionSeat::Leave() {
  occupant_ = nullptr;
  tick_.Cancel();
  // Not closed, only no longer watched. What waits is called back with an error, here.
  if (descriptor_.is_open()) descriptor_.release();
}

}  // namespace belfry::rpc
