/* Lineup: a heap of shelves by what is known of their first; it catches up with the shelves that
 * changed when it is asked, so that a change costs the same however many lineups there are. */
#include "lineup.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Of a shelf, unless it has a place in the heap. */
#define PLACE_UNSEEN  UINT32_C(0)
#define PLACE_REFUSED UINT32_MAX       /* not for this skill */
#define PLACE_OUT     (UINT32_MAX - 1) /* nothing is ready */

enum { ASK_LEAST = 16, ROOM_FIRST = 8 };

struct lineup *lineup_new(const struct skill *skill, struct hot_queue *queue)
{
    struct lineup *lineup = mem_alloc(sizeof(*lineup));

    lineup->skill = skill;
    lineup->queue = queue;
    return lineup;
}

void lineup_free(struct lineup *lineup)
{
    free(lineup->heap);
    free(lineup->places);
    free(lineup);
}

/* ---- the heap ---- */

static bool is_before(const struct lineup *lineup, unsigned a, unsigned b)
{
    return ready_head_compare(&lineup->heap[a].key, &lineup->heap[b].key) < 0;
}

static void put(struct lineup *lineup, unsigned place, struct lineup_entry entry)
{
    lineup->heap[place] = entry;
    lineup->places[entry.shelf->index] = place;
}

static void swap(struct lineup *lineup, unsigned a, unsigned b)
{
    struct lineup_entry entry = lineup->heap[a];

    put(lineup, a, lineup->heap[b]);
    put(lineup, b, entry);
}

static void sift(struct lineup *lineup, unsigned place)
{
    for (; place > 1 && is_before(lineup, place, place / 2); place /= 2)
        swap(lineup, place, place / 2);
    while (place * 2 <= lineup->len) {
        unsigned child = place * 2;

        if (child < lineup->len && is_before(lineup, child + 1, child))
            child++;
        if (!is_before(lineup, child, place))
            return;
        swap(lineup, child, place);
        place = child;
    }
}

static void take_out(struct lineup *lineup, unsigned place)
{
    struct lineup_entry last = lineup->heap[lineup->len--];

    lineup->places[lineup->heap[place].shelf->index] = PLACE_OUT;
    if (place > lineup->len)
        return;
    put(lineup, place, last);
    sift(lineup, place);
}

static void put_in(struct lineup *lineup, struct hot_shelf *shelf)
{
    unsigned place = lineup->places[shelf->index];
    struct lineup_entry entry = {
        .key = shelf->front.len > 0 ? shelf->front.at[0] : shelf->front.bound,
        .shelf = shelf,
    };

    if (place == PLACE_OUT) {
        place = ++lineup->len;
        if (lineup->len >= lineup->room) {
            lineup->room = lineup->room > 0 ? lineup->room * 2 : ROOM_FIRST;
            lineup->heap = mem_resize(lineup->heap, lineup->room * sizeof(*lineup->heap));
        }
    }
    put(lineup, place, entry);
    sift(lineup, place);
}

/* ---- what the shelves say ---- */

static void know_shelves(struct lineup *lineup)
{
    unsigned len = lineup->queue->shelves_len;

    if (lineup->places_len >= len)
        return;
    len += len / 2;
    lineup->places = mem_resize(lineup->places, len * sizeof(*lineup->places));
    for (unsigned i = lineup->places_len; i < len; i++)
        lineup->places[i] = PLACE_UNSEEN;
    lineup->places_len = len;
}

static void look_at(struct lineup *lineup, struct hot_shelf *shelf)
{
    uint32_t *place = &lineup->places[shelf->index];

    if (*place == PLACE_UNSEEN)
        *place = skill_runs(lineup->skill, shelf->of_class) ? PLACE_OUT : PLACE_REFUSED;
    if (*place == PLACE_REFUSED)
        return;
    if (hot_in_state(&shelf->counts, TASK_READY) > 0)
        put_in(lineup, shelf);
    else if (*place != PLACE_OUT)
        take_out(lineup, *place);
}

static void catch_up(struct lineup *lineup)
{
    struct list *changed = &lineup->queue->changed;

    if (lineup->seen == lineup->queue->changes)
        return;
    know_shelves(lineup);
    for (struct list_node *node = list_first(changed); node != NULL;
         node = list_next(changed, node)) {
        struct hot_shelf *shelf = CONTAINER_OF(node, struct hot_shelf, changed);

        if (shelf->changed_at <= lineup->seen)
            break;
        look_at(lineup, shelf);
    }
    lineup->seen = lineup->queue->changes;
}

/* False: the store has failed, and knows nothing. */
static bool ask(struct hot_shelf *shelf, struct db *db, unsigned wanted)
{
    struct ready_head heads[FRONT_MAX];
    unsigned max = wanted < ASK_LEAST ? ASK_LEAST : wanted > FRONT_MAX ? FRONT_MAX : wanted;
    unsigned len = ready_heads(db, shelf->queue->ns->head.number, shelf->queue->head.number,
                               shelf->of_class->head.number, max, heads);

    if (db_failure(db) != DB_FINE)
        return false;
    front_fill(&shelf->front, heads, len);
    hot_shelf_changed(shelf);
    return true;
}

const struct ready_head *lineup_first(struct lineup *lineup, struct db *db, unsigned wanted)
{
    const struct ready_head last = ready_head_last();

    for (;;) {
        struct hot_shelf *shelf;

        catch_up(lineup);
        if (lineup->len == 0)
            return NULL;
        shelf = lineup->heap[1].shelf;
        if (shelf->front.len > 0)
            return &shelf->front.at[0];
        /* Counted, and yet the store has none: it is not asked again and again. */
        if (ready_head_compare(&shelf->front.bound, &last) == 0 || !ask(shelf, db, wanted))
            return NULL;
    }
}
