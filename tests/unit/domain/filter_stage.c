/* Filter stage: all that a verdict needs lives as long as the question. */
#include "filter_stage.h"

#include <stdio.h>

struct json_value json_of(struct arena *arena, const char *text)
{
    static const struct json_limits LIMITS = {.depth_max = 64, .nodes_max = 1 << 20};
    struct json_value value;

    assert_int_equal(json_check(bytes_of(text), &LIMITS, NULL), OK);
    assert_int_equal(json_value_read(bytes_of(text), 64, arena, &value, NULL), OK);
    return value;
}

struct filter_verdict verdict_of(const char *filters, const char *headers)
{
    struct arena *arena = arena_new();
    struct arena *scratch = arena_new();
    const struct filter *filter = NULL;
    struct error error = {.code = OK};

    if (filter_read(bytes_of(filters), "/filters", arena, &filter, &error) != OK)
        fail_msg("%s: %s %s", filters, error.where, error.detail);

    struct json_value value = json_of(arena, headers);
    struct filter_verdict verdict = filter_match(filter, &value, scratch);

    arena_free(scratch);
    arena_free(arena);
    return verdict;
}

void assert_verdict(const char *filters, const char *headers, bool matches, bool trouble)
{
    struct filter_verdict verdict = verdict_of(filters, headers);

    if (verdict.matches != matches || verdict.trouble != trouble)
        fail_msg("%s against %s: %s%s", filters, headers, verdict.matches ? "match" : "no match",
                 verdict.trouble ? ", trouble" : "");
}

const char *pointer_of(const char *filters)
{
    static char where[128];
    struct arena *arena = arena_new();
    const struct filter *filter = NULL;
    struct error error = {.where = ""};
    enum err code = filter_read(bytes_of(filters), "/filters", arena, &filter, &error);

    assert_int_equal(code, code == OK ? OK : ERR_BAD_FILTER);
    (void)snprintf(where, sizeof(where), "%s", error.where);
    arena_free(arena);
    return where;
}
