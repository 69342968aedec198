/* Hint: which known name a misspelt one was probably meant to be. */
#include "codec.h"

enum { HINT_LEN_MAX = 32 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped or changed to turn a into b. */
static unsigned distance(struct bytes a, struct bytes b)
{
    unsigned row[HINT_LEN_MAX + 1];

    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned kept = diagonal + (a.at[i - 1] != b.at[j - 1]);

            diagonal = row[j];
            row[j] = least(kept, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.len];
}

const char *hint_near(struct bytes name, const char *const *names)
{
    const char *nearest = NULL;
    unsigned best = name.len > 3 ? 3 : 2; /* one more than is still near */

    if (name.len == 0 || name.len > HINT_LEN_MAX)
        return NULL;
    for (; *names != NULL; names++) {
        struct bytes known = bytes_of(*names);

        if (known.len > HINT_LEN_MAX)
            continue;

        unsigned far = distance(name, known);

        if (far < best) {
            best = far;
            nearest = *names;
        }
    }
    return nearest;
}
