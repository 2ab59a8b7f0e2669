// SPDX-License-Identifier: Apache-2.0
//
// Where handlers and callbacks run. The library posts a task when a queue becomes non-empty; a task
// drains a bounded batch and posts itself again if there is more, so neighbours get their turn.
//
// An executor must run every task it takes, each once, in any order and on any thread; it must keep
// doing so until the clients that use it are destroyed (a task it destroys unrun is understood as
// dropped).
//
// A client's destructor waits for its tasks. Inside a task that a client posted to the same
// executor it does not, but it cannot know of the application's own tasks: on an executor whose
// threads may all be taken by such tasks (one thread is the usual case), do not destroy a client in
// one, as its tasks would never get their turn.
//
// Threads: Post is called from any thread and must be Thread-safe.
#pragma once

#include <functional>
#include <memory>

#include "belfry/export.h"

namespace belfry {

class BELFRY_API Executor {
 public:
  virtual ~Executor();
  virtual void Post(std::function<void()> task) = 0;
};

// `threads` threads of its own (at least one), named "belfry-handler". May be shared by several
// clients.
BELFRY_API std::shared_ptr<Executor> MakeThreadPool(int threads);

// Runs a task at once where it is posted: usually the connection's reading thread. The lowest
// latency, but a handler that blocks stops everything, so it must neither block nor wait for the
// client.
BELFRY_API std::shared_ptr<Executor> MakeInlineExecutor();

}  // namespace belfry
