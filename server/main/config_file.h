/* Config file: the small part of TOML that settings need: [section], key = value, comments. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

struct config_line {
    struct bytes key;   /* "section.name" or "name" */
    struct bytes value; /* unquoted */
    int line, key_column, value_column;
};

/* Calls take for each setting in order. error.where is "line:column"; an error of take's gets the
 * place of the value, or with ERR_UNKNOWN_MEMBER of the key. text is no longer than
 * CONFIG_FILE_MAX. */
enum { CONFIG_FILE_MAX = 65536 };

MUST_CHECK enum err config_file_read(struct bytes text,
                                     enum err (*take)(void *ctx, const struct config_line *line,
                                                      struct error *error),
                                     void *ctx, struct error *error);
