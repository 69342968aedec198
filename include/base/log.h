/* Log: one line a fact on stderr, JSON for machines or plain for a terminal; one write(2) a line,
 * from any thread. Values are escaped and cut at 256 bytes, so that nothing a user sends can forge
 * a line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_AUTO, LOG_JSON, LOG_TEXT }; /* AUTO: TEXT on a terminal */

/* Once, before threads start. */
void log_configure(enum log_level least, enum log_format format);
bool log_is_on(enum log_level level);

struct log_field {
    const char *key; /* NULL ends the list */
    enum { LOG_FIELD_TEXT, LOG_FIELD_INT } kind;
    struct bytes text;
    int64_t number;
};

#define LOG_TEXT_FIELD(k, b) ((struct log_field){.key = (k), .kind = LOG_FIELD_TEXT, .text = (b)})
#define LOG_INT_FIELD(k, n)  ((struct log_field){.key = (k), .kind = LOG_FIELD_INT, .number = (n)})

void log_write(enum log_level level, const char *event, const char *message,
               const struct log_field *fields);

#define log_event(level, event, message, ...)                                                      \
    do {                                                                                           \
        if (log_is_on(level))                                                                      \
            log_write(level, event, message,                                                       \
                      (const struct log_field[]){__VA_ARGS__{.key = NULL}});                       \
    } while (0)
/* log_event(LOG_INFO, "broker.started", "listening", LOG_TEXT_FIELD("listen", addr),
 * LOG_INT_FIELD("pid", pid), ); */
