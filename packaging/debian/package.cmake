# cpack makes ringback_VERSION_ARCHITECTURE.deb: command, libraries, header, what finds them, pages, examples. One package:
# the plain names of the libraries, which elsewhere only compilers need, are the ones to preload.
#
#   cmake --preset package && cmake --build --preset package --target package
#
# The preset installs into /usr, which puts the libraries where Debian has those of an architecture (GNUInstallDirs):
# there the loader finds them by name alone (LD_PRELOAD=libringback-uv.so, no run path in what links them), and packages
# of two architectures do not meet there.
set(RINGBACK_MAINTAINER "The Ringback authors <maintainers@ringback.invalid>"
    CACHE STRING "who the Debian package names as its maintainer")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ringback)
set(CPACK_PACKAGE_VENDOR "The Ringback authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "run existing libuv and libevent programs over io_uring")
set(CPACK_PACKAGE_DESCRIPTION
"Ringback stands between a program's event loop and the kernel, and carries
the loop by io_uring instead of epoll. The program stays as it is: Ringback is
preloaded, or linked in front of libuv or libevent.

Whatever cannot be done by io_uring, on this machine or for one descriptor, is
left to epoll. The command starts programs with it, compares them with and
without it, shows what runs on the ring and why something does not.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${RINGBACK_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# What is needed comes from what the files are linked with; so does what a program linked with Ringback needs (shlibs).
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libuv1-dev, libevent-dev, wrk")

set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/stage.cmake)
set(CPACK_RINGBACK_SOURCE ${PROJECT_SOURCE_DIR})
include(CPack)
