/* Header value: small strict parsers; what they do not understand they refuse or ignore as the
 * standards say. */
#include "header_value.h"

#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "domain/bounds.h"
#include "engine/command.h"

enum { CONTENT_TYPE_MAX = 255, TRACEPARENT_LEN = 55 };

static bool is_word(struct bytes text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

/* Cut "name=value" at its equals sign; value is NONE without one. */
static struct bytes cut_value(struct bytes *name)
{
    const char *equals = name->len > 0 ? memchr(name->at, '=', name->len) : NULL;
    struct bytes value = BYTES_NONE;

    if (equals != NULL) {
        value = (struct bytes){equals + 1, (size_t)(name->at + name->len - equals - 1)};
        name->len = (size_t)(equals - name->at);
    }
    *name = bytes_trim(*name);
    return bytes_trim(value);
}

static enum err refuse_wait(const struct bounds *bounds, struct error *error)
{
    char text[BOUND_TEXT_MAX];

    bound_format(bounds, BOUND_WAIT_MAX, text);
    return error_set(error, ERR_INVALID_FIELD, "Prefer",
                     "wait must be a whole number of seconds from 0 to %d (%s)",
                     (int)(bounds->of[BOUND_WAIT_MAX] / SECOND_MS), text);
}

enum err preference_read(struct bytes header, const struct bounds *bounds,
                         struct preference *ret_preference, struct error *error)
{
    struct preference preference = {.wait_s = -1};
    struct bytes part;

    while (bytes_split(&header, ',', &part)) {
        struct bytes name;

        if (!bytes_split(&part, ';', &name)) /* what follows are parameters: none is known */
            continue;

        struct bytes value = cut_value(&name);

        if (is_word(name, "return"))
            preference.minimal = is_word(value, "minimal");
        if (!is_word(name, "wait") || preference.wait_s >= 0)
            continue;
        if (!parse_int(value, 0, bounds->of[BOUND_WAIT_MAX] / SECOND_MS, &preference.wait_s))
            return refuse_wait(bounds, error);
    }
    *ret_preference = preference;
    return OK;
}

/* ---- idempotency key ---- */

bool idempotency_key_is_valid(struct bytes key)
{
    if (key.len == 0 || key.len > KEY_MAX_CEILING)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (key.at[i] < 0x20 || key.at[i] > 0x7e)
            return false;
    return true;
}

/* The inside of a structured-field string; false when it is none. */
static bool unquote(struct bytes text, struct arena *arena, struct bytes *ret_inside)
{
    char *to = arena_alloc(arena, text.len);
    size_t len = 0;

    if (text.len < 2 || text.at[text.len - 1] != '"')
        return false;
    for (size_t i = 1; i < text.len - 1; i++) {
        if (text.at[i] == '"')
            return false;
        if (text.at[i] == '\\') {
            i++;
            if (i == text.len - 1 || (text.at[i] != '"' && text.at[i] != '\\'))
                return false;
        }
        to[len++] = text.at[i];
    }
    *ret_inside = (struct bytes){to, len};
    return true;
}

enum err idempotency_key_read(struct bytes header, const struct bounds *bounds, struct arena *arena,
                              struct bytes *ret_key, struct error *error)
{
    struct bytes text = bytes_trim(header);
    bool is_good = true;

    *ret_key = BYTES_NONE;
    if (header.at == NULL)
        return OK;
    if (text.len > 0 && text.at[0] == '"')
        is_good = unquote(text, arena, &text);
    else /* two headers come joined by a comma and a blank */
        is_good = text.len > 0 && memchr(text.at, ' ', text.len) == NULL &&
                  memchr(text.at, '"', text.len) == NULL;
    if (is_good && (int64_t)text.len > bounds->of[BOUND_KEY_MAX])
        return bound_refuse(bounds, BOUND_KEY_MAX, text.len, "Idempotency-Key", error);
    if (!is_good || !idempotency_key_is_valid(text))
        return error_set(error, ERR_INVALID_FIELD, "Idempotency-Key",
                         "must be one string of 1 to %d printable characters", KEY_MAX_CEILING);
    *ret_key = text;
    return OK;
}

/* ---- entity tags ---- */

bool version_is_held(struct bytes header)
{
    struct bytes tag = bytes_trim(header), end = BYTES(HELD_SUFFIX "\"");

    return tag.len > end.len &&
           bytes_equal((struct bytes){tag.at + tag.len - end.len, end.len}, end);
}

enum err version_read(struct bytes header, const char *name, bool weak_equals, int64_t *ret_version,
                      struct error *error)
{
    struct bytes tag = bytes_trim(header);
    bool is_weak = bytes_starts(tag, "W/");

    *ret_version = VERSION_UNASKED;
    if (header.at == NULL)
        return OK;
    if (bytes_is(tag, "*")) {
        *ret_version = VERSION_ANY;
        return OK;
    }
    if (is_weak)
        tag = (struct bytes){tag.at + 2, tag.len - 2};
    if (tag.len < 2 || tag.at[0] != '"' || tag.at[tag.len - 1] != '"' ||
        memchr(tag.at + 1, '"', tag.len - 2) != NULL)
        return error_set(error, ERR_INVALID_FIELD, name, "must be one entity tag, or *");

    struct bytes inside = {tag.at + 1, tag.len - 2};

    if (version_is_held(header))
        inside.len -= strlen(HELD_SUFFIX);
    if ((is_weak && !weak_equals) || !parse_int(inside, 1, INT64_MAX - 1, ret_version))
        *ret_version = VERSION_STRANGE;
    return OK;
}

/* ---- content type ---- */

bool content_type_is_valid(struct bytes content_type)
{
    if (content_type.len == 0 || content_type.len > CONTENT_TYPE_MAX)
        return false;
    for (size_t i = 0; i < content_type.len; i++)
        if (content_type.at[i] < 0x20 || content_type.at[i] > 0x7e)
            return false;

    const char *slash = memchr(content_type.at, '/', content_type.len);

    return slash != NULL && slash > content_type.at &&
           slash + 1 < content_type.at + content_type.len;
}

/* JSON is always UTF-8; a charset that says so changes nothing. */
static bool says_utf8_or_nothing(struct bytes parameters)
{
    struct bytes name;

    while (bytes_split(&parameters, ';', &name)) {
        struct bytes value = cut_value(&name);

        if (name.len > 0 &&
            !(is_word(name, "charset") && (is_word(value, "utf-8") || is_word(value, "\"utf-8\""))))
            return false;
    }
    return true;
}

enum media media_of(struct bytes content_type)
{
    struct bytes parameters = content_type;
    struct bytes essence = BYTES_NONE;

    if (!bytes_split(&parameters, ';', &essence))
        return MEDIA_UNSAID;
    essence = bytes_trim(essence);
    if (essence.len == 0 || is_word(essence, "application/x-www-form-urlencoded"))
        return MEDIA_UNSAID;
    if (is_word(essence, "application/json"))
        return says_utf8_or_nothing(parameters) ? MEDIA_JSON : MEDIA_OTHER;
    if (is_word(essence, "application/x-ndjson") || is_word(essence, "application/jsonl"))
        return MEDIA_LINES;
    return essence.len > 5 && strncasecmp(essence.at, "text/", 5) == 0 ? MEDIA_TEXT : MEDIA_OTHER;
}

/* ---- trace context ---- */

static bool is_hex(const char *at, size_t len, bool zeros_too)
{
    bool has_other = false;

    for (size_t i = 0; i < len; i++) {
        if (!((at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'f')))
            return false;
        has_other |= at[i] != '0';
    }
    return zeros_too || has_other;
}

bool traceparent_is_valid(struct bytes text)
{
    const char *at = text.at;

    return text.len == TRACEPARENT_LEN && bytes_starts(text, "00-") && is_hex(at + 3, 32, false) &&
           at[35] == '-' && is_hex(at + 36, 16, false) && at[52] == '-' && is_hex(at + 53, 2, true);
}
