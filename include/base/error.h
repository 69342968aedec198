/* Error: what went wrong, where, and what a client is told about it. */
#pragma once

#include "base/compiler.h"

enum err {
    OK = 0,
#define ERROR(name, status, code, title) ERR_##name,
#include "tables/errors.def"
#undef ERROR
    ERR_MAX,
};

/* where: a JSON pointer into the body ("/retry/max_attempts"), "?name" for a query parameter, a
 * header's name, or "". */
struct error {
    enum err code;
    char where[128];
    char detail[256];
};

/* Fill error and return code, so that a check is one line. error may be NULL. */
enum err error_set(struct error *error, enum err code, const char *where, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Facts of the table; code must be a valid error other than OK. */
int err_status(enum err code);
const char *err_code(enum err code);
const char *err_title(enum err code);
