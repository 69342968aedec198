/* Memory: allocation that cannot fail; every user-driven size is capped at the edge, so running out
 * stops the program. */
#pragma once

#include <stddef.h>

/* Zeroed memory; exits with 71 (EX_OSERR) when there is none. Free with free(). */
void *mem_alloc(size_t size);
void *mem_resize(void *old, size_t size);
