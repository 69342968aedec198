/* Lineup: it catches up with the lines that changed when it is asked, so that a change costs the
 * same however many lineups there are. A line that is found to be held by a limit is put into that
 * limit's group of its level. A group stands in the level's heap by its first line; once its limit
 * is full it is taken out as a whole, and lines_wake() puts it back. So a full limit costs one
 * look, however many lines and tasks it holds back. */
#include "lineup.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "batch.h"

/* A line as this lineup sees it. */
struct lineup_place {
    struct lineup_item item;
    struct hot_line *line; /* NULL: a group's */
    struct lineup_level *level;
    struct lineup_group *group; /* NULL: it stands in the level's heap by itself */
    bool is_refused;            /* not for this skill */
};

/* Lines of one level that wait for one limit. */
struct lineup_group {
    struct lineup_place place; /* in the level's heap, unless the limit is full */
    struct hot_limit *limit;
    bool is_hopeless;      /* these want more than the limit ever has */
    int64_t least_units;   /* then: the fewest that one of them wants */
    int64_t refused_units; /* when it was set aside: what the first wanted */
    struct lineup_heap lines;
    struct lineup *lineup;
    struct list_node waiting; /* of the limit: it is full */
};

struct lineup_level {
    int32_t priority;
    struct lineup_heap open; /* lines and groups */
    struct map *groups;      /* by limit, and by limit + 1 the hopeless */
};

struct lineup *lineup_new(const struct skill *skill, struct hot_queue *queue)
{
    struct lineup *lineup = mem_alloc(sizeof(*lineup));

    lineup->skill = skill;
    lineup->queue = queue;
    return lineup;
}

static void free_group(struct lineup_group *group)
{
    lineup_heap_fini(&group->lines);
    list_remove(&group->waiting);
    free(group);
}

static void free_level(struct lineup_level *level)
{
    struct lineup_group *group;

    for (size_t at = 0; (group = map_each(level->groups, &at)) != NULL;)
        free_group(group);
    map_free(level->groups);
    lineup_heap_fini(&level->open);
    free(level);
}

void lineup_free(struct lineup *lineup)
{
    for (unsigned i = 0; i < lineup->levels_len; i++)
        free_level(lineup->levels[i]);
    for (unsigned i = 0; i < lineup->places_len; i++)
        free(lineup->places[i]);
    free(lineup->levels);
    free(lineup->places);
    free(lineup);
}

/* ---- levels and groups ---- */

static struct lineup_level *level_of(struct lineup *lineup, int32_t priority)
{
    unsigned at = 0;
    struct lineup_level *level;

    while (at < lineup->levels_len && lineup->levels[at]->priority > priority)
        at++;
    if (at < lineup->levels_len && lineup->levels[at]->priority == priority)
        return lineup->levels[at];
    level = mem_alloc(sizeof(*level));
    level->priority = priority;
    level->groups = map_new();
    lineup->levels =
        mem_resize(lineup->levels, (lineup->levels_len + 1) * sizeof(struct lineup_level *));
    memmove(lineup->levels + at + 1, lineup->levels + at,
            (lineup->levels_len - at) * sizeof(struct lineup_level *));
    lineup->levels[at] = level;
    lineup->levels_len++;
    return level;
}

static uint64_t group_key(const struct hot_limit *limit, bool is_hopeless)
{
    return (uint64_t)(uintptr_t)limit + is_hopeless;
}

static struct lineup_group *group_of(struct lineup *lineup, struct lineup_level *level,
                                     struct hot_limit *limit, bool is_hopeless)
{
    struct lineup_group *group = map_get_int(level->groups, group_key(limit, is_hopeless));

    if (group != NULL)
        return group;
    group = mem_alloc(sizeof(*group));
    group->limit = limit;
    group->is_hopeless = is_hopeless;
    group->lineup = lineup;
    group->place.level = level;
    group->place.group = group;
    (void)map_put_int(level->groups, group_key(limit, is_hopeless), group);
    return group;
}

