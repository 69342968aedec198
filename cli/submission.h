/* Submission: the JSON of a task, made from the options of a command that submits one. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "options.h"

/* Files are read into the arena. False: the message was printed. */
MUST_CHECK bool submission_write(const struct options *options, struct arena *arena,
                                 struct buffer *body);
