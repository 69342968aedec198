/* Refs: an array's graph, and names that become ids as its members are taken. */
#include "refs.h"

#include <stdio.h>

#include "base/buffer.h"

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
        members[i] = (struct dag_member){submit->specs[i].ref, submit->specs[i].rules.depends_on};
    ret_refs->are_used = true;
    return dag_make(members, submit->specs_len, batch->mem, &ret_refs->dag, &command->reply.error);
}

unsigned refs_nth(const struct refs *refs, unsigned taken)
{
    return refs->are_used ? refs->dag.order[taken] : taken;
}

static void refuse_line(struct submit_item *item, unsigned line, struct bytes name)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "/depends_on/%u", line);
    (void)error_set(&item->error, ERR_INVALID_FIELD, where, "the member %.*s was refused",
                    BYTES_ARG(name));
}

/* One line as an id. False: its member was refused. */
static bool add_line(struct buffer *ids, const struct submit_item *awaited, struct bytes line)
{
    char id[ID_TEXT_LEN + 1];

    if (awaited == NULL) {
        buffer_printf(ids, "%.*s\n", BYTES_ARG(line));
        return true;
    }
    id_format(awaited->id, id);
    buffer_printf(ids, "%s\n", id);
    return awaited->error.code == OK;
}

bool refs_resolve(struct batch *batch, const struct command *command, const struct refs *refs,
                  unsigned nth, struct task_spec *ret_spec)
{
    const int *awaits = refs->are_used ? refs->dag.awaits[nth] : NULL;
    struct submit_item *items = command->reply.items;
    struct bytes lines, line;
    struct buffer ids;
    bool is_fine = true;

    *ret_spec = command->in.submit.specs[nth];
    lines = ret_spec->rules.depends_on;
    if (awaits == NULL || lines.len == 0)
        return true;
    buffer_init(&ids, SIZE_MAX);
    for (unsigned i = 0; is_fine && bytes_split(&lines, '\n', &line); i++) {
        is_fine = add_line(&ids, awaits[i] < 0 ? NULL : &items[awaits[i]], line);
        if (!is_fine)
            refuse_line(&items[nth], i, line);
    }
    ret_spec->rules.depends_on = arena_bytes(batch->mem, buffer_bytes(&ids));
    buffer_fini(&ids);
    return is_fine;
}
