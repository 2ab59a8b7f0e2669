// SPDX-License-Identifier: Apache-2.0
//
// The application's code is called here: what it throws ends here, because the threads that call it
// are not its own, and is reported.
//
// Threads: Thread-safe, a pure function.
#pragma once

#include <exception>

namespace belfry::client {

// Runs call(); if it throws, report(text).
template <class Call, class Report>
void CallGuarded(Call&& call, const Report& report) {
  try {
    call();
  } catch (const std::exception& exception) {
    report(exception.what());
  } catch (...) {
    report("something that is no std::exception");
  }
}

}  // namespace belfry::client
