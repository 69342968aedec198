/* Killed: runs code in a child that gets SIGKILL at a system call of our choice. */
#pragma once

enum killed { KILLED, KILLED_NOT, KILLED_CANNOT };

/* KILLED: it was stopped at its nth stop at a system call (entry or exit, from 1) and killed there.
 * KILLED_NOT: it ended before. KILLED_CANNOT: this system does not let a process be traced. */
enum killed killed_at(unsigned nth, void (*run)(void *ctx), void *ctx);
