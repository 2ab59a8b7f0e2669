// SPDX-License-Identifier: Apache-2.0
//
// The whole client library in one include; client.h is where to start reading.
//
// Threads: each header says it for what is in it.
#pragma once

#include "belfry/client.h"
