// SPDX-License-Identifier: Apache-2.0
//
// BELFRY_API marks what leaves the shared library; everything else is hidden.
//
// Threads: a macro has none.
#pragma once

#define BELFRY_API __attribute__((visibility("default")))
