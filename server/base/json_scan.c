/* JSON scan: a state machine over tokens with one bit a level for its stack; strings are skipped
 * eight bytes at a time. */
#include "base/json_scan.h"

#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "json_text.h"
#include "utf8_step.h"

enum {
    DEPTH_CAP = 1024, /* of all limits together */
    VALUES_FIRST = 8,
    INDEX_LEN_MAX = 10,
};

enum step {
    STEP_VALUE,
    STEP_ITEM_OR_END,
    STEP_KEY,
    STEP_KEY_OR_END,
    STEP_AFTER,
    STEP_DONE,
    STEP_BAD
};

struct scan {
    const unsigned char *start;
    const unsigned char *at;
    const unsigned char *end;
    const struct json_limits *limits;
    uint64_t is_object[DEPTH_CAP / 64]; /* bit depth - 1: what that level is */
    unsigned depth;
    unsigned nodes;

    bool is_kept;        /* inside a value that is kept byte for byte */
    bool lifts_next;     /* the value that follows is to be lifted */
    bool string_escapes; /* the string last read had a backslash */
    unsigned kept_depth; /* levels around the kept value */
    const unsigned char *kept_from;

    const char *const *names; /* NULL: nothing is lifted */
    struct arena *arena;
    struct bytes *values;
    unsigned values_len;
    unsigned values_max;

    const char *problem;
    unsigned bound; /* the limit that was passed, 0: none was */
    const char *bound_name;
};

/* Always false, so that a check is one line; as a length that is 0. */
static bool refuse(struct scan *scan, const unsigned char *at, const char *problem)
{
    scan->at = at;
    scan->problem = problem;
    return false;
}

static enum step fail(struct scan *scan, const unsigned char *at, const char *problem)
{
    (void)refuse(scan, at, problem);
    return STEP_BAD;
}

static enum step fail_bound(struct scan *scan, const char *problem, unsigned bound,
                            const char *bound_name)
{
    scan->bound = bound;
    scan->bound_name = bound_name;
    return fail(scan, scan->at, problem);
}

/* Length of the escape at at; 0 after refuse(). */
static size_t escape_len(struct scan *scan, const unsigned char *at)
{
    size_t len;

    scan->string_escapes = true;
    if (scan->end - at < 2)
        return refuse(scan, at, "a string does not end");
    if (json_short_escape(at[1]) != 0)
        return 2;
    if (at[1] != 'u' || json_hex_code(at + 2, scan->end) < 0)
        return refuse(scan, at, "there is no such escape");

    int code = json_unicode_escape(at, scan->end, &len);

    if (code < 0)
        return refuse(scan, at, "half of a surrogate pair stands alone");
    if (code == 0 && !scan->is_kept)
        return refuse(scan, at, "\\u0000 is not allowed");
    return len;
}

/* Length of what is not plain at at: an escape or a UTF-8 sequence; 0 after refuse(). */
static size_t special_len(struct scan *scan, const unsigned char *at)
{
    if (*at == '\\')
        return escape_len(scan, at);
    if (*at < 0x20)
        return refuse(scan, at, "a control character must be escaped");

    size_t len = utf8_step(at, scan->end);

    return len > 0 ? len : refuse(scan, at, "not UTF-8");
}

/* From the opening quote to behind the closing one. */
static bool read_string(struct scan *scan)
{
    const unsigned char *at = scan->at + 1;

    scan->string_escapes = false;
    for (;;) {
        at = json_skip_plain(at, scan->end);
        if (at == scan->end)
            return refuse(scan, at, "a string does not end");
        if (*at == '"')
            break;
        /* Text in other scripts has many of these in a row. */
        do {
            size_t len = special_len(scan, at);

            if (len == 0)
                return false;
            at += len;
        } while (at < scan->end && *at >= 0x80);
    }
    scan->at = at + 1;
    return true;
}

/* At least one digit; NULL if there is none. */
static const unsigned char *skip_digits(const unsigned char *at, const unsigned char *end)
{
    const unsigned char *from = at;

    while (at < end && json_is_digit(*at))
        at++;
    return at > from ? at : NULL;
}

static bool read_number(struct scan *scan)
{
    const unsigned char *end = scan->end;
    const unsigned char *at = *scan->at == '-' ? scan->at + 1 : scan->at;

    /* What may follow a 0 is checked by what may follow a value. */
    at = at < end && *at == '0' ? at + 1 : skip_digits(at, end);
    if (at != NULL && at < end && *at == '.')
        at = skip_digits(at + 1, end);
    if (at != NULL && at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = skip_digits(at, end);
    }
    if (at == NULL)
        return refuse(scan, scan->at, "not a number");
    scan->at = at;
    return true;
}

