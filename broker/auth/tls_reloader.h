// SPDX-License-Identifier: Apache-2.0
//
// The TLS settings in force, exchanged by a reload: new connections use the new ones, those that
// are open keep theirs, and bad new files change nothing.
//
// Lifecycle: made from files that are good at start; outlives the listeners that ask it.
// Threads: Thread-safe. How it fails: as LoadServerTls.
#pragma once

#include <memory>

#include "broker/auth/tls_context.h"
#include "common/mutex.h"
#include "common/status.h"

namespace belfry::auth {

class TlsReloader {
 public:
  static StatusOr<std::unique_ptr<TlsReloader>> Open(const TlsFiles& files);

  // Never null.
  std::shared_ptr<SSL_CTX> Current() const;

  // Reads the files anew, also if their paths are the same.
  Status Reload(const TlsFiles& files);

 private:
  explicit TlsReloader(std::shared_ptr<SSL_CTX> first) : current_(std::move(first)) {}

  mutable Mutex mutex_;
  std::shared_ptr<SSL_CTX> current_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::auth
