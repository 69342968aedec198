# How every file of ours is compiled: language, warnings, banned functions, hardening of release builds.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(SLUICE_GENERATED ${CMAKE_BINARY_DIR}/generated)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

set(warnings
    -Wall -Wextra -Wshadow -Wformat=2 -Wundef -Wcast-qual -Wpointer-arith -Wwrite-strings
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wredundant-decls
    -Wnested-externs -Wvla -Wswitch-enum -Wnull-dereference -Wconversion -Wsign-conversion
    -Wdouble-promotion -Wbad-function-cast -Wunused-macros)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    list(APPEND warnings
        -Wcast-align=strict -Wduplicated-cond -Wduplicated-branches -Wlogical-op
        -Wuse-after-free=3 -Warith-conversion -Wjump-misses-init -Walloc-zero -Wtrampolines
        -Wimplicit-fallthrough=5)
    # Instrumented code hides from gcc what it knows about ranges; the other builds keep these.
    if("${CMAKE_C_FLAGS_DEBUG}" MATCHES "-fsanitize")
        list(APPEND warnings -Wno-format-truncation -Wno-maybe-uninitialized -Wno-null-dereference)
    endif()
else()
    list(APPEND warnings -Wcomma -Wmissing-variable-declarations -Wimplicit-fallthrough)
endif()

# A library of its own rather than global options, so that generated files can be kept out of it.
add_library(sluice_options INTERFACE)
target_compile_definitions(sluice_options INTERFACE _GNU_SOURCE)
target_compile_options(sluice_options INTERFACE
    ${warnings} -Werror=implicit-function-declaration -fno-common -include ${CMAKE_SOURCE_DIR}/include/base/banned.h)
target_include_directories(sluice_options INTERFACE ${CMAKE_SOURCE_DIR}/include ${SLUICE_GENERATED})

option(SLUICE_HARDEN "Compile and link with hardening (release builds)" OFF)
if(SLUICE_HARDEN)
    include(CheckPIESupported)
    check_pie_supported()
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
        -fstack-clash-protection)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        add_compile_options(-fcf-protection)
    endif()
    if(CMAKE_C_COMPILER_ID STREQUAL GNU)
        add_compile_options(-ftrivial-auto-var-init=zero)
    endif()
    add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
