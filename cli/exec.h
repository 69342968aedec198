/* Exec: one run of a program as a child in its own process group, talked to over pipes without
 * blocking. */
#pragma once

#include "base/bytes.h"
#include "loop.h"

#include <sys/types.h>

enum child_stream { CHILD_INPUT, CHILD_OUTPUT, CHILD_ERRORS, CHILD_CONTROL, CHILD_STREAMS };

struct child {
    pid_t pid; /* also its group's; 0 once it is reaped */
    struct loop *loop;
    struct watch streams[CHILD_STREAMS]; /* its descriptors 0 to 3, our ends */
    struct bytes input;                  /* what it has not read yet */
    void (*on_output)(void *owner, enum child_stream stream, struct bytes data);
    void *owner;
};

struct child_program {
    char *const *argv; /* NULL-ended; argv[0] is looked up in PATH */
    char *const *env;
    struct bytes input; /* its stdin; must live as long as the child */
};

/* Makes this process fit to have so many children at a time; once, before the first. Descriptors
 * 0 to 3 are kept free of anything else. */
void child_prepare(unsigned children);

/* 0, or the errno of what could not be done. on_output and owner are set before. */
int child_start(struct child *child, struct loop *loop, const struct child_program *program);
/* To the whole group; fine when it is gone. */
void child_signal(const struct child *child, int signal);
/* It is a zombie: ends what is left of its group, takes the rest of its output and its wait status.
 */
int child_reap(struct child *child);

/* The pid of a child that has ended, ours or an orphan's that came to us; 0 when there is none. It
 * stays a zombie. */
pid_t child_ended(void);
