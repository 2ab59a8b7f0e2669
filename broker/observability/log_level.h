// SPDX-License-Identifier: Apache-2.0
//
// How much is logged and in which form. It stands alone, so that the configuration can name these
// values without knowing how lines are written (logging.h). Threads: Immutable values.
#pragma once

namespace belfry::observability {

// In order: a level shows itself and everything after it.
enum class LogLevel { kDebug, kInfo, kWarn, kError };

enum class LogFormat { kText, kJson };

}  // namespace belfry::observability
