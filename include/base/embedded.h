/* Embedded file: a file of the source tree that the binary carries; the build writes these tables.
 */
#pragma once

#include <stddef.h>

struct embedded_file {
    const char *name;          /* without folder */
    const unsigned char *data; /* a NUL stands behind it, so text may be used as a string */
    size_t size;               /* without that NUL */
};

/* Each in the order of names. They live in the library of the layer that reads them. */
extern const struct embedded_file embedded_migrations[];
extern const size_t embedded_migrations_len;
extern const struct embedded_file embedded_openapi[];
extern const size_t embedded_openapi_len;
