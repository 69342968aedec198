/* Problem: an RFC 9457 error answer, told to the person at the terminal and to scripts. */
#pragma once

#include "base/arena.h"
#include "http.h"

/* The "code" member, or NONE. */
struct bytes problem_code(struct bytes body, struct arena *arena);
/* One line: the detail, or what can be said without one. */
struct bytes problem_detail(int status, struct bytes body, struct arena *arena);
/* Prints it with its fields' errors and returns the exit code that belongs to it;
 * retry_after_ms -1: the broker said nothing of the kind. */
int problem_tell(int status, struct bytes body, int64_t retry_after_ms, struct arena *arena);
