/* Refs: an array's graph, and names that become ids as its members are taken. */
#include "refs.h"

#include <stdio.h>

#include "base/buffer.h"

/* One of a member's depends_on. */
struct line {
    unsigned member, nth;
    int awaits;
    struct bytes text;
};

static bool names_others(const struct submit *submit)
{
    for (unsigned i = 0; i < submit->specs_len; i++)
        if (submit->specs[i].ref.at != NULL || submit->specs[i].rules.depends_on.len > 0)
            return true;
    return false;
}

bool refs_read(struct batch *batch, struct command *command, struct refs *ret_refs)
{
    const struct submit *submit = &command->in.submit;
    struct dag_member *members;

    *ret_refs = (struct refs){.are_used = false};
    if (submit->single || submit->streamed || !names_others(submit))
        return true;
    members = arena_alloc(batch->mem, submit->specs_len * sizeof(*members));
    for (unsigned i = 0; i < submit->specs_len; i++)
        members[i] = (struct dag_member){
            .ref = submit->specs[i].ref,
            .depends_on = submit->specs[i].rules.depends_on,
            .place = submit->places != NULL ? submit->places[i] : i,
        };
    ret_refs->are_used = true;
    /* A name may be that of a member which was refused on the way here: then so is this one. */
    return dag_make(members, submit->specs_len, submit->atomic, batch->mem, &ret_refs->dag,
                    &command->reply.error);
}

unsigned refs_nth(const struct refs *refs, unsigned taken)
{
    return refs->are_used ? refs->dag.order[taken] : taken;
}

static void refuse_line(struct submit_item *item, unsigned line, const char *why, struct bytes name)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "/depends_on/%u", line);
    (void)error_set(&item->error, ERR_INVALID_FIELD, where, "%s %.*s", why, BYTES_ARG(name));
}

/* A member's line as an id. False: that one was refused. */
static bool add_member(struct buffer *ids, const struct submit_item *awaited)
{
    char id[ID_TEXT_LEN + 1];

    id_format(awaited->id, id);
    buffer_printf(ids, "%s\n", id);
    return awaited->error.code == OK;
}

static bool add_line(struct buffer *ids, struct submit_item *items, const struct line *line)
{
    struct submit_item *item = &items[line->member];

    if (line->awaits == DAG_ID) {
        buffer_printf(ids, "%.*s\n", BYTES_ARG(line->text));
        return true;
    }
    if (line->awaits == DAG_UNKNOWN) {
        refuse_line(item, line->nth, "no other task of this array that was taken has the ref",
                    line->text);
        return false;
    }
    if (add_member(ids, &items[line->awaits]))
        return true;
    refuse_line(item, line->nth, "the array's task that it waits for was refused:", line->text);
    return false;
}

const struct task_spec *refs_resolve(struct batch *batch, const struct command *command,
                                     const struct refs *refs, unsigned nth)
{
    const struct task_spec *spec = &command->in.submit.specs[nth];
    const int *awaits = refs->are_used ? refs->dag.awaits[nth] : NULL;
    struct line line = {.member = nth};
    struct bytes lines = spec->rules.depends_on;
    struct task_spec *resolved;
    struct buffer ids;
    bool is_fine = true;

    if (awaits == NULL || lines.len == 0)
        return spec;
    buffer_init(&ids, SIZE_MAX);
    for (; is_fine && bytes_split(&lines, '\n', &line.text); line.nth++) {
        line.awaits = awaits[line.nth];
        is_fine = add_line(&ids, command->reply.items, &line);
    }
    resolved = arena_copy(batch->mem, spec, sizeof(*spec));
    resolved->rules.depends_on = arena_bytes(batch->mem, buffer_bytes(&ids));
    buffer_fini(&ids);
    return is_fine ? resolved : NULL;
}
