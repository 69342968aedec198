/* Arena fixture: the one arena that the tests of a program read into. */
#pragma once

#include "base/arena.h"

extern struct arena *arena;

/* For cmocka: setup and teardown of a group. */
int make_arena(void **state);
int free_arena(void **state);
