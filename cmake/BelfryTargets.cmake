# SPDX-License-Identifier: Apache-2.0
# The shapes of a target, so that each folder's CMakeLists.txt says only what is its own.

# belfry_library(NAME SOURCES a.cc b.cc DEPS x y): a static library of our code.
# Sources include each other by their path from the project root ("common/clock.h").
function(belfry_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE belfry_warnings)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} ${scope} ${ARG_DEPS})
endfunction()

# belfry_executable(NAME SOURCES a.cc DEPS x y)
function(belfry_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} belfry_warnings)
endfunction()

# belfry_test(NAME SOURCES a_test.cc DEPS x LABELS unit [TIMEOUT s] [SERIAL]): a GoogleTest binary; each of
# its tests is a ctest test. Labels: unit, contract, sim (no grpc++, also run under TSan), integration,
# fault. BELFRY_BIN (folder of the binaries) and BELFRY_SOURCE are known as macros.
function(belfry_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main belfry_warnings)
  target_compile_definitions(${name} PRIVATE BELFRY_BIN="${CMAKE_BINARY_DIR}/bin"
                                             BELFRY_SOURCE="${PROJECT_SOURCE_DIR}")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} $<$<BOOL:${ARG_SERIAL}>:RUN_SERIAL ON>)
endfunction()
if(BELFRY_TESTS)
  include(GoogleTest)
endif()
