/* Error: the table of everything a request can be refused with, and how an error is filled. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

struct error_fact {
    int status;
    const char *code;
    const char *title;
};

static const struct error_fact FACTS[ERR_MAX] = {
#define ERROR(name, http_status, wire_code, text)                                                  \
    [ERR_##name] = {.status = (http_status), .code = (wire_code), .title = (text)},
#include "tables/errors.def"
#undef ERROR
};

enum err error_set(struct error *error, enum err code, const char *where, const char *format, ...)
{
    va_list args;

    if (error == NULL)
        return code;
    error->code = code;
    (void)snprintf(error->where, sizeof(error->where), "%s", where != NULL ? where : "");
    va_start(args, format);
    (void)vsnprintf(error->detail, sizeof(error->detail), format, args);
    va_end(args);
    return code;
}

static const struct error_fact *fact_of(enum err code)
{
    ASSERT(code > OK && code < ERR_MAX);
    return &FACTS[code];
}

int err_status(enum err code)
{
    return fact_of(code)->status;
}

const char *err_code(enum err code)
{
    return fact_of(code)->code;
}

const char *err_title(enum err code)
{
    return fact_of(code)->title;
}
