# SPDX-License-Identifier: Apache-2.0
# What a preset chooses, and the compiler flags that follow from it.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

option(BELFRY_TESTS "Build the tests" ON)
option(BELFRY_GRPC "Build what links grpc++: client library, CLI, integration tests" ON)
option(BELFRY_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(BELFRY_INSTALL "Define install rules" ON)
option(BELFRY_HARDENED "Release hardening flags (checked on the ELF files by a test)" OFF)
option(BELFRY_THREAD_SAFETY "Check lock annotations (clang only)" OFF)
set(BELFRY_SANITIZE "" CACHE STRING "Value of -fsanitize for everything we compile")

# Flags for our own code; generated code gets none of the warnings.
add_library(belfry_warnings INTERFACE)
target_compile_options(belfry_warnings INTERFACE -Wall -Wextra -Werror)
if(BELFRY_THREAD_SAFETY)
  target_compile_options(belfry_warnings INTERFACE -Wthread-safety -Wthread-safety-beta)
endif()

if(BELFRY_SANITIZE)
  add_compile_options(-fsanitize=${BELFRY_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${BELFRY_SANITIZE})
  # GCC 12 sees uninitialized values in its own <regex> and <functional> once they are instrumented.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
  if(BELFRY_SANITIZE MATCHES "thread")
    # Asio's fenced blocks use std::atomic_thread_fence, which GCC's TSan refuses under -Werror.
    add_compile_definitions(ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

if(BELFRY_HARDENED)
  add_compile_options(-D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
                      -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i[3-6]86")
    add_compile_options(-fcf-protection)
  endif()
  # Position independence is CMAKE_POSITION_INDEPENDENT_CODE's; the link makes it PIE for programs.
  add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie> -Wl,-z,relro,-z,now)
endif()

# Asio stands alone here: header only, no deprecated parts.
add_compile_definitions(ASIO_STANDALONE ASIO_NO_DEPRECATED)