/* It was set aside for one that wants more than the first does now. */
static bool may_have_room(const struct lineup_group *group, struct lineup_item *first)
{
    return line_units(CONTAINER_OF(first, struct lineup_place, item)->line, group->limit) <
           group->refused_units;
}

/* Its first line is another now, or there is none left. */
static void group_changed(struct lineup_group *group)
{
    struct lineup_item *first = lineup_heap_first(&group->lines);

    if (first == NULL) {
        lineup_heap_remove(&group->place.item);
        (void)map_remove_int(group->place.level->groups,
                             group_key(group->limit, group->is_hopeless));
        free_group(group);
    } else if (!list_is_linked(&group->waiting) || may_have_room(group, first)) {
        list_remove(&group->waiting);
        lineup_heap_put(&group->place.level->open, &group->place.item, &first->key);
    }
}

static void take_out(struct lineup_place *place)
{
    struct lineup_group *group = place->group;

    lineup_heap_remove(&place->item);
    place->group = NULL;
    if (group != NULL)
        group_changed(group);
}

static void put_in(struct lineup_place *place)
{
    const struct ready_head *key = front_bound(&place->line->front);

    if (place->group == NULL) {
        lineup_heap_put(&place->level->open, &place->item, key);
        return;
    }
    lineup_heap_put(&place->group->lines, &place->item, key);
    group_changed(place->group);
}

static void move_to(struct lineup *lineup, struct lineup_place *place, struct hot_limit *limit,
                    bool is_hopeless)
{
    struct lineup_group *group = group_of(lineup, place->level, limit, is_hopeless);

    if (place->group == group)
        return;
    if (group->least_units == 0 || line_units(place->line, limit) < group->least_units)
        group->least_units = line_units(place->line, limit);
    take_out(place);
    place->group = group;
    put_in(place);
}

/* Its limit has been raised: each line is looked at again by itself. */
static void dissolve(struct lineup_group *group)
{
    for (unsigned left = group->lines.len; left > 0; left--) {
        struct lineup_place *place =
            CONTAINER_OF(lineup_heap_first(&group->lines), struct lineup_place, item);

        take_out(place); /* the last one frees the group */
        put_in(place);
    }
}

/* ---- what the lines say ---- */

static void know_lines(struct lineup *lineup)
{
    unsigned len = lineup->queue->lines_len;

    if (lineup->places_len >= len)
        return;
    len += len / 2;
    lineup->places = mem_resize(lineup->places, len * sizeof(struct lineup_place *));
    for (unsigned i = lineup->places_len; i < len; i++)
        lineup->places[i] = NULL;
    lineup->places_len = len;
}

static struct lineup_place *place_of_line(struct lineup *lineup, struct hot_line *line)
{
    struct lineup_place *place = lineup->places[line->index];

    if (place != NULL)
        return place;
    place = mem_alloc(sizeof(*place));
    place->line = line;
    place->is_refused = !skill_runs(lineup->skill, line->shelf->of_class);
    if (!place->is_refused)
        place->level = level_of(lineup, line->priority);
    lineup->places[line->index] = place;
    return place;
}

static void look_at(struct lineup *lineup, struct hot_line *line)
{
    struct lineup_place *place = place_of_line(lineup, line);

    if (place->is_refused)
        return;
    if (line_ready(line) > 0)
        put_in(place);
    else
        take_out(place);
}

static void catch_up(struct lineup *lineup)
{
    struct list *changed = &lineup->queue->changed;

    if (lineup->seen == lineup->queue->changes)
        return;
    know_lines(lineup);
    for (struct list_node *node = list_first(changed); node != NULL;
         node = list_next(changed, node)) {
        struct hot_line *line = CONTAINER_OF(node, struct hot_line, changed);

        if (line->changed_at <= lineup->seen)
            break;
        look_at(lineup, line);
    }
    lineup->seen = lineup->queue->changes;
}

void lineup_forget(struct lineup *lineup, const struct hot_line *line)
{
    struct lineup_place *place =
        line->index < lineup->places_len ? lineup->places[line->index] : NULL;

    if (place == NULL)
        return;
    take_out(place);
    free(place);
    lineup->places[line->index] = NULL;
}

