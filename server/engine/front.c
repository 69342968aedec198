/* Front: a short sorted array that follows what enters and leaves, and never claims more than it
 * knows. */
#include "front.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { ROOM_FIRST = 4 };

struct ready_head ready_head_best(void)
{
    return (struct ready_head){.number = -1, .share = INT64_MIN, .priority = INT32_MAX};
}

struct ready_head ready_head_last(void)
{
    return (struct ready_head){.number = INT64_MAX, .share = INT64_MAX, .priority = INT32_MIN};
}

int ready_head_compare(const struct ready_head *a, const struct ready_head *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    if (a->share != b->share)
        return a->share < b->share ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

void front_fini(struct front *front)
{
    free(front->at);
    *front = (struct front){.at = NULL};
}

void front_forget(struct front *front)
{
    front->len = 0;
    front->bound = ready_head_best();
}

const struct ready_head *front_bound(const struct front *front)
{
    return front->len > 0 ? &front->at[0] : &front->bound;
}

static void make_room(struct front *front, unsigned len)
{
    unsigned room = front->room > 0 ? front->room : ROOM_FIRST;

    while (room < len)
        room *= 2;
    if (room == front->room)
        return;
    front->at = mem_resize(front->at, room * sizeof(*front->at));
    front->room = room;
}

static void insert(struct front *front, unsigned place, const struct ready_head *head)
{
    /* The last makes room: it stands behind the others again. */
    if (front->len == FRONT_MAX)
        front->len--;
    make_room(front, front->len + 1);
    memmove(front->at + place + 1, front->at + place, (front->len - place) * sizeof(*front->at));
    front->at[place] = *head;
    front->len++;
}

/* How many of those that are known stand before it. */
static unsigned place_of(const struct front *front, const struct ready_head *head)
{
    unsigned low = 0, high = front->len;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (ready_head_compare(&front->at[middle], head) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool front_enter(struct front *front, const struct ready_head *head, int64_t others)
{
    unsigned place = place_of(front, head);
    bool knows_all = (int64_t)front->len == others;

    if (front->len == 0) {
        /* Behind the bound it may or may not be the first. */
        if (!knows_all && ready_head_compare(head, &front->bound) > 0)
            return false;
        insert(front, 0, head);
        return true;
    }
    if (place == front->len && (!knows_all || front->len == FRONT_MAX))
        return false;
    insert(front, place, head);
    return place == 0;
}

bool front_leave(struct front *front, int64_t number)
{
    unsigned place = 0;

    while (place < front->len && front->at[place].number != number)
        place++;
    if (place == front->len)
        return false;
    if (front->len == 1)
        front->bound = front->at[place];
    front->len--;
    memmove(front->at + place, front->at + place + 1, (front->len - place) * sizeof(*front->at));
    return place == 0;
}

void front_fill(struct front *front, const struct ready_head *heads, unsigned len)
{
    front->len = len < FRONT_MAX ? len : FRONT_MAX;
    front->bound = ready_head_last();
    make_room(front, front->len);
    memcpy(front->at, heads, front->len * sizeof(*heads));
}
