/* JSON walk: parts of JSON that a scan has found valid; on other text it stays inside its bounds,
 * whatever it says. */
#include <string.h>

#include "base/json_scan.h"
#include "json_text.h"

/* Behind the string that starts at at. */
static const unsigned char *skip_string(const unsigned char *at, const unsigned char *end)
{
    at++;
    while (at < end && *at != '"') {
        bool is_escape = *at == '\\' && end - at >= 2;

        at += is_escape ? 2 : 1;
        if (!is_escape)
            at = json_skip_plain(at, end);
    }
    return at < end ? at + 1 : end;
}

static const unsigned char *skip_container(const unsigned char *at, const unsigned char *end)
{
    size_t depth = 0;

    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
        at++;
    }
    return end;
}

static const unsigned char *skip_scalar(const unsigned char *at, const unsigned char *end)
{
    while (at < end && !json_is_blank(*at) && *at != ',' && *at != ']' && *at != '}')
        at++;
    return at;
}

static const unsigned char *skip_value(const unsigned char *at, const unsigned char *end)
{
    if (at == end)
        return end;
    if (*at == '"')
        return skip_string(at, end);
    return *at == '{' || *at == '[' ? skip_container(at, end) : skip_scalar(at, end);
}

static struct bytes part(const unsigned char *from, const unsigned char *to)
{
    return (struct bytes){(const char *)from, (size_t)(to - from)};
}

/* The start of the item at or behind at, NULL when there is none. */
static const unsigned char *find_item(const unsigned char *at, const unsigned char *end)
{
    at = json_skip_blanks(at, end);
    if (at < end && *at == ',')
        at = json_skip_blanks(at + 1, end);
    return at < end && *at != ']' && *at != '}' ? at : NULL;
}

/* Reads a name and its colon; returns where the value starts. */
static const unsigned char *take_key(const unsigned char *at, const unsigned char *end,
                                     struct bytes *ret_key)
{
    const unsigned char *behind = *at == '"' ? skip_string(at, end) : at;

    *ret_key = behind - at >= 2 ? part(at + 1, behind - 1) : BYTES_NONE;
    at = json_skip_blanks(behind, end);
    if (at < end && *at == ':')
        at++;
    return json_skip_blanks(at, end);
}

bool json_each(struct bytes container, size_t *at, struct bytes *ret_key, struct bytes *ret_value)
{
    if (container.len == 0)
        return false;

    const unsigned char *start = (const unsigned char *)container.at;
    const unsigned char *end = start + container.len;
    const unsigned char *open = json_skip_blanks(start, end);

    if (open == end || (*open != '{' && *open != '['))
        return false;

    const unsigned char *item = find_item(*at == 0 ? open + 1 : start + *at, end);

    if (item == NULL)
        return false;
    *ret_key = BYTES_NONE;
    if (*open == '{')
        item = take_key(item, end, ret_key);

    const unsigned char *behind = skip_value(item, end);

    *ret_value = part(item, behind);
    *at = (size_t)(behind - start);
    return true;
}

struct bytes json_find(struct bytes object, const char *name)
{
    struct bytes key;
    struct bytes value;
    size_t at = 0;

    while (json_each(object, &at, &key, &value)) {
        if (key.at != NULL && bytes_is(key, name))
            return value;
    }
    return BYTES_NONE;
}

/* A code point as UTF-8; returns behind it. */
static char *put_code_point(char *to, unsigned code_point)
{
    unsigned tails = code_point < 0x80 ? 0 : code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
    static const unsigned char LEADS[] = {0x00, 0xc0, 0xe0, 0xf0};

    *to++ = (char)(LEADS[tails] | code_point >> (6 * tails));
    while (tails-- > 0)
        *to++ = (char)(0x80 | (code_point >> (6 * tails) & 0x3f));
    return to;
}

/* The escape at *at, written out; *at moves behind it. A broken one, which no valid JSON has,
 * becomes U+FFFD. */
static char *put_escape(char *to, const unsigned char **at, const unsigned char *end)
{
    unsigned char letter = end - *at >= 2 ? (*at)[1] : 0;
    unsigned char meaning = json_short_escape(letter);
    size_t len = 2;
    int code_point = meaning;

    if (letter == 'u')
        code_point = json_unicode_escape(*at, end, &len);
    else if (meaning == 0)
        code_point = -1;
    if (code_point < 0)
        len = 1;
    *at += len;
    return put_code_point(to, code_point < 0 ? 0xfffd : (unsigned)code_point);
}

struct bytes json_unquote(struct bytes raw, struct arena *arena)
{
    if (raw.len < 2 || raw.at[0] != '"' || raw.at[raw.len - 1] != '"')
        return BYTES_NONE;

    const unsigned char *at = (const unsigned char *)raw.at + 1;
    const unsigned char *end = at + raw.len - 2;
    const unsigned char *escape = memchr(at, '\\', raw.len - 2);

    if (escape == NULL)
        return arena_bytes(arena, part(at, end));

    /* An escape is never longer written out, but a broken one of a single byte is. */
    char *text = arena_alloc(arena, 3 * raw.len);
    char *to = text;

    while (escape != NULL) {
        memcpy(to, at, (size_t)(escape - at));
        to += escape - at;
        at = escape;
        to = put_escape(to, &at, end);
        escape = memchr(at, '\\', (size_t)(end - at));
    }
    memcpy(to, at, (size_t)(end - at));
    to += end - at;
    return (struct bytes){text, (size_t)(to - text)};
}
