/* Embedded file: a file of the source tree that the binary carries (migrations, the OpenAPI document). */
#pragma once

#include <stddef.h>

struct embedded_file {
    const char *name;          /* without folder */
    const unsigned char *data; /* a NUL stands behind it, so text may be used as a string */
    size_t size;               /* without that NUL */
};

/* Declares what the build embedded under this symbol: the files in order of name, and how many. */
#define EMBEDDED(symbol)                                                                           \
    extern const struct embedded_file symbol[];                                                    \
    extern const size_t symbol##_len
