// SPDX-License-Identifier: Apache-2.0
//
// The whole client library in one include; client.h is where to start reading. Beside it there is
// asio_executor.h, for those who use Asio.
//
// Threads: each header says it for what is in it.
#pragma once

// GCC 10's name for C++20.
#if __cplusplus < 201709L
#error "belfry needs C++20; compile with -std=c++20 or newer"
#endif

#include "belfry/await_publish.h"
#include "belfry/client.h"
#include "belfry/version.h"
