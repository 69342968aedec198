/* Listing: the pages of one of the broker's lists, as a table, as ids, or as the JSON itself. */
#pragma once

#include "client.h"
#include "query.h"
#include "table.h"

struct listing {
    const char *const *headings;
    void (*add_row)(struct table *table, struct bytes item, struct arena *arena);
    const char *id_member; /* what --quiet prints */
};

/* The options every list takes; put them at the end of a command's own table. */
#define LISTING_OPTIONS                                                                            \
    {.name = "limit",                                                                              \
     .letter = 'n',                                                                                \
     .kind = OPTION_INT,                                                                           \
     .value = "N",                                                                                 \
     .help = "Items of one page.",                                                                 \
     .min = 1,                                                                                     \
     .max = 500},                                                                                  \
        {.name = "cursor",                                                                         \
         .kind = OPTION_TEXT,                                                                      \
         .value = "CURSOR",                                                                        \
         .help = "Begin where a page ended."},                                                     \
        {.name = "all", .help = "All pages, not only the first."},                                 \
        {.name = "quiet", .letter = 'q', .help = "Print only the ids, one a line."},               \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* query holds the path and the filters. Returns the exit code. */
int listing_run(const struct options *options, const struct listing *listing, struct query *query);