static bool read_word(struct scan *scan, struct bytes word)
{
    if ((size_t)(scan->end - scan->at) < word.len || memcmp(scan->at, word.at, word.len) != 0)
        return refuse(scan, scan->at, "not a JSON value");
    scan->at += word.len;
    return true;
}

static bool read_scalar(struct scan *scan)
{
    switch (*scan->at) {
    case '"':
        return read_string(scan);
    case 't':
        return read_word(scan, BYTES("true"));
    case 'f':
        return read_word(scan, BYTES("false"));
    case 'n':
        return read_word(scan, BYTES("null"));
    default:
        break;
    }
    if (*scan->at == '-' || json_is_digit(*scan->at))
        return read_number(scan);
    return refuse(scan, scan->at, "not a JSON value");
}

static inline bool in_object(const struct scan *scan)
{
    unsigned level = scan->depth - 1;

    return (scan->is_object[level / 64] >> (level % 64) & 1) != 0;
}

static enum step open_container(struct scan *scan)
{
    bool is_object = *scan->at == '{';
    unsigned level = scan->depth;
    unsigned bound = scan->is_kept ? scan->limits->lifted_depth_max : scan->limits->depth_max;
    unsigned depth = scan->is_kept ? level - scan->kept_depth : level;

    if (depth >= bound)
        return fail_bound(scan, "nested too deep", bound,
                          scan->is_kept ? scan->limits->lifted_depth_name
                                        : scan->limits->depth_name);
    scan->is_object[level / 64] &= ~(UINT64_C(1) << (level % 64));
    scan->is_object[level / 64] |= (uint64_t)is_object << (level % 64);
    scan->depth++;
    scan->at++;
    return is_object ? STEP_KEY_OR_END : STEP_ITEM_OR_END;
}

static void record_lifted(struct scan *scan)
{
    if (scan->values_len == scan->values_max) {
        unsigned values_max = scan->values_max > 0 ? scan->values_max * 2 : VALUES_FIRST;
        struct bytes *values = arena_alloc(scan->arena, values_max * sizeof(*values));

        if (scan->values_len > 0)
            memcpy(values, scan->values, scan->values_len * sizeof(*values));
        scan->values = values;
        scan->values_max = values_max;
    }
    scan->values[scan->values_len++] =
        (struct bytes){(const char *)scan->kept_from, (size_t)(scan->at - scan->kept_from)};
    scan->kept_from = NULL;
    scan->is_kept = false;
}

static inline enum step value_ended(struct scan *scan)
{
    if (scan->kept_from != NULL && scan->depth == scan->kept_depth)
        record_lifted(scan);
    return scan->depth > 0 ? STEP_AFTER : STEP_DONE;
}

static enum step step_value(struct scan *scan)
{
    if (!scan->is_kept && ++scan->nodes > scan->limits->nodes_max)
        return fail_bound(scan, "too many values", scan->limits->nodes_max,
                          scan->limits->nodes_name);
    if (scan->lifts_next) {
        scan->lifts_next = false;
        scan->is_kept = true;
        scan->kept_depth = scan->depth;
        scan->kept_from = scan->at;
    }
    if (*scan->at == '{' || *scan->at == '[')
        return open_container(scan);
    return read_scalar(scan) ? value_ended(scan) : STEP_BAD;
}

static bool is_name(const char *const *names, struct bytes key)
{
    if (key.len == 0)
        return false;
    for (; *names != NULL; names++) {
        if (**names == *key.at && bytes_is(key, *names))
            return true;
    }
    return false;
}

/* raw is with its quotes. */
static bool is_lifted_key(const struct scan *scan, struct bytes raw)
{
    if (!scan->string_escapes)
        return is_name(scan->names, (struct bytes){raw.at + 1, raw.len - 2});
    return is_name(scan->names, json_unquote(raw, scan->arena));
}

static enum step step_key(struct scan *scan)
{
    const unsigned char *from = scan->at;

    if (*from != '"')
        return fail(scan, from, "expected a member's name");
    if (!read_string(scan))
        return STEP_BAD;
    if (scan->names != NULL && !scan->is_kept)
        scan->lifts_next =
            is_lifted_key(scan, (struct bytes){(const char *)from, (size_t)(scan->at - from)});
    scan->at = json_skip_blanks(scan->at, scan->end);
    if (scan->at == scan->end || *scan->at != ':')
        return fail(scan, scan->at, "expected a colon");
    scan->at++;
    return STEP_VALUE;
}

static enum step close_container(struct scan *scan)
{
    scan->depth--;
    scan->at++;
    return value_ended(scan);
}

