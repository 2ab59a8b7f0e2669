// SPDX-License-Identifier: Apache-2.0
//
// The whole client library in one include.
#pragma once

#include "belfry/client.h"
