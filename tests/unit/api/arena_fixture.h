/* Arena fixture: the one arena that the tests of a program read into. */
#pragma once

#include "base/arena.h"
#include "domain/bounds.h"

extern struct arena *arena;
/* As they are without settings; a test that changes them puts them back. */
extern struct bounds bounds;

/* For cmocka: setup and teardown of a group. */
int make_arena(void **state);
int free_arena(void **state);
