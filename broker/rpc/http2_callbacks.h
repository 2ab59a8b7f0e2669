// SPDX-License-Identifier: Apache-2.0
//
// nghttp2's C callbacks and options, made once per reactor and shared by its sessions. The
// callbacks only translate: each calls one method of Http2Session or Http2Stream.
//
// Threads: Immutable. Fails: only for want of memory (CHECK).
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>

#include "broker/rpc/connection_limits.h"

namespace belfry::rpc {

class Http2Callbacks {
 public:
  explicit Http2Callbacks(const ConnectionLimits& limits);

  const nghttp2_session_callbacks* callbacks() const { return callbacks_.get(); }
  const nghttp2_option* option() const { return option_.get(); }

 private:
  struct Delete {
    void operator()(nghttp2_session_callbacks* callbacks) const {
      nghttp2_session_callbacks_del(callbacks);
    }
    void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
  };
  std::unique_ptr<nghttp2_session_callbacks, Delete> callbacks_;
  std::unique_ptr<nghttp2_option, Delete> option_;
};

}  // namespace belfry::rpc
