/* Assert: says which promise was broken, then stops the program where it stands. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "sluice: assertion failed: %s (%s:%d)\n", expression, file, line);
    abort();
}
