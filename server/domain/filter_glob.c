/* Filter glob: goes back to the last star only, which is enough: an earlier one could take no other
 * text than it has. The rules for sets are those of Python's fnmatch.translate(). */
#include "filter_glob.h"

#include <string.h>

#include "base/utf8.h"

enum { NOWHERE = -1 };

bool filter_is_glob(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != 0 && strchr("?*[]!", text.at[i]) != NULL)
            return true;
    return false;
}

static struct bytes from(struct bytes text, size_t at)
{
    return (struct bytes){text.at + at, text.len - at};
}

/* The code point at *at, which moves behind it. */
static uint32_t next_char(struct bytes text, size_t *at)
{
    static const unsigned char MASKS[] = {0xff, 0x7f, 0x1f, 0x0f, 0x07};
    size_t len = utf8_sequence(from(text, *at));
    uint32_t code_point = (unsigned char)text.at[*at] & MASKS[len];

    for (size_t i = 1; i < len; i++)
        code_point = code_point << 6 | ((unsigned char)text.at[*at + i] & 0x3f);
    *at += len > 0 ? len : 1;
    return code_point;
}

struct range {
    uint32_t low;
    uint32_t high; /* below low: no character is meant */
};

/* A - at the end of a set, or behind a range, is a character. */
static struct range next_range(struct bytes set, size_t *at)
{
    struct range range;

    range.low = next_char(set, at);
    range.high = range.low;
    if (*at + 1 < set.len && set.at[*at] == '-') {
        (*at)++;
        range.high = next_char(set, at);
    }
    return range;
}

/* Ranges that run backwards are struck from the text of a set before it is looked whether it begins
 * with a ! */
static bool is_negated(struct bytes set, size_t *ret_at)
{
    size_t at = 0;

    while (at < set.len && set.at[0] != '!') {
        size_t behind = at;
        struct range range = next_range(set, &behind);

        if (range.low <= range.high)
            break;
        at = behind;
    }
    *ret_at = at;
    return at < set.len && set.at[at] == '!';
}

static bool set_has(struct bytes set, uint32_t character)
{
    size_t at = 0;
    bool negated = is_negated(set, &at);
    bool found = false;

    if (negated)
        at++;
    /* What was a range from ! on has lost its begin. */
    if (negated && at > 1 && at + 1 < set.len && set.at[at] == '-') {
        at++;
        found = character == '-' || character == next_char(set, &at);
    }
    while (at < set.len) {
        struct range range = next_range(set, &at);

        found = found || (range.low <= character && character <= range.high);
    }
    return found != negated;
}

/* Where the ] is that closes the set which begins at at; the pattern's end when there is none. */
static size_t set_end(struct bytes pattern, size_t at)
{
    if (at < pattern.len && pattern.at[at] == '!')
        at++;
    if (at < pattern.len && pattern.at[at] == ']')
        at++;

    const char *end = at < pattern.len ? memchr(pattern.at + at, ']', pattern.len - at) : NULL;

    return end != NULL ? (size_t)(end - pattern.at) : pattern.len;
}

/* Does what stands at *at, which is no star, take the character? *at moves behind it. */
static bool takes(struct bytes pattern, size_t *at, uint32_t character, struct filter_work *work)
{
    uint32_t wanted = next_char(pattern, at);

    if (wanted == '?')
        return true;
    if (wanted != '[')
        return wanted == character;

    size_t begin = *at;
    size_t end = set_end(pattern, begin);

    if (!filter_spend(work, end - begin))
        return false;
    if (end == pattern.len)
        return character == '[';
    *at = end + 1;
    return set_has((struct bytes){pattern.at + begin, end - begin}, character);
}

bool filter_glob(struct bytes pattern, struct bytes text, struct filter_work *work)
{
    size_t at = 0;
    size_t text_at = 0;
    ptrdiff_t star_at = NOWHERE; /* behind the last star */
    size_t star_text_at = 0;     /* behind what it takes */

    while (text_at < text.len && filter_spend(work, 1)) {
        if (at < pattern.len && pattern.at[at] == '*') {
            star_at = (ptrdiff_t)++at;
            star_text_at = text_at;
            continue;
        }

        uint32_t character = next_char(text, &text_at);

        if (at < pattern.len && takes(pattern, &at, character, work))
            continue;
        if (star_at == NOWHERE)
            return false;
        (void)next_char(text, &star_text_at);
        at = (size_t)star_at;
        text_at = star_text_at;
    }
    while (at < pattern.len && pattern.at[at] == '*')
        at++;
    return at == pattern.len && !work->trouble;
}
