/* Filter regex: PCRE2 calls back before each item of a pattern that it tries, which is where steps
 * are counted: its own limits count anew at each place of the text, and so bound too little. All
 * its memory is an arena's. */
#include "filter_regex.h"

#include <string.h>

#include "base/assert.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    PROBLEM_MAX = 120,
    MATCH_LIMIT = 200000, /* for one place of the text */
    DEPTH_LIMIT = 20000,
    HEAP_LIMIT_KIB = 2048,
    BYTES_A_STEP = 256, /* an item of a pattern may run over the whole text */
};

struct filter_regex {
    pcre2_code *code;
};

/* What a search needs; one for all searches of a match. */
struct filter_regex_room {
    pcre2_match_data *data;
    pcre2_match_context *context;
    size_t steps_a_try;
};

static void *take(PCRE2_SIZE size, void *arena)
{
    return arena_alloc(arena, size);
}

static void give_back(void *memory, void *arena)
{
    (void)memory;
    (void)arena;
}

static pcre2_general_context *memory_of(struct arena *arena)
{
    return pcre2_general_context_create(take, give_back, arena);
}

/* ---- reading ---- */

static uint32_t flag_of(char letter)
{
    switch (letter) {
    case 'i':
        return PCRE2_CASELESS;
    case 'm':
        return PCRE2_MULTILINE;
    case 's':
        return PCRE2_DOTALL;
    case 'x':
        return PCRE2_EXTENDED;
    default:
        return 0;
    }
}

/* "/pattern/flags" gives the pattern, anything else is one. More than four flags, or others, are
 * part of a pattern. */
static struct bytes without_slashes(struct bytes text, uint32_t *ret_flags)
{
    enum { FLAGS_MAX = 4 };
    size_t len = text.len;
    uint32_t flags = 0;

    *ret_flags = 0;
    while (len > 0 && text.len - len < FLAGS_MAX && flag_of(text.at[len - 1]) != 0)
        flags |= flag_of(text.at[--len]);
    if (len < 3 || text.at[0] != '/' || text.at[len - 1] != '/')
        return text;
    *ret_flags = flags;
    return (struct bytes){text.at + 1, len - 2};
}

static const char *problem_of(int number, size_t place, struct arena *arena)
{
    char text[PROBLEM_MAX];

    if (pcre2_get_error_message(number, (PCRE2_UCHAR *)text, sizeof(text)) < 0)
        text[sizeof(text) - 1] = 0;
    return arena_printf(arena, "is not a pattern: %s, at byte %zu of it", text, place).at;
}

const char *filter_regex_read(struct bytes text, struct arena *arena,
                              const struct filter_regex **ret_regex)
{
    uint32_t flags = 0;
    struct bytes pattern = without_slashes(text, &flags);
    pcre2_compile_context *context = pcre2_compile_context_create(memory_of(arena));
    int number = 0;
    PCRE2_SIZE place = 0;

    ASSERT(context != NULL);
    if (text.len > FILTER_REGEX_BYTES_MAX)
        return arena_printf(arena, "has %zu bytes, %d are the most", text.len,
                            FILTER_REGEX_BYTES_MAX)
            .at;
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    flags |= PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;

    struct filter_regex *regex = arena_alloc(arena, sizeof(*regex));

    regex->code =
        pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len, flags, &number, &place, context);
    if (regex->code == NULL)
        return problem_of(number, place, arena);
    *ret_regex = regex;
    return NULL;
}

/* ---- searching ---- */

static int on_try(pcre2_callout_block *block, void *ctx)
{
    struct filter_work *work = ctx;

    (void)block;
    return filter_spend(work, work->room->steps_a_try) ? 0 : PCRE2_ERROR_CALLOUT;
}

static void make_room(struct filter_work *work)
{
    pcre2_general_context *memory = memory_of(work->scratch);
    struct filter_regex_room *room = arena_alloc(work->scratch, sizeof(*room));

    room->data = pcre2_match_data_create(1, memory);
    room->context = pcre2_match_context_create(memory);
    ASSERT(room->data != NULL && room->context != NULL);
    (void)pcre2_set_match_limit(room->context, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(room->context, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(room->context, HEAP_LIMIT_KIB);
    (void)pcre2_set_callout(room->context, on_try, work);
    work->room = room;
}

bool filter_regex_found(const struct filter_regex *regex, struct bytes text,
                        struct filter_work *work)
{
    if (work->room == NULL)
        make_room(work);
    work->room->steps_a_try = 1 + text.len / BYTES_A_STEP;
    if (!filter_spend(work, work->room->steps_a_try))
        return false;

    int found = pcre2_match(regex->code, (PCRE2_SPTR)text.at, text.len, 0, 0, work->room->data,
                            work->room->context);

    /* 0: there was no room for its groups, which nobody wants. */
    if (found >= 0)
        return true;
    return found == PCRE2_ERROR_NOMATCH ? false : filter_trouble(work);
}
