/* Query: the parameters behind the question mark, percent-decoded; '+' stays what it is, as times
 * are written with it. */
#include "query.h"

#include "base/parse.h"
#include "base/utf8.h"

#include <string.h>

static bool decode_into(struct bytes text, char *to, size_t *ret_len)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') {
            to[len++] = text.at[i];
            continue;
        }
        int high = i + 2 < text.len ? parse_hex_digit(text.at[i + 1]) : -1;
        int low = high >= 0 ? parse_hex_digit(text.at[i + 2]) : -1;

        if (low < 0 || (high == 0 && low == 0))
            return false;
        to[len++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret_len = len;
    return true;
}

bool percent_decode(struct bytes text, struct arena *arena, struct bytes *ret_text)
{
    char *to;
    size_t len = 0;

    if (text.len == 0) {
        *ret_text = BYTES("");
        return true;
    }
    if (memchr(text.at, '%', text.len) == NULL) {
        *ret_text = text;
        return true;
    }
    to = arena_alloc(arena, text.len + 1);
    if (!decode_into(text, to, &len) || !utf8_is_valid((struct bytes){to, len}))
        return false;
    *ret_text = (struct bytes){to, len};
    return true;
}

static enum err refuse_repeated(struct bytes name, struct error *error)
{
    char where[128];

    (void)snprintf(where, sizeof(where), "?%.*s", (int)(name.len < 100 ? name.len : 100), name.at);
    return error_set(error, ERR_INVALID_FIELD, where, "the parameter stands there twice");
}

static enum err add(struct fields *query, struct bytes pair, struct arena *arena,
                    struct error *error)
{
    struct bytes value = pair;
    struct bytes name;
    struct field *field = &query->at[query->len];

    (void)bytes_split(&value, '=', &name);
    if (!percent_decode(name, arena, &field->name) || !percent_decode(value, arena, &field->value))
        return error_set(error, ERR_MALFORMED, "", "the query has a broken escape");
    for (unsigned i = 0; i < query->len; i++)
        if (bytes_equal(query->at[i].name, field->name))
            return refuse_repeated(field->name, error);
    query->len++;
    return OK;
}

enum err query_read(struct bytes raw_query, struct arena *arena, struct fields *ret_query,
                    struct error *error)
{
    struct bytes rest = raw_query;
    struct bytes pair;
    enum err err = OK;

    *ret_query = (struct fields){.len = 0};
    if (rest.len == 0)
        return OK;
    ret_query->at = arena_alloc(arena, sizeof(struct field) * QUERY_FIELDS_MAX);
    while (err == OK && bytes_split(&rest, '&', &pair)) {
        if (pair.len == 0)
            continue;
        if (ret_query->len == QUERY_FIELDS_MAX)
            return error_set(error, ERR_INVALID_FIELD, "", "there are more than %d parameters",
                             QUERY_FIELDS_MAX);
        err = add(ret_query, pair, arena, error);
    }
    return err;
}

struct bytes query_find(const struct fields *query, const char *name)
{
    for (unsigned i = 0; i < query->len; i++)
        if (bytes_is(query->at[i].name, name))
            return query->at[i].value;
    return BYTES_NONE;
}
