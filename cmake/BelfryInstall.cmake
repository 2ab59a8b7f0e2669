# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: the client library as CMake package `belfry` (target belfry::client) and
# as pkg-config module `belfry`, and what of the broker's programs and files this build has.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(TARGET belfry_client)
  install(TARGETS belfry_client EXPORT belfry-targets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT client
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/client-lib/include/belfry"
                    "${PROJECT_BINARY_DIR}/client-lib/include/belfry"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT client FILES_MATCHING PATTERN "*.h")
  set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/belfry")
  install(EXPORT belfry-targets NAMESPACE belfry:: DESTINATION "${package_dir}" COMPONENT client)
  # Everything the library needs is linked into it or found by the loader, so the package needs no other.
  file(WRITE "${PROJECT_BINARY_DIR}/belfry-config.cmake"
    "include(\"\${CMAKE_CURRENT_LIST_DIR}/belfry-targets.cmake\")\n")
  # Before 1.0 a minor version may change the interface.
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/belfry-config-version.cmake"
    VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/belfry-config.cmake"
    "${PROJECT_BINARY_DIR}/belfry-config-version.cmake"
    DESTINATION "${package_dir}" COMPONENT client)
  # As the CMake package, it finds its files from where it lies, so that the tree may be moved.
  set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
  file(RELATIVE_PATH prefix_from_pkgconfig "/prefix/${pkgconfig_dir}" "/prefix")
  configure_file("${CMAKE_CURRENT_LIST_DIR}/belfry.pc.in" "${PROJECT_BINARY_DIR}/belfry.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/belfry.pc" DESTINATION "${pkgconfig_dir}" COMPONENT client)
endif()

# Programs find the library beside them, wherever the tree is installed.
file(RELATIVE_PATH library_from_bin "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
foreach(program belfryd belfry_cli)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_bin}")
    install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT broker)
  endif()
endforeach()

if(EXISTS "${PROJECT_SOURCE_DIR}/conf/belfry.toml")
  install(FILES "${PROJECT_SOURCE_DIR}/conf/belfry.toml"
    DESTINATION "${CMAKE_INSTALL_SYSCONFDIR}/belfry" COMPONENT broker)
endif()
if(EXISTS "${PROJECT_SOURCE_DIR}/systemd/belfry.service")
  install(FILES "${PROJECT_SOURCE_DIR}/systemd/belfry.service"
    DESTINATION "lib/systemd/system" COMPONENT broker)
endif()

# Manual pages and completion; belfry's are made from its tree of commands.
configure_file("${PROJECT_SOURCE_DIR}/docs/man/belfryd.8.in" "${PROJECT_BINARY_DIR}/man/belfryd.8" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/man/belfryd.8"
  DESTINATION "${CMAKE_INSTALL_MANDIR}/man8" COMPONENT broker)
if(TARGET belfry_cli)
  install(FILES "${PROJECT_BINARY_DIR}/man/belfry.1"
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT broker)
  install(FILES "${PROJECT_BINARY_DIR}/man/belfry.bash" RENAME belfry
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT broker)
endif()
