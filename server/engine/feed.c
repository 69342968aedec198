/* Feed: the events of a batch, gathered for those who listen and handed over with its answers. When
 * nobody does, a batch costs one look at a flag. */
#include "feed.h"

#include <string.h>

enum { ROOM_FIRST = 16 };

static struct event_pack *new_pack(int64_t after)
{
    struct arena *mem = arena_new();
    struct event_pack *pack = arena_alloc(mem, sizeof(*pack));

    pack->mem = mem;
    pack->after = after;
    return pack;
}

static struct event *next_event(struct event_pack *pack)
{
    if (pack->len == pack->room) {
        unsigned room = pack->room > 0 ? 2 * pack->room : ROOM_FIRST;
        struct event *events = arena_alloc(pack->mem, room * sizeof(*events));

        if (pack->len > 0)
            memcpy(events, pack->events, pack->len * sizeof(*events));
        pack->events = events;
        pack->room = room;
    }
    pack->size += sizeof(struct event);
    return &pack->events[pack->len++];
}

/* Most events of a batch are of one namespace and of few queues and types. */
static struct bytes copy_name(struct event_pack *pack, struct bytes name, struct bytes before)
{
    if (bytes_equal(name, before))
        return before;
    pack->size += name.len;
    return arena_bytes(pack->mem, name);
}

void feed_note(struct batch *batch, const struct event_row *row)
{
    const struct hot *hot = batch->hot;
    const struct hot_ns *ns = hot_ns_numbered(hot, row->ns);
    const struct hot_queue *queue = row->queue != 0 ? hot_queue_numbered(hot, row->queue) : NULL;
    const struct hot_class *of_class =
        row->of_class != 0 ? hot_class_numbered(hot, row->of_class) : NULL;
    struct event_pack *pack = batch->pack;
    struct event before = {.kind = EVENT_NONE};

    if (pack == NULL)
        pack = batch->pack = new_pack(row->number - 1);
    if (pack->len > 0)
        before = pack->events[pack->len - 1];
    *next_event(pack) = (struct event){
        .number = row->number,
        .at_ms = row->at_ms,
        .kind = row->kind,
        .ns = ns != NULL ? copy_name(pack, ns->name, before.ns) : BYTES_NONE,
        .queue = queue != NULL ? copy_name(pack, queue->name, before.queue) : BYTES_NONE,
        .task_type =
            of_class != NULL ? copy_name(pack, of_class->type, before.task_type) : BYTES_NONE,
        .task = row->task_id,
        .data = arena_bytes(pack->mem, row->data),
    };
    pack->size += row->data.len;
    pack->last = row->number;
}

/* Who began to listen while the batch was at work may have read the log before its commit: they
 * must be told that there is something. */
void feed_seal(struct batch *batch)
{
    int64_t last = batch->hot->last_event;

    if (batch->is_heard || last == batch->before.event || !atomic_load(&batch->engine->is_heard))
        return;
    batch->pack = new_pack(batch->before.event);
    batch->pack->last = last;
}

void feed_drop(struct batch *batch)
{
    if (batch->pack != NULL)
        event_pack_free(batch->pack);
    batch->pack = NULL;
}
