/* Setting: what is declared under a name of its own and has a version, as limits, schedules and
 * namespaces are: shown, deleted, or read, changed and written. The name is the first argument. */
#pragma once

#include "client.h"

#include "base/buffer.h"

struct setting {
    const char *path; /* of all of them, as in "/v1/limits" */
    /* NULL: member by member */
    void (*print)(void *ctx, const struct options *options, struct bytes shown,
                  struct arena *arena);
    void *ctx;
};

typedef int setting_act_fn(const struct options *options, struct client *client, const char *path);
/* What it gets, from what it has ("{}": it is not there) and what was asked for. False: that was
 * wrong, and the message was printed. */
typedef bool setting_write_fn(const struct options *options, struct bytes before,
                              struct buffer *body, struct arena *arena);

/* Do something with the one named; verb: behind its path, or "". */
MUST_CHECK int setting_act(const struct setting *setting, const struct options *options,
                           const char *verb, setting_act_fn *act);
MUST_CHECK int setting_show(const struct setting *setting, const struct options *options);
MUST_CHECK int setting_delete(const struct setting *setting, const struct options *options);
/* Read, change, write; and all of it again when somebody else was quicker. must_exist: none is
 * made. */
MUST_CHECK int setting_change(const struct setting *setting, const struct options *options,
                              setting_write_fn *write, bool must_exist);
