/* Suggest: which known word a mistyped one was probably meant to be. */
#include "suggest.h"

#include <string.h>

enum { WORD_MAX = 40, DISTANCE_MAX = 3 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Edits from a to b: insert, delete, replace, or swap two neighbours. Words longer than WORD_MAX
 * are far away. */
static unsigned distance(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    unsigned rows[3][WORD_MAX + 1];

    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *last = rows[(i - 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);

            now[j] = least(last[j] + 1, now[j - 1] + 1, replace);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], rows[(i - 2) % 3][j - 2] + 1, now[j]);
        }
    }
    return rows[a_len % 3][b_len];
}

struct suggestion suggestion_for(const char *typed)
{
    size_t len = strlen(typed);

    /* A short word may be off by one letter only, or everything would look like everything. */
    return (struct suggestion){.typed = typed, .distance = len < 4 ? 2 : DISTANCE_MAX};
}

void suggestion_offer(struct suggestion *suggestion, const char *candidate)
{
    unsigned found = distance(suggestion->typed, candidate);

    if (found >= suggestion->distance)
        return;
    suggestion->distance = found;
    suggestion->best = candidate;
}
