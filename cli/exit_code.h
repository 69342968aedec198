/* Exit code: what the commands of the client side promise to scripts; sluice(1) lists them. */
#pragma once

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILURE = 1,
    EXIT_CODE_NOT_FOUND = 3,
    EXIT_CODE_CONFLICT = 4,
    EXIT_CODE_AUTH = 5,
    EXIT_CODE_UNREACHABLE = 6,
    EXIT_CODE_TASK_FAILED = 7,
    EXIT_CODE_TASK_CANCELLED = 8, /* or expired */
    EXIT_CODE_WAIT_TIMEOUT = 9,
    EXIT_CODE_LIMIT = 10, /* 429: it would go some time later */
    EXIT_CODE_USAGE = 64,
    EXIT_CODE_INTERRUPTED = 130,
};
