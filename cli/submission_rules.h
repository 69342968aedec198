/* Submission rules: the options of a submit that say how a task stands to others. */
#pragma once

#include "base/json_out.h"
#include "options.h"

/* clang-format off: rows of a command's table */
#define SUBMISSION_RULES_OPTIONS                                                                   \
    {.name = "callback",                                                                           \
     .kind = OPTION_TEXT,                                                                          \
     .value = "WEBHOOK|URL",                                                                       \
     .help = "What is told when it has ended."},                                                   \
        {.name = "limit",                                                                          \
         .kind = OPTION_TEXT,                                                                      \
         .value = "NAME[=N]",                                                                      \
         .repeats = true,                                                                          \
         .help = "A named limit that it counts against, with so many units."},                     \
        {.name = "fairness-key",                                                                   \
         .kind = OPTION_TEXT,                                                                      \
         .value = "KEY",                                                                           \
         .help = "Whose share of the queue it is; the token's if not given."},                     \
        {.name = "fairness-weight",                                                                \
         .kind = OPTION_TEXT,                                                                      \
         .value = "N",                                                                             \
         .help = "How large a share its key gets; 1 if not given."},                               \
        {.name = "ordering-key",                                                                   \
         .kind = OPTION_TEXT,                                                                      \
         .value = "KEY",                                                                           \
         .help = "Tasks of one key run one after the other, in this order."},                      \
        {.name = "on-order-failure",                                                               \
         .kind = OPTION_TEXT,                                                                      \
         .value = "WHAT",                                                                          \
         .help = "When it fails, those behind it: skip, or block."},                               \
        {.name = "dedup-key",                                                                      \
         .kind = OPTION_TEXT,                                                                      \
         .value = "KEY",                                                                           \
         .help = "A second task of this key is not made."},                                        \
        {.name = "dedup-scope",                                                                    \
         .kind = OPTION_TEXT,                                                                      \
         .value = "SCOPE",                                                                         \
         .help = "As long as the first is unfinished, queued, active, or in a window."},           \
        {.name = "dedup-window",                                                                   \
         .kind = OPTION_DURATION,                                                                  \
         .value = "S",                                                                             \
         .min = 1,                                                                                 \
         .help = "The window."},                                                                   \
        {.name = "on-conflict",                                                                    \
         .kind = OPTION_TEXT,                                                                      \
         .value = "WHAT",                                                                          \
         .help = "Then: return the first, replace, reject, or debounce."},                         \
        {.name = "depends-on",                                                                     \
         .kind = OPTION_TEXT,                                                                      \
         .value = "ID",                                                                            \
         .repeats = true,                                                                          \
         .help = "Not before this task has succeeded."},                                           \
        {.name = "on-dependency-failure",                                                          \
         .kind = OPTION_TEXT,                                                                      \
         .value = "WHAT",                                                                          \
         .help = "When that does not succeed: fail, skip, or run."},                               \
    {                                                                                              \
        .name = "affinity", .kind = OPTION_TEXT, .value = "KEY",                                   \
        .help = "To the worker that had the last task of this key, if it has room."                \
    }
/* clang-format on */

/* The members, into an object that is open. False: the message was printed. */
bool submission_rules_write(const struct options *options, struct json_out *json);
