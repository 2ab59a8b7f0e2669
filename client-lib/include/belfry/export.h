// SPDX-License-Identifier: Apache-2.0
//
// BELFRY_API marks what leaves the shared library; everything else is hidden.
#pragma once

#define BELFRY_API __attribute__((visibility("default")))
