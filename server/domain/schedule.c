/* Schedule: the spread of slots, and what is made up for. */
#include "domain/schedule.h"

const char *const schedule_overlap_words[] = {
    [OVERLAP_SKIP] = "skip",   [OVERLAP_QUEUE] = "queue",  [OVERLAP_CANCEL_OTHER] = "cancel_other",
    [OVERLAP_ALLOW] = "allow", [OVERLAP_ALLOW + 1] = NULL,
};

const char *const schedule_missed_words[] = {
    [MISSED_ONCE] = "once",
    [MISSED_ALL] = "all",
    [MISSED_SKIP] = "skip",
    [MISSED_SKIP + 1] = NULL,
};

struct schedule_state schedule_state_new(int64_t next_slot_ms)
{
    return (struct schedule_state){
        .next_slot_ms = next_slot_ms,
        .last_slot_ms = -1,
        .last = {.number = -1},
        .other = {.number = -1},
    };
}

/* FNV-1a, then mixed so that neighbouring slots are far apart: a spread, not a secret. */
static uint64_t add_bytes(uint64_t hash, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (unsigned char)bytes.at[i]) * UINT64_C(0x100000001b3);
    return (hash ^ '\n') * UINT64_C(0x100000001b3);
}

static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

int64_t schedule_moment_ms(struct bytes ns, struct bytes name, int64_t slot_ms, int64_t jitter_ms)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    if (jitter_ms <= 0)
        return slot_ms;
    hash = mix(add_bytes(add_bytes(hash, ns), name) ^ (uint64_t)slot_ms);
    return slot_ms + (int64_t)(hash % ((uint64_t)jitter_ms + 1));
}

bool schedule_is_missed(int64_t slot_ms, int64_t jitter_ms, int64_t now_ms)
{
    return now_ms - slot_ms > SCHEDULE_LATE_MS + jitter_ms;
}

bool schedule_makes_up(enum schedule_missed missed, int64_t made)
{
    switch (missed) {
    case MISSED_ONCE:
        return made == 0;
    case MISSED_ALL:
        return made < MISSED_TASKS_MAX;
    case MISSED_SKIP:
        break;
    }
    return false;
}