/* False: it has none, whatever was counted, or the store has failed. */
static bool learn_first(struct lineup *lineup, struct hot_line *line,
                        const struct lineup_look *look)
{
    const struct ready_head last = ready_head_last();

    if (ready_head_compare(&line->front.bound, &last) == 0 ||
        !line_learn(line, look->db, look->wanted))
        return false;
    catch_up(lineup);
    return true;
}

/* ---- the first of a level ---- */

/* Its limit is full: out of the way until it may not be. */
static void set_aside(struct lineup_group *group, int64_t units, int64_t wait_ms,
                      const struct lineup_look *look)
{
    group->refused_units = units;
    lineup_heap_remove(&group->place.item);
    list_push_back(&group->limit->waiting, &group->waiting);
    limit_wake_in(group->limit, look->now.mono_ms, wait_ms);
    limit_note_full(group->limit, group->lineup->queue);
}

/* A line that has come by itself queues up behind those that wait for one of its limits already:
 * what needs many units would never get them otherwise. */
static struct lineup_group *group_ahead(struct lineup_place *place)
{
    for (unsigned i = 0; place->group == NULL && i < place->line->uses_len; i++) {
        struct lineup_group *group =
            map_get_int(place->level->groups, group_key(place->line->uses[i].limit, false));

        if (group != NULL)
            return group;
    }
    return NULL;
}

/* False: it was put elsewhere. */
static bool is_free(struct lineup *lineup, struct lineup_place *place,
                    const struct lineup_look *look)
{
    int64_t wait_ms = INT64_MAX;
    struct lineup_group *ahead = group_ahead(place);
    struct hot_limit *full =
        ahead != NULL ? ahead->limit : line_full_limit(place->line, look->now.mono_ms, &wait_ms);

    if (full == NULL)
        return true;
    move_to(lineup, place, full, ahead == NULL && use_never_fits(line_use_of(place->line, full)));
    return false;
}

/* There is room, if not for this one, and it may stand behind others. */
static bool may_hide_others(const struct hot_line *line, const struct hot_limit *limit,
                            const struct lineup_look *look)
{
    int64_t wait_ms;

    return line->front.len == 0 &&
           limit_has_room(limit, 1, line_use_of(line, limit)->is_paid, look->now.mono_ms, &wait_ms);
}

/* The line on top of the level; a full limit's group is parked on the way. NULL: look again. */
static struct lineup_place *top_of(struct lineup *lineup, struct lineup_place *first,
                                   const struct lineup_look *look)
{
    struct lineup_group *group = first->group;
    struct lineup_place *place;
    int64_t units, wait_ms = INT64_MAX;

    if (first->line != NULL)
        return first;
    place = CONTAINER_OF(lineup_heap_first(&group->lines), struct lineup_place, item);
    units = line_units(place->line, group->limit);
    if (group->is_hopeless && !limit_never_fits(&group->limit->settings, group->least_units))
        dissolve(group);
    else if (use_has_room(line_use_of(place->line, group->limit), look->now.mono_ms, &wait_ms))
        return place;
    else if (!group->is_hopeless && use_never_fits(line_use_of(place->line, group->limit)))
        move_to(lineup, place, group->limit, true); /* it was lowered */
    else if (!may_hide_others(place->line, group->limit, look) ||
             !learn_first(lineup, place->line, look))
        set_aside(group, units, wait_ms, look);
    return NULL;
}

/* The line whose first stands before all others of the level. */
static struct hot_line *first_of(struct lineup *lineup, struct lineup_level *level,
                                 const struct lineup_look *look)
{
    struct lineup_item *item;

    while ((item = lineup_heap_first(&level->open)) != NULL) {
        struct lineup_place *place =
            top_of(lineup, CONTAINER_OF(item, struct lineup_place, item), look);

        if (place == NULL || !is_free(lineup, place, look))
            continue;
        if (place->line->front.len > 0)
            return place->line;
        if (!learn_first(lineup, place->line, look))
            return NULL;
    }
    return NULL;
}

