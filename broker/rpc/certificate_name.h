// SPDX-License-Identifier: Apache-2.0
//
// Whom a certificate speaks for: the subject's common name, else the first DNS name of its
// alternative names.
//
// Threads: Immutable. Fails: empty if there is neither, or if the name holds a zero byte (a known
// way to make two readers see two names).
#pragma once

#include <openssl/types.h>

#include <string>

namespace belfry::rpc {

std::string CertificateName(const X509& certificate);

}  // namespace belfry::rpc
