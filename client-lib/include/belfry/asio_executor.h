// SPDX-License-Identifier: Apache-2.0
//
// Handlers on an application's own Asio threads:
//
//   asio::io_context io;
//   options.executor = belfry::MakeAsioExecutor(io.get_executor());
//
// Any Asio executor will do, standalone or Boost's: an io_context's, a thread_pool's, a strand's
// (include Asio yourself; this header brings none). A waiting client is no work to Asio, so keep
// the context running with a work guard, and run it until the client is destroyed. Destroy the
// client elsewhere than on a thread that runs the context, or in one of its own callbacks.
//
// Threads: Thread-safe, as Asio's executors are.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "belfry/executor.h"

namespace belfry {

template <class AsioExecutor>
class AsioExecutorAdapter final : public Executor {
 public:
  explicit AsioExecutorAdapter(AsioExecutor executor) : executor_(std::move(executor)) {}

  // asio::post or boost::asio::post, found by the executor's own namespace.
  void Post(std::function<void()> task) override { post(executor_, std::move(task)); }

 private:
  AsioExecutor executor_;
};

template <class AsioExecutor>
std::shared_ptr<Executor> MakeAsioExecutor(AsioExecutor executor) {
  return std::make_shared<AsioExecutorAdapter<AsioExecutor>>(std::move(executor));
}

}  // namespace belfry
