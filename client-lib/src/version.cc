// SPDX-License-Identifier: Apache-2.0
#include "belfry/version.h"

namespace belfry {

std::string_view LibraryVersion() { return kVersion; }

}  // namespace belfry
