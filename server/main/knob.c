/* Knob: one setting of the broker, its three names and its range; all from tables/config.def. */
#include "knob.h"

#include "base/assert.h"
#include "base/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char env_prefix[] = "SLUICE_";

const struct knob_facts *knob_facts(enum knob knob)
{
    static const struct knob_facts facts[KNOB_MAX] = {
#define KNOB(name, kind_, fallback_, min_, max_, key_, value_, what_, when_)                       \
    [KNOB_##name] = {.key = (key_),                                                                \
                     .kind = KNOB_KIND_##kind_,                                                    \
                     .fallback = (fallback_),                                                      \
                     .min = (min_),                                                                \
                     .max = (max_),                                                                \
                     .value = (value_),                                                            \
                     .what = (what_),                                                              \
                     .when = (when_)},
#include "tables/config.def"
#undef KNOB
    };

    ASSERT(knob < KNOB_MAX);
    return &facts[knob];
}

const char *knob_name(enum knob knob)
{
    const char *key = knob_facts(knob)->key;
    const char *dot = strchr(key, '.');

    return dot != NULL ? dot + 1 : key;
}

void knob_flag(enum knob knob, char ret_flag[KNOB_NAME_MAX])
{
    (void)snprintf(ret_flag, KNOB_NAME_MAX, "--%s", knob_name(knob));
    for (char *at = ret_flag; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
}

void knob_env(enum knob knob, char ret_env[KNOB_NAME_MAX])
{
    (void)snprintf(ret_env, KNOB_NAME_MAX, "%s%s", env_prefix, knob_name(knob));
    for (char *at = ret_env; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
}

enum knob knob_by_flag(struct bytes flag)
{
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        char own[KNOB_NAME_MAX];

        knob_flag(knob, own);
        if (bytes_is(flag, own + strlen("--")))
            return knob;
    }
    return KNOB_MAX;
}

enum knob knob_by_env(struct bytes env)
{
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        char own[KNOB_NAME_MAX];

        knob_env(knob, own);
        if (bytes_is(env, own))
            return knob;
    }
    return KNOB_MAX;
}

enum knob knob_by_key(struct bytes key)
{
    for (enum knob knob = 0; knob < KNOB_MAX; knob++)
        if (bytes_is(key, knob_facts(knob)->key))
            return knob;
    return KNOB_MAX;
}

/* The name inside a flag, a variable or a key, in the form of knob_name(). */
static void normalize(struct bytes typed, char ret_name[KNOB_NAME_MAX])
{
    size_t len = 0;

    if (bytes_starts(typed, env_prefix)) {
        typed.at += strlen(env_prefix);
        typed.len -= strlen(env_prefix);
    }
    for (size_t i = 0; i < typed.len && len < KNOB_NAME_MAX - 1; i++) {
        char c = typed.at[i];

        if (c == '.')
            len = 0;
        else
            ret_name[len++] = c == '-' ? '_' : (char)tolower((unsigned char)c);
    }
    ret_name[len] = '\0';
}

/* Letters to insert, drop or replace to make a into b. */
static unsigned edits_between(const char *a, const char *b)
{
    unsigned row[KNOB_NAME_MAX + 1];
    size_t b_len = strlen(b);

    for (unsigned j = 0; j <= b_len; j++)
        row[j] = j;
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (a[i] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

enum knob knob_nearest(struct bytes typed)
{
    char name[KNOB_NAME_MAX];
    enum knob best = KNOB_MAX;
    unsigned best_edits = 4;

    normalize(typed, name);
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        unsigned edits = edits_between(name, knob_name(knob));

        if (edits < best_edits && edits * 2 < strlen(name) + 1) {
            best = knob;
            best_edits = edits;
        }
    }
    return best;
}

static bool choose(const char *words, struct bytes text, int64_t *ret_number)
{
    struct bytes rest = bytes_of(words);
    struct bytes word;

    for (int64_t place = 0; bytes_split(&rest, '|', &word); place++)
        if (bytes_equal(word, text)) {
            *ret_number = place;
            return true;
        }
    return false;
}

static enum err refuse_range(const struct knob_facts *facts, struct error *error)
{
    const char *unit = facts->kind == KNOB_KIND_DURATION ? " ms"
                       : facts->kind == KNOB_KIND_SIZE   ? " bytes"
                                                         : "";

    return error_set(error, ERR_INVALID_FIELD, facts->key, "must be from %lld to %lld%s",
                     (long long)facts->min, (long long)facts->max, unit);
}

enum err knob_parse(enum knob knob, struct bytes text, int64_t *ret_number, struct error *error)
{
    const struct knob_facts *facts = knob_facts(knob);
    int64_t number = 0;
    bool is_valid = true;

    switch (facts->kind) {
    case KNOB_KIND_LATER:
        return error_set(error, ERR_NOT_IMPLEMENTED, facts->key, "%s", facts->when);
    case KNOB_KIND_TEXT:
        if (text.len == 0 && facts->fallback[0] != '\0')
            return error_set(error, ERR_INVALID_FIELD, facts->key, "must not be empty");
        break;
    case KNOB_KIND_CHOICE:
        if (!choose(facts->value, text, &number))
            return error_set(error, ERR_INVALID_FIELD, facts->key, "must be %s", facts->value);
        break;
    case KNOB_KIND_SWITCH:
        if (!choose("false|true", text, &number))
            return error_set(error, ERR_INVALID_FIELD, facts->key, "must be true or false");
        break;
    case KNOB_KIND_NUMBER:
        is_valid = parse_int(text, facts->min, facts->max, &number);
        break;
    case KNOB_KIND_SIZE:
        is_valid = parse_size(text, facts->max, &number) && number >= facts->min;
        break;
    case KNOB_KIND_DURATION:
        is_valid = parse_duration(text, facts->max, &number) && number >= facts->min;
        break;
    }
    if (!is_valid)
        return refuse_range(facts, error);
    *ret_number = number;
    return OK;
}
