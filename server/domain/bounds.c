/* Bounds: what each is called and set to by itself, how a refusal names it, and the rules for
 * names. */
#include "domain/bounds.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/parse.h"
#include "base/utf8.h"

enum bound_kind { BOUND_KIND_NUMBER, BOUND_KIND_SIZE, BOUND_KIND_DURATION };

struct bound_facts {
    const char *key; /* "bounds.payload_max" */
    enum bound_kind kind;
    const char *fallback;
    int64_t ceiling;
    const char *unit;
    const char *whose; /* "this payload has" */
};

static const struct bound_facts *facts_of(enum bound bound)
{
    static const struct bound_facts FACTS[BOUNDS_LEN] = {
#define BOUND(name, kind_, fallback_, least, ceiling_, key_, value, what, when, unit_, whose_)     \
    [BOUND_##name] = {.key = (key_),                                                               \
                      .kind = BOUND_KIND_##kind_,                                                  \
                      .fallback = (fallback_),                                                     \
                      .ceiling = (ceiling_),                                                       \
                      .unit = (unit_),                                                             \
                      .whose = (whose_)},
#include "tables/bounds.def"
#undef BOUND
    };

    ASSERT(bound > BOUND_NONE && bound < BOUNDS_LEN);
    return &FACTS[bound];
}

struct bounds bounds_default(void)
{
    struct bounds bounds = {.of = {0}};

    for (enum bound bound = BOUND_NONE + 1; bound < BOUNDS_LEN; bound++) {
        const struct bound_facts *facts = facts_of(bound);
        struct bytes text = bytes_of(facts->fallback);
        int64_t *number = &bounds.of[bound];
        bool is_read = facts->kind == BOUND_KIND_SIZE ? parse_size(text, facts->ceiling, number)
                       : facts->kind == BOUND_KIND_DURATION
                           ? parse_duration(text, facts->ceiling, number)
                           : parse_int(text, 0, facts->ceiling, number);

        ASSERT(is_read);
    }
    return bounds;
}

const char *bound_name(enum bound bound)
{
    return facts_of(bound)->key + sizeof("bounds.") - 1;
}

int64_t bound_ceiling(enum bound bound)
{
    return facts_of(bound)->ceiling;
}

void bound_format(const struct bounds *bounds, enum bound bound, char ret_text[BOUND_TEXT_MAX])
{
    const struct bound_facts *facts = facts_of(bound);
    int64_t number = bounds->of[bound];

    if (facts->kind == BOUND_KIND_DURATION)
        (void)snprintf(ret_text, BOUND_TEXT_MAX, "%s: %.15g s", bound_name(bound),
                       (double)number / 1000);
    else
        (void)snprintf(ret_text, BOUND_TEXT_MAX, "%s: %" PRId64 "%s%s", bound_name(bound), number,
                       facts->unit[0] != 0 ? " " : "", facts->unit);
}

enum err bound_refuse(const struct bounds *bounds, enum bound bound, uint64_t got,
                      const char *where, struct error *error)
{
    bool is_size = facts_of(bound)->kind == BOUND_KIND_SIZE;
    char text[BOUND_TEXT_MAX];

    bound_format(bounds, bound, text);
    return error_set(error, is_size ? ERR_TOO_LARGE : ERR_INVALID_FIELD, where, "%s; %s %" PRIu64,
                     text, facts_of(bound)->whose, got);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '-';
}

bool name_is_valid(struct bytes name)
{
    if (name.len == 0 || name.len > NAME_MAX_CEILING)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_char(name.at[i]))
            return false;
    return true;
}

/* C0, DEL and C1 (c2 80 .. c2 9f in UTF-8). */
static bool has_control(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c < 0x20 || c == 0x7f)
            return true;
        if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.at[i + 1] < 0xa0)
            return true;
    }
    return false;
}

bool label_is_valid(struct bytes label)
{
    return label.len > 0 && label.len <= TYPE_MAX_CEILING && utf8_is_valid(label) &&
           !has_control(label);
}
