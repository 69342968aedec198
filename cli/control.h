/* Control: the lines a program may write to descriptor 3 to say more than its output and exit
 * status can. */
#pragma once

#include "base/bytes.h"

#include <stdint.h>

enum control_kind {
    CONTROL_PROGRESS,    /* progress 0.4 half of it is done */
    CONTROL_LOG,         /* log what the task's log shall say */
    CONTROL_RESULT,      /* result {"instead": "of stdout"} */
    CONTROL_RETRY_AFTER, /* retry-after 30 */
    CONTROL_UNKNOWN,
};

struct control_line {
    enum control_kind kind;
    double percent;
    int64_t retry_after_ms;
    struct bytes text; /* message, log line, result, or the whole unknown line; part of the line */
};

struct control_line control_parse(struct bytes line);
