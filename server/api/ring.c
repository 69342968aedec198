/* Ring: a slot for each number, pointing into the packs; the oldest packs go when they are too
 * many. */
#include "ring.h"

#include "base/assert.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SLOTS = 16384 };

#define SIZE_MOST ((size_t)4 << 20)

struct ring {
    struct list packs; /* the oldest first */
    size_t size;
    int64_t after, last;
    struct slot {
        struct event_pack *pack;
        const struct event *event;
        struct bytes text; /* in the pack's memory; NONE: not made yet */
    } slots[SLOTS];
};

struct ring *ring_new(void)
{
    struct ring *ring = mem_alloc(sizeof(*ring));

    list_init(&ring->packs);
    ring->after = ring->last = -1;
    return ring;
}

static void drop_oldest(struct ring *ring)
{
    struct event_pack *pack = CONTAINER_OF(list_pop_front(&ring->packs), struct event_pack, link);

    ring->after = pack->last;
    ring->size -= pack->size;
    event_pack_free(pack);
}

void ring_clear(struct ring *ring)
{
    while (!list_is_empty(&ring->packs))
        drop_oldest(ring);
    ring->after = ring->last = -1;
}

void ring_free(struct ring *ring)
{
    if (ring == NULL)
        return;
    ring_clear(ring);
    free(ring);
}

static void put(struct ring *ring, struct event_pack *pack)
{
    while (!list_is_empty(&ring->packs) &&
           (ring->size + pack->size > SIZE_MOST || ring->last - ring->after + pack->len > SLOTS))
        drop_oldest(ring);
    for (unsigned i = 0; i < pack->len; i++)
        ring->slots[(pack->after + 1 + i) % SLOTS] =
            (struct slot){.pack = pack, .event = &pack->events[i]};
    list_push_back(&ring->packs, &pack->link);
    ring->size += pack->size;
    ring->last = pack->last;
}

bool ring_take(struct ring *ring, struct event_pack *pack)
{
    bool follows = pack->after == ring->last;

    if (!follows) {
        ring_clear(ring);
        ring->after = ring->last = pack->after;
    }
    if (pack->len > 0 && pack->len <= SLOTS) {
        ASSERT(pack->len == pack->last - pack->after);
        put(ring, pack);
        return follows;
    }
    ring_clear(ring);
    ring->after = ring->last = pack->last;
    event_pack_free(pack);
    return false;
}

int64_t ring_after(const struct ring *ring)
{
    return ring->after;
}

int64_t ring_last(const struct ring *ring)
{
    return ring->last;
}

const struct event *ring_event(const struct ring *ring, int64_t number)
{
    ASSERT(number > ring->after && number <= ring->last);
    return ring->slots[number % SLOTS].event;
}

/* A line break within data would end it; outside of strings, where alone JSON has them, a blank is
 * as good. */
static void one_line(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\n' || text[i] == '\r')
            text[i] = ' ';
}

void ring_write_text(struct buffer *buffer, const struct event *event)
{
    struct json_out out;
    size_t data_at;

    buffer_printf(buffer, "id: %" PRId64 "\nevent: %s\ndata: ", event->number,
                  event_name(event->kind));
    data_at = buffer->len;
    json_out_init(&out, buffer);
    event_write(&out, event);
    one_line(buffer->at + data_at, buffer->len - data_at);
    buffer_append_text(buffer, "\n\n");
}

struct bytes ring_text(struct ring *ring, int64_t number)
{
    const struct event *event = ring_event(ring, number);
    struct slot *slot = &ring->slots[number % SLOTS];
    struct buffer buffer;

    if (slot->text.at != NULL)
        return slot->text;
    buffer_init(&buffer, SIZE_MAX);
    ring_write_text(&buffer, event);
    slot->text = arena_bytes(slot->pack->mem, buffer_bytes(&buffer));
    buffer_fini(&buffer);
    /* The bound is looked at when the next pack comes. */
    slot->pack->size += slot->text.len;
    ring->size += slot->text.len;
    return slot->text;
}
