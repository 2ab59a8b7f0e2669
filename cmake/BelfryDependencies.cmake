# SPDX-License-Identifier: Apache-2.0
# Every library from outside, found once. All are Debian 12 packages (tools/debian-packages.txt).

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
# Protobuf is found in module mode only: Debian ships no CMake config for it.
find_package(Protobuf REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
# The clients of the brokers that Belfry is compared with; what needs them is left out without them. Their
# CMake configs in Debian 12 are broken.
pkg_check_modules(HIREDIS QUIET IMPORTED_TARGET hiredis)
pkg_check_modules(NATS QUIET IMPORTED_TARGET libnats)

if(BELFRY_GRPC)
  find_package(gRPC CONFIG REQUIRED)
endif()
if(BELFRY_TESTS)
  find_package(GTest CONFIG REQUIRED)
  find_package(rapidcheck CONFIG REQUIRED)
endif()
