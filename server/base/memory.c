/* Memory: allocation that cannot fail; running out stops the program, the store makes that safe. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/compiler.h"

NORETURN static void out_of_memory(size_t size)
{
    (void)fprintf(stderr, "sluice: out of memory, %zu bytes were asked for\n", size);
    /* Not exit(): handlers would run beside threads that still work. */
    _exit(EX_OSERR);
}

void *mem_alloc(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);

    if (memory == NULL)
        out_of_memory(size);
    return memory;
}

void *mem_resize(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);

    if (memory == NULL)
        out_of_memory(size);
    return memory;
}
