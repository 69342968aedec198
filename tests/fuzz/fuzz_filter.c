/* Fuzz: filters and headers, parted by a line feed; any text is taken or refused with a pointer, a
 * verdict takes a bounded number of steps, and is the same when it is asked again. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/json_scan.h"
#include "domain/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void match(struct bytes filters, struct bytes headers, struct arena *arena)
{
    static const struct json_limits LIMITS = {.depth_max = 32, .nodes_max = 20000};
    const struct filter *filter = NULL;
    struct json_value value;
    struct error error = {.code = OK};

    if (filter_read(filters, "/filters", arena, &filter, &error) != OK) {
        ASSERT(error.code == ERR_BAD_FILTER && strncmp(error.where, "/filters", 8) == 0);
        return;
    }
    if (json_check(headers, &LIMITS, NULL) != OK ||
        json_value_read(headers, LIMITS.depth_max, arena, &value, NULL) != OK)
        return;

    struct filter_verdict first = filter_match(filter, &value, arena);
    struct filter_verdict again = filter_match(filter, &value, arena);

    ASSERT(first.steps <= FILTER_STEPS_MAX && !(first.matches && first.trouble));
    ASSERT(first.steps == again.steps && first.matches == again.matches &&
           first.trouble == again.trouble);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *end = len > 0 ? memchr(data, '\n', len) : NULL;

    if (end == NULL)
        return 0;

    size_t filters_len = (size_t)(end - data);
    struct arena *arena = arena_new();

    match((struct bytes){(const char *)data, filters_len},
          (struct bytes){(const char *)end + 1, len - filters_len - 1}, arena);
    arena_free(arena);
    return 0;
}
