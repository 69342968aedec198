/* Slots: says what the code for zones and cron expressions answers, for run.py to compare.
 *
 * Lines on stdin, an answer in one line for each:
 *   slots ZONE FROM_MS UNTIL_MS EXPRESSION   the times it fires from FROM_MS on, before UNTIL_MS
 *   offsets ZONE MS...                       the offset of each instant, in milliseconds
 *   instants ZONE LOCAL_MS...                for each the instants, parted by commas, or none */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/parse.h"
#include "base/zone_file.h"
#include "domain/cron.h"
#include "domain/zone.h"

enum { LINE_MAX_LEN = 1 << 20 };

/* The zone of the last line is kept: lines of one zone stand together. */
struct kept {
    char name[ZONE_NAME_MAX + 1];
    struct zone *zone;
};

static int64_t take_int(struct bytes *rest)
{
    struct bytes word = BYTES_NONE;
    int64_t number = 0;
    bool is_read = bytes_split(rest, ' ', &word) && parse_int(word, INT64_MIN, INT64_MAX, &number);

    ASSERT(is_read);
    return number;
}

static const struct zone *zone_of(struct kept *kept, struct bytes name)
{
    struct bytes file = BYTES_NONE;
    struct error error = {.code = OK};

    if (kept->zone != NULL && bytes_is(name, kept->name))
        return kept->zone;
    zone_free(kept->zone);
    kept->zone = NULL;
    if (zone_file_read(ZONE_FOLDER, name, "", &file, &error) == OK &&
        zone_new(file, "", &kept->zone, &error) == OK)
        (void)snprintf(kept->name, sizeof(kept->name), "%.*s", BYTES_ARG(name));
    else
        printf("refused: %s\n", error.detail);
    free((void *)(uintptr_t)file.at);
    return kept->zone;
}

static void print_slots(const struct zone *zone, struct bytes rest)
{
    int64_t at_ms = take_int(&rest);
    int64_t until_ms = take_int(&rest);
    struct error error = {.code = OK};
    struct cron cron;

    if (cron_parse(rest, "", &cron, &error) != OK) {
        printf("refused: %s\n", error.detail);
        return;
    }
    while (cron_next(&cron, zone, at_ms, &at_ms) && at_ms < until_ms) {
        printf("%" PRId64 " ", at_ms);
        at_ms++;
    }
    printf("\n");
}

static void print_offsets(const struct zone *zone, struct bytes rest)
{
    while (rest.len > 0)
        printf("%" PRId64 " ", zone_offset_ms(zone, take_int(&rest)));
    printf("\n");
}

static void print_instants(const struct zone *zone, struct bytes rest)
{
    while (rest.len > 0) {
        int64_t wall_ms[2];
        unsigned len = zone_instants(zone, take_int(&rest), wall_ms);

        for (unsigned i = 0; i < len; i++)
            printf("%s%" PRId64, i > 0 ? "," : "", wall_ms[i]);
        printf("%s ", len == 0 ? "none" : "");
    }
    printf("\n");
}

static void answer(struct kept *kept, struct bytes line)
{
    struct bytes verb = BYTES_NONE;
    struct bytes name = BYTES_NONE;
    bool is_whole = bytes_split(&line, ' ', &verb) && bytes_split(&line, ' ', &name);

    ASSERT(is_whole);

    const struct zone *zone = zone_of(kept, name);

    if (zone == NULL)
        return;
    if (bytes_is(verb, "slots"))
        print_slots(zone, line);
    else if (bytes_is(verb, "offsets"))
        print_offsets(zone, line);
    else
        print_instants(zone, line);
}

int main(void)
{
    struct kept kept = {.zone = NULL};
    char *line = malloc(LINE_MAX_LEN);

    ASSERT(line != NULL);
    while (fgets(line, LINE_MAX_LEN, stdin) != NULL)
        answer(&kept, (struct bytes){line, strcspn(line, "\n")});
    zone_free(kept.zone);
    free(line);
    return 0;
}
