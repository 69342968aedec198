/* Listing: the pages of one of the broker's lists, as a table, as ids, or as the JSON itself. */
#include "listing.h"

#include "base/json_scan.h"
#include "json.h"
#include "message.h"
#include "output.h"

struct pages {
    const struct options *options;
    const struct listing *listing;
    struct client *client;
    struct table *table;
    struct bytes next_cursor; /* NONE: the last page */
    bool found_something;
};

static void add_items(struct pages *pages, struct bytes items)
{
    struct arena *arena = client_arena(pages->client);
    struct bytes key;
    struct bytes item;
    size_t at = 0;

    while (json_each(items, &at, &key, &item)) {
        if (!json_is_object(item))
            continue;
        pages->found_something = true;
        if (options_has(pages->options, "quiet"))
            output_line(json_text_of(item, pages->listing->id_member, arena));
        else
            pages->listing->add_row(pages->table, item, arena);
    }
}

static int take_page(struct pages *pages, const char *path)
{
    struct reply reply;
    int exit_code = client_get(pages->client, path, CLIENT_TIMEOUT_MS, &reply);

    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    if (!json_is_object(reply.body)) {
        message_error("the answer is no list");
        return EXIT_CODE_FAILURE;
    }
    pages->next_cursor = json_text_of(reply.body, "next_cursor", client_arena(pages->client));
    if (options_has(pages->options, "json"))
        output_line(reply.body);
    else
        add_items(pages, json_list_of(reply.body, "items"));
    return EXIT_CODE_OK;
}

static int take_pages(struct pages *pages, struct query *query)
{
    const struct query first = *query;
    size_t first_len = query->text.len;
    int exit_code;

    query_parameter_text(query, "cursor", options_text(pages->options, "cursor"));
    exit_code = take_page(pages, query_text(query));
    while (exit_code == EXIT_CODE_OK && pages->next_cursor.at != NULL &&
           options_has(pages->options, "all")) {
        query->text.len = first_len;
        query->has_parameter = first.has_parameter;
        query_parameter(query, "cursor", pages->next_cursor);
        exit_code = take_page(pages, query_text(query));
    }
    return exit_code;
}

int listing_run(const struct options *options, const struct listing *listing, struct query *query)
{
    struct pages pages = {.options = options, .listing = listing};
    bool is_table = !options_has(options, "json") && !options_has(options, "quiet");
    int exit_code;

    pages.client = client_open(options, &exit_code);
    if (pages.client == NULL)
        return exit_code;
    pages.table = table_new(listing->headings, client_arena(pages.client));
    query_parameter_text(query, "limit", options_text(options, "limit"));
    exit_code = take_pages(&pages, query);
    if (exit_code == EXIT_CODE_OK && is_table)
        table_print(pages.table, options_text(options, "color"));
    if (exit_code == EXIT_CODE_OK && is_table && !pages.found_something)
        message_note("Nothing found.");
    if (exit_code == EXIT_CODE_OK && is_table && pages.next_cursor.at != NULL)
        message_note("There is more: --all, or --cursor %.*s", BYTES_ARG(pages.next_cursor));
    client_close(pages.client);
    return exit_code;
}
