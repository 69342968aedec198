/* Query: the parameters behind the question mark, percent-decoded; '+' stays what it is, as times
 * are written with it. */
#include "request_struct.h"

#include "base/utf8.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool decode_into(struct bytes text, char *to, size_t *ret_len)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') {
            to[len++] = text.at[i];
            continue;
        }
        int high = i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;

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

static enum err add(struct request *request, struct bytes pair, struct error *error)
{
    struct request_fields *query = &request->query;
    struct request_field field = {.value = BYTES("")};
    const char *equals = memchr(pair.at, '=', pair.len);
    struct bytes name = {pair.at, equals != NULL ? (size_t)(equals - pair.at) : pair.len};
    struct bytes value = {equals != NULL ? equals + 1 : "",
                          equals != NULL ? pair.len - name.len - 1 : 0};

    if (!percent_decode(name, request->arena, &field.name) ||
        !percent_decode(value, request->arena, &field.value))
        return error_set(error, ERR_MALFORMED, "", "the query has a broken escape");
    for (unsigned i = 0; i < query->len; i++)
        if (bytes_equal(query->at[i].name, field.name)) {
            char where[128];

            (void)snprintf(where, sizeof(where), "?%.*s",
                           (int)(field.name.len < 100 ? field.name.len : 100), field.name.at);
            return error_set(error, ERR_INVALID_FIELD, where, "the parameter stands there twice");
        }
    query->at[query->len++] = field;
    return OK;
}

enum err query_read(struct request *request, struct error *error)
{
    struct bytes rest = request->raw_query;
    struct bytes pair;
    enum err err = OK;

    if (rest.len == 0)
        return OK;
    request->query.at =
        arena_alloc(request->arena, sizeof(struct request_field) * REQUEST_QUERY_MAX);
    while (err == OK && bytes_split(&rest, '&', &pair)) {
        if (pair.len == 0)
            continue;
        if (request->query.len == REQUEST_QUERY_MAX)
            return error_set(error, ERR_INVALID_FIELD, "", "there are more than %d parameters",
                             REQUEST_QUERY_MAX);
        err = add(request, pair, error);
    }
    return err;
}
