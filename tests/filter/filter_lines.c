/* Filter lines: says what the code for filters answers, for run.py to compare.
 *
 * Lines on stdin, each {"filters": ..., "headers": ...}; an answer in one line for each:
 *   refused POINTER DETAIL    the filters are malformed
 *   match STEPS | no STEPS | trouble STEPS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/json_scan.h"
#include "domain/filter.h"

enum { LINE_MAX_LEN = 1 << 20 };

static void answer(struct bytes line, struct arena *arena, struct arena *scratch)
{
    const struct filter *filter = NULL;
    struct json_value headers;
    struct error error = {.code = OK};

    if (filter_read(json_find(line, "filters"), "/filters", arena, &filter, &error) != OK) {
        ASSERT(error.code == ERR_BAD_FILTER && error.detail[0] != 0);
        printf("refused %s %s\n", error.where, error.detail);
        return;
    }
    if (json_value_read(json_find(line, "headers"), JSON_VALUE_DEPTH_MAX, arena, &headers,
                        &error) != OK) {
        printf("headers refused: %s\n", error.detail);
        return;
    }

    struct filter_verdict verdict = filter_match(filter, &headers, scratch);
    const char *word = verdict.trouble ? "trouble" : verdict.matches ? "match" : "no";

    ASSERT(!(verdict.matches && verdict.trouble) && verdict.steps <= FILTER_STEPS_MAX);
    printf("%s %u\n", word, verdict.steps);
}

int main(void)
{
    struct arena *arena = arena_new();
    struct arena *scratch = arena_new();
    char *line = malloc(LINE_MAX_LEN);

    ASSERT(line != NULL);
    while (fgets(line, LINE_MAX_LEN, stdin) != NULL) {
        answer((struct bytes){line, strcspn(line, "\n")}, arena, scratch);
        arena_reset(arena);
        arena_reset(scratch);
    }
    arena_free(arena);
    arena_free(scratch);
    free(line);
    return 0;
}
