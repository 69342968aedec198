/* Pack: events as the engine hands them over. */
#include "pack.h"

struct id pack_id(uint8_t last)
{
    struct id id = {{0}};

    id.at[15] = last;
    return id;
}

struct event_pack *pack_make(int64_t after, unsigned count, int64_t missed)
{
    struct arena *mem = arena_new();
    struct event_pack *pack = arena_alloc(mem, sizeof(*pack));

    *pack = (struct event_pack){
        .mem = mem,
        .after = after,
        .last = after + (count > 0 ? count : missed),
        .events = arena_alloc(mem, (count + 1) * sizeof(struct event)),
        .len = count,
        .size = count * sizeof(struct event),
    };
    for (unsigned i = 0; i < count; i++)
        pack->events[i] = (struct event){
            .number = after + 1 + i,
            .kind = EVENT_TASK_SUBMITTED,
            .ns = BYTES("default"),
            .queue = BYTES("q"),
            .task = pack_id((uint8_t)(after + 1 + i)),
        };
    return pack;
}
