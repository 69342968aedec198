# What `cmake --install` puts where.
if(EXISTS ${CMAKE_SOURCE_DIR}/docs/man/sluice.1)
    install(FILES docs/man/sluice.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# The unit names the binary by its full path, which depends on the prefix.
file(READ packaging/systemd/sluice.service unit)
string(REPLACE /usr/bin/sluice ${CMAKE_INSTALL_FULL_BINDIR}/sluice unit "${unit}")
file(CONFIGURE OUTPUT ${SLUICE_GENERATED}/sluice.service CONTENT "${unit}" @ONLY)
install(FILES ${SLUICE_GENERATED}/sluice.service DESTINATION lib/systemd/system)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS packaging/systemd/sluice.service)