static double rank_of(const struct hot_queue *queue, const struct ready_head *head, int64_t now_ms)
{
    int64_t waited_ms = now_ms > head->since_ms ? now_ms - head->since_ms : 0;

    if (queue->settings.aging_ms < 0)
        return head->priority;
    return head->priority + (double)waited_ms / (double)queue->settings.aging_ms;
}

struct lineup_pick lineup_first(struct lineup *lineup, const struct lineup_look *look)
{
    struct lineup_pick best = {.head = NULL};

    catch_up(lineup);
    for (unsigned i = 0; i < lineup->levels_len; i++) {
        struct lineup_level *level = lineup->levels[i];
        const struct ready_head *head;
        struct hot_line *line;
        double rank;

        if (level->priority < look->min_priority)
            break;
        line = first_of(lineup, level, look);
        if (line == NULL)
            continue;
        head = &line->front.at[0];
        rank = rank_of(lineup->queue, head, look->now.wall_ms);
        if (best.head == NULL || rank > best.rank)
            best = (struct lineup_pick){head, line, rank};
        if (lineup->queue->settings.aging_ms < 0)
            break;
    }
    return best;
}

/* ---- out of turn ---- */

/* The first of the lines that wait for a limit together with this one; NULL: it waits for none. */
static struct hot_line *first_of_group(const struct lineup_place *place)
{
    struct lineup_item *item = lineup_heap_first(&place->group->lines);

    return CONTAINER_OF(item, struct lineup_place, item)->line;
}

/* Not one that a limit holds back, nor one that takes from a limit what others wait for who want
 * more, or have let others pass too often. */
static bool may_pass(const struct lineup *lineup, const struct hot_line *line,
                     const struct lineup_look *look)
{
    struct lineup_place *place =
        line->index < lineup->places_len ? lineup->places[line->index] : NULL;
    const struct hot_line *ahead;

    if (place == NULL || place->is_refused || line_is_held(line, look->now.mono_ms))
        return false;
    if (place->group == NULL)
        return group_ahead(place) == NULL;
    ahead = first_of_group(place);
    return !list_is_linked(&place->group->waiting) && ahead->passed < AFFINITY_PASS_MAX &&
           line_units(ahead, place->group->limit) <= line_units(line, place->group->limit);
}

static const struct ready_head *key_of(const struct hot_line *line)
{
    return line->front.len > 0 ? &line->front.at[0] : &line->front.bound;
}

struct hot_line *lineup_preferred(struct lineup *lineup, struct hot_line *first,
                                  struct hot_line *const *lines, unsigned lines_len,
                                  const struct lineup_look *look)
{
    struct hot_line *best = NULL;

    if (first->passed >= AFFINITY_PASS_MAX)
        return NULL;
    for (unsigned i = 0; i < lines_len; i++)
        if ((best == NULL || ready_head_compare(key_of(lines[i]), key_of(best)) < 0) &&
            may_pass(lineup, lines[i], look))
            best = lines[i];
    if (best == NULL || best->front.len > 0)
        return best;
    /* Not known any more: the store says what it holds. */
    return line_learn(best, look->db, look->wanted) && best->front.len > 0 ? best : NULL;
}

void lineup_pass(struct lineup *lineup, struct hot_line *first, const struct hot_line *line)
{
    const struct lineup_place *place = lineup->places[line->index];
    struct hot_line *ahead = place->group == NULL ? NULL : first_of_group(place);

    first->passed++;
    if (ahead != NULL && ahead != first && ahead != line)
        ahead->passed++;
}

void lines_wake(struct batch *batch, struct hot_limit *limit)
{
    struct list_node *node;

    while ((node = list_pop_front(&limit->waiting)) != NULL) {
        struct lineup_group *group = CONTAINER_OF(node, struct lineup_group, waiting);

        group_changed(group);
        if (batch != NULL)
            batch_offer_queue(batch, group->lineup->queue);
    }
}
