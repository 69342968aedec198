/* Arena fixture: made before the first test, freed after the last. */
#include "arena_fixture.h"

struct arena *arena;
struct bounds bounds;

int make_arena(void **state)
{
    (void)state;
    arena = arena_new();
    bounds = bounds_default();
    return 0;
}

int free_arena(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}
