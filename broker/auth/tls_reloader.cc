// SPDX-License-Identifier: Apache-2.0
#include "broker/auth/tls_reloader.h"

#include <utility>

namespace belfry::auth {

StatusOr<std::unique_ptr<TlsReloader>> TlsReloader::Open(const TlsFiles& files) {
  StatusOr<std::shared_ptr<SSL_CTX>> first = LoadServerTls(files);
  if (!first.ok()) return first.status();
  return std::unique_ptr<TlsReloader>(new TlsReloader(*std::move(first)));
}

std::shared_ptr<SSL_CTX> TlsReloader::Current() const {
  MutexLock lock(mutex_);
  return current_;
}

Status TlsReloader::Reload(const TlsFiles& files) {
  StatusOr<std::shared_ptr<SSL_CTX>> next = LoadServerTls(files);
  if (!next.ok()) return next.status();
  std::shared_ptr<SSL_CTX> old = *std::move(next);  // freed, if it is the last, without the lock
  MutexLock lock(mutex_);
  current_.swap(old);
  return {};
}

}  // namespace belfry::auth
