// SPDX-License-Identifier: Apache-2.0
//
// The whole client library in one include; client.h is where to start reading. Beside it there is
// asio_executor.h, for those who use Asio.
//
// Threads: each header says it for what is in it.
#pragma once

#include "belfry/await_publish.h"
#include "belfry/client.h"
