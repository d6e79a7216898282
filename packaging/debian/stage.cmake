# What only Debian's packages have, added to what was installed for the package: copyright, changelogs, compressed pages.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
set(doc ${root}/doc/ringback)
file(COPY ${CPACK_RINGBACK_SOURCE}/packaging/debian/copyright DESTINATION ${doc})
file(COPY_FILE ${CPACK_RINGBACK_SOURCE}/CHANGELOG.md ${doc}/changelog)

file(COPY_FILE ${CPACK_RINGBACK_SOURCE}/packaging/debian/lintian-overrides ${root}/lintian-overrides)
file(MAKE_DIRECTORY ${root}/lintian/overrides)
file(RENAME ${root}/lintian-overrides ${root}/lintian/overrides/ringback)

# SOURCE_DATE_EPOCH, if set, is the time of the package.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${doc}/changelog.Debian
"ringback (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Made from the source tree by cpack; its changes are in changelog.gz.

 -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  ${date}
")

file(GLOB pages ${root}/man/man*/*)
execute_process(COMMAND gzip -9n ${doc}/changelog ${doc}/changelog.Debian ${pages} COMMAND_ERROR_IS_FATAL ANY)