static enum step step_after(struct scan *scan)
{
    bool is_object = in_object(scan);

    if (*scan->at == ',') {
        scan->at++;
        return is_object ? STEP_KEY : STEP_VALUE;
    }
    if (*scan->at == (is_object ? '}' : ']'))
        return close_container(scan);
    return fail(scan, scan->at, is_object ? "expected a comma or }" : "expected a comma or ]");
}

static enum step next_step(struct scan *scan, enum step step)
{
    switch (step) {
    case STEP_AFTER:
        return step_after(scan);
    case STEP_ITEM_OR_END:
        return *scan->at == ']' ? close_container(scan) : step_value(scan);
    case STEP_KEY_OR_END:
        return *scan->at == '}' ? close_container(scan) : step_key(scan);
    case STEP_KEY:
        return step_key(scan);
    case STEP_VALUE:
        return step_value(scan);
    case STEP_DONE:
        return fail(scan, scan->at, "something follows the value");
    case STEP_BAD:
        break;
    }
    return STEP_BAD;
}

static bool read_document(struct scan *scan)
{
    enum step step = STEP_VALUE;

    while (step != STEP_BAD) {
        scan->at = json_skip_blanks(scan->at, scan->end);
        if (scan->at == scan->end)
            break;
        step = next_step(scan, step);
    }
    if (step != STEP_DONE && step != STEP_BAD)
        (void)refuse(scan, scan->at, scan->depth > 0 ? "it ends too early" : "there is no value");
    return step == STEP_DONE;
}

static enum err scan_text(struct scan *scan, struct bytes text, struct error *error)
{
    ASSERT(scan->limits->depth_max + scan->limits->lifted_depth_max <= DEPTH_CAP);
    scan->start = (const unsigned char *)(text.at != NULL ? text.at : "");
    scan->at = scan->start;
    scan->end = scan->start + text.len;
    if (bytes_starts(text, "\xef\xbb\xbf"))
        (void)refuse(scan, scan->at, "a byte order mark is not allowed");
    else if (read_document(scan))
        return OK;

    size_t place = (size_t)(scan->at - scan->start);

    if (scan->bound > 0 && scan->bound_name != NULL)
        return error_set(error, ERR_MALFORMED, "", "not acceptable JSON: %s at byte %zu (%s: %u)",
                         scan->problem, place, scan->bound_name, scan->bound);
    if (scan->bound > 0)
        return error_set(error, ERR_MALFORMED, "",
                         "not acceptable JSON: %s, at most %u, at byte %zu", scan->problem,
                         scan->bound, place);
    return error_set(error, ERR_MALFORMED, "", "not acceptable JSON: %s, at byte %zu",
                     scan->problem, place);
}

enum err json_check(struct bytes text, const struct json_limits *limits, struct error *error)
{
    struct scan scan = {.limits = limits};

    return scan_text(&scan, text, error);
}

enum err json_check_kept(struct bytes text, const struct json_limits *limits, struct error *error)
{
    struct scan scan = {.limits = limits, .is_kept = true};

    return scan_text(&scan, text, error);
}

static char *write_index(char *to, unsigned index)
{
    char digits[INDEX_LEN_MAX];
    unsigned len = 0;

    do {
        digits[len++] = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    while (len > 0)
        *to++ = digits[--len];
    return to;
}

static struct bytes envelope_of(const struct scan *scan, struct bytes text)
{
    if (scan->values_len == 0)
        return text;

    size_t len_max = text.len + scan->values_len * (size_t)INDEX_LEN_MAX;

    for (unsigned i = 0; i < scan->values_len; i++)
        len_max -= scan->values[i].len;

    char *envelope = arena_alloc(scan->arena, len_max);
    char *to = envelope;
    const char *from = text.at;

    for (unsigned i = 0; i < scan->values_len; i++) {
        size_t len = (size_t)(scan->values[i].at - from);

        memcpy(to, from, len);
        to = write_index(to + len, i);
        from = scan->values[i].at + scan->values[i].len;
    }

    size_t rest = (size_t)(text.at + text.len - from);

    memcpy(to, from, rest);
    return (struct bytes){envelope, (size_t)(to - envelope) + rest};
}

enum err json_lift(struct bytes text, const char *const *names, const struct json_limits *limits,
                   struct arena *arena, struct json_lifted *ret_lifted, struct error *error)
{
    struct scan scan = {.limits = limits, .names = names, .arena = arena};
    enum err err = scan_text(&scan, text, error);

    if (err != OK)
        return err;
    ret_lifted->envelope = envelope_of(&scan, text);
    ret_lifted->values = scan.values;
    ret_lifted->values_len = scan.values_len;
    return OK;
}
