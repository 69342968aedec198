/* Problem: an RFC 9457 error answer, told to the person at the terminal and to scripts. */
#include "problem.h"

#include "base/json_scan.h"
#include "duration.h"
#include "exit_code.h"
#include "json.h"
#include "message.h"
#include "printable.h"

#include <string.h>

struct status_row {
    int status;
    int exit_code;
    const char *text;
};

static const struct status_row statuses[] = {
    {401, EXIT_CODE_AUTH, "the broker wants a token (--token-file)"},
    {403, EXIT_CODE_AUTH, "the token does not allow this"},
    {404, EXIT_CODE_NOT_FOUND, "not found"},
    {408, EXIT_CODE_UNREACHABLE, "the broker gave up reading"},
    {409, EXIT_CODE_CONFLICT, "its state does not allow this"},
    {410, EXIT_CODE_CONFLICT, "it is gone"},
    {412, EXIT_CODE_CONFLICT, "it was changed meanwhile"},
    {429, EXIT_CODE_LIMIT, "a limit is reached"},
    {502, EXIT_CODE_UNREACHABLE, "a proxy cannot reach the broker"},
    {503, EXIT_CODE_UNREACHABLE, "the broker is not serving"},
    {504, EXIT_CODE_UNREACHABLE, "a proxy cannot reach the broker"},
    {0, EXIT_CODE_FAILURE, "the broker refused"},
};

static const struct status_row *row_of(int status)
{
    const struct status_row *row = statuses;

    while (row->status != 0 && row->status != status)
        row++;
    return row;
}

struct bytes problem_code(struct bytes body, struct arena *arena)
{
    return json_is_object(body) ? json_text_of(body, "code", arena) : BYTES_NONE;
}

struct bytes problem_detail(int status, struct bytes body, struct arena *arena)
{
    struct bytes detail = json_is_object(body) ? json_text_of(body, "detail", arena) : BYTES_NONE;

    if (detail.at == NULL && json_is_object(body))
        detail = json_text_of(body, "title", arena);
    if (detail.at == NULL)
        detail = bytes_of(row_of(status)->text);
    return printable(detail, arena);
}

/* What a refusal is about: a member of the body, a query parameter or a header. */
static struct bytes place_of(struct bytes item, struct arena *arena)
{
    static const char *const kinds[] = {"pointer", "parameter", "header"};
    struct bytes place = BYTES_NONE;

    for (size_t i = 0; place.at == NULL && i < ARRAY_LEN(kinds); i++)
        place = json_text_of(item, kinds[i], arena);
    return printable(place, arena);
}

/* What the broker says for those who write requests, said for those who type commands. */
static void advise(int status, struct bytes detail, int64_t retry_after_ms, struct arena *arena)
{
    static const char several[] = "several namespaces";

    if (status == 403 && memmem(detail.at, detail.len, several, strlen(several)) != NULL)
        message_note("Say which one: --ns NAME (SLUICE_NS).");
    if (retry_after_ms > 0)
        message_note("Try again in %.*s.", BYTES_ARG(duration_text(retry_after_ms, arena)));
}

/* The only thing that is wrong, said in the same words as all of it: where it is wrong; else NONE.
 */
static struct bytes only_place(struct bytes body, struct bytes detail, struct arena *arena)
{
    struct bytes errors = json_list_of(body, "errors");
    struct bytes first, second, none;
    size_t at = 0;

    if (errors.at[0] != '[' || !json_each(errors, &at, &none, &first) || !json_is_object(first) ||
        json_each(errors, &at, &none, &second))
        return BYTES_NONE;
    return bytes_equal(printable(json_text_of(first, "detail", arena), arena), detail)
               ? place_of(first, arena)
               : BYTES_NONE;
}

static void tell_places(struct bytes body, struct arena *arena)
{
    struct bytes errors = json_find(body, "errors");
    struct bytes item;
    struct bytes none;
    size_t at = 0;

    while (errors.at != NULL && errors.at[0] == '[' && json_each(errors, &at, &none, &item)) {
        if (!json_is_object(item))
            continue;
        message_note("  %.*s: %.*s", BYTES_ARG(place_of(item, arena)),
                     BYTES_ARG(printable(json_text_of(item, "detail", arena), arena)));
    }
}

int problem_tell(int status, struct bytes body, int64_t retry_after_ms, struct arena *arena)
{
    struct bytes detail = problem_detail(status, body, arena);
    struct bytes code = problem_code(body, arena);
    struct bytes place = json_is_object(body) ? only_place(body, detail, arena) : BYTES_NONE;

    if (code.at != NULL && place.len > 0)
        message_error("%.*s: %.*s (%.*s)", BYTES_ARG(place), BYTES_ARG(detail),
                      BYTES_ARG(printable(code, arena)));
    else if (code.at != NULL)
        message_error("%.*s (%.*s)", BYTES_ARG(detail), BYTES_ARG(printable(code, arena)));
    else
        message_error("%.*s (HTTP %d)", BYTES_ARG(detail), status);
    if (json_is_object(body) && place.len == 0)
        tell_places(body, arena);
    advise(status, detail, retry_after_ms, arena);
    return row_of(status)->exit_code;
}
