/* Dag: names to members, then a walk to the depth that needs no stack of calls. */
#include "domain/dag.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/id.h"
#include "base/map.h"

enum mark { UNSEEN, ON_PATH, DONE };

/* A member whose lines up to next have been walked. */
struct step {
    unsigned member, next;
};

struct walk {
    const struct dag_member *members;
    struct dag *dag;
    unsigned *awaits_len;
    unsigned char *marks;
    struct step *path; /* from the member where the walk began to where it stands */
    unsigned path_len, done;
    bool strict;
    struct error *error;
};

/* ---- names ---- */

static bool refuse_line(const struct walk *walk, unsigned member, unsigned line, const char *detail)
{
    char where[64];

    (void)snprintf(where, sizeof(where), "/%u/depends_on/%u", walk->members[member].place, line);
    (void)error_set(walk->error, ERR_INVALID_FIELD, where, "%s", detail);
    return false;
}

static bool take_names(const struct dag_member *members, unsigned len, struct map *names,
                       struct error *error)
{
    char where[32];

    for (unsigned i = 0; i < len; i++) {
        if (members[i].ref.at == NULL)
            continue;
        if (map_put(names, members[i].ref, (void *)(intptr_t)(i + 1)) == NULL)
            continue;
        (void)snprintf(where, sizeof(where), "/%u/ref", members[i].place);
        (void)error_set(error, ERR_INVALID_FIELD, where, "two members have the ref %.*s",
                        BYTES_ARG(members[i].ref));
        return false;
    }
    return true;
}

static unsigned count_lines(struct bytes lines)
{
    struct bytes line;
    unsigned len = 0;

    while (bytes_split(&lines, '\n', &line))
        len++;
    return len;
}

/* The member that a line means, or why it is none. */
static int member_of(const struct map *names, struct bytes line)
{
    const void *found = map_get(names, line);
    struct id id;

    if (id_parse(line, &id))
        return DAG_ID;
    return found == NULL ? DAG_UNKNOWN : (int)((intptr_t)found - 1);
}

static bool resolve(struct walk *walk, unsigned member, const struct map *names,
                    struct arena *arena)
{
    struct bytes lines = walk->members[member].depends_on, line;
    unsigned len = count_lines(lines);
    int *awaits = arena_alloc(arena, (len + 1) * sizeof(*awaits));

    walk->dag->awaits[member] = awaits;
    walk->awaits_len[member] = len;
    for (unsigned i = 0; i < len && bytes_split(&lines, '\n', &line); i++) {
        char detail[256];

        awaits[i] = member_of(names, line);
        if (awaits[i] != DAG_UNKNOWN || !walk->strict)
            continue;
        (void)snprintf(detail, sizeof(detail),
                       "no member of the array has the ref %.*s, and it is not a task's id",
                       BYTES_ARG(line));
        return refuse_line(walk, member, i, detail);
    }
    return true;
}

static bool resolve_all(struct walk *walk, unsigned len, struct arena *arena)
{
    struct map *names = map_new();
    bool is_fine = take_names(walk->members, len, names, walk->error);

    for (unsigned i = 0; i < len && is_fine; i++)
        is_fine = resolve(walk, i, names, arena);
    map_free(names);
    return is_fine;
}

/* ---- the walk ---- */

/* Each member of a circle has a name: another one comes after it. */
static bool refuse_circle(const struct walk *walk, unsigned again)
{
    struct buffer text;
    const struct step *last = &walk->path[walk->path_len - 1];
    unsigned from = walk->path_len - 1;
    char detail[256];

    while (walk->path[from].member != again)
        from--;
    buffer_init(&text, SIZE_MAX);
    for (unsigned i = from; i < walk->path_len && buffer_bytes(&text).len < sizeof(detail); i++)
        buffer_printf(&text, "%.*s, ", BYTES_ARG(walk->members[walk->path[i].member].ref));
    buffer_printf(&text, "%.*s", BYTES_ARG(walk->members[again].ref));
    (void)snprintf(detail, sizeof(detail), "members wait for each other in a circle: %.*s",
                   BYTES_ARG(buffer_bytes(&text)));
    buffer_fini(&text);
    return refuse_line(walk, last->member, last->next - 1, detail);
}

static void step_into(struct walk *walk, unsigned member)
{
    walk->marks[member] = ON_PATH;
    walk->path[walk->path_len++] = (struct step){.member = member};
}

/* One line further, or back when there is none. */
static bool step(struct walk *walk)
{
    struct step *at = &walk->path[walk->path_len - 1];
    int awaited;

    if (at->next == walk->awaits_len[at->member]) {
        walk->marks[at->member] = DONE;
        walk->dag->order[walk->done++] = at->member;
        walk->path_len--;
        return true;
    }
    awaited = walk->dag->awaits[at->member][at->next++];
    if (awaited < 0 || walk->marks[awaited] == DONE)
        return true;
    if (walk->marks[awaited] == ON_PATH)
        return refuse_circle(walk, (unsigned)awaited);
    step_into(walk, (unsigned)awaited);
    return true;
}

static bool put_in_order(struct walk *walk, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        if (walk->marks[i] == DONE)
            continue;
        step_into(walk, i);
        while (walk->path_len > 0)
            if (!step(walk))
                return false;
    }
    return true;
}

bool dag_make(const struct dag_member *members, unsigned len, bool strict, struct arena *arena,
              struct dag *ret_dag, struct error *error)
{
    struct walk walk = {
        .members = members,
        .dag = ret_dag,
        .awaits_len = arena_alloc(arena, (len + 1) * sizeof(unsigned)),
        .marks = arena_alloc(arena, len + 1),
        .path = arena_alloc(arena, (len + 1) * sizeof(struct step)),
        .strict = strict,
        .error = error,
    };

    ret_dag->order = arena_alloc(arena, (len + 1) * sizeof(unsigned));
    ret_dag->awaits = arena_alloc(arena, (len + 1) * sizeof(int *));
    return resolve_all(&walk, len, arena) && put_in_order(&walk, len);
}
