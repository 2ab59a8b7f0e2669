// SPDX-License-Identifier: Apache-2.0
//
// A question to the broker of any reactor, and its answer back on the reactor that asked. Nobody
// waits: both ways are posts, also where the two are one.
//
//     asking reactor            the broker's reactor
//     AskBroker ──────────────▶ question(broker)
//     then(answer) ◀──────────────────┘
//
// Threads: `question` runs on the broker's reactor, `then` on the asking one, where AskBroker is
// called. `then` travels along unopened and is destroyed at home, or with a reactor that has
// stopped before it got there; so it may hold a Responder. What it points at may be gone when it
// runs: a handler gives it a weak pointer.
#pragma once

#include <utility>

#include "broker/core/broker.h"
#include "broker/core/node.h"

namespace belfry::frontend::grpc {

template <class Question, class Then>
void AskBroker(core::Node& node, core::DestinationId whom, core::DestinationId asking,
               Question question, Then then) {
  node.control(whom, [&node, asking, question = std::move(question),
                      then = std::move(then)](core::Broker& broker) mutable {
    node.control(asking, [answer = question(broker), then = std::move(then)](
                             core::Broker&) mutable { then(std::move(answer)); });
  });
}

}  // namespace belfry::frontend::grpc
