/* Webhook: kinds as bits, the ladder of tries, and ids of deliveries. */
#include "domain/webhook.h"

#include <inttypes.h>

#include "base/parse.h"
#include "domain/access.h"

#define SECOND  INT64_C(1000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define ID_HEAD "dlv_"

_Static_assert(EVENT_MAX <= 64, "a bit for each kind");

const char *const delivery_state_words[DELIVERY_STATES + 1] = {
    [DELIVERY_DUE] = "due", [DELIVERY_DEAD] = "dead", [DELIVERY_DELIVERED] = "delivered", NULL};

bool delivery_state_read(struct bytes text, enum delivery_state *ret_state)
{
    for (int state = 0; state < DELIVERY_STATES; state++) {
        if (bytes_is(text, delivery_state_words[state])) {
            *ret_state = (enum delivery_state)state;
            return true;
        }
    }
    return false;
}

uint64_t webhook_kinds(struct bytes types)
{
    uint64_t kinds = 0;

    if (types.at == NULL)
        return UINT64_MAX;
#define EVENT(number, name, wire, when, data)                                                      \
    if (globs_match(types, BYTES(wire)))                                                           \
        kinds |= UINT64_C(1) << (number);
#include "tables/events.def"
#undef EVENT
    return kinds;
}

bool webhook_wants(const struct webhook_settings *settings, uint64_t kinds, enum event_kind kind,
                   struct bytes queue)
{
    if ((kinds >> kind & 1) == 0)
        return false;
    return settings->queues.at == NULL ||
           (queue.at != NULL && globs_match(settings->queues, queue));
}

/* What the Standard Webhooks specification gives as an example, in its words: over three days. */
int64_t delivery_wait_ms(int64_t failures, double chance)
{
    static const int64_t WAITS[] = {5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR,
                                    10 * HOUR,  14 * HOUR,  20 * HOUR,   24 * HOUR};
    int64_t wait_ms;

    if (failures < 1 || failures > (int64_t)ARRAY_LEN(WAITS))
        return -1;
    wait_ms = WAITS[failures - 1];
    return wait_ms + (int64_t)((double)wait_ms / 10 * chance);
}

struct bytes delivery_id_write(uint32_t store, int64_t number, struct arena *arena)
{
    return arena_printf(arena, ID_HEAD "%08" PRIx32 "_%" PRId64, store, number);
}

bool delivery_id_read(struct bytes text, uint32_t store, int64_t *ret_number)
{
    static const size_t HEAD_LEN = sizeof(ID_HEAD) - 1 + 8 + 1;
    char head[sizeof(ID_HEAD) + 9];

    (void)snprintf(head, sizeof(head), ID_HEAD "%08" PRIx32 "_", store);
    return bytes_starts(text, head) &&
           parse_int((struct bytes){text.at + HEAD_LEN, text.len - HEAD_LEN}, 1, INT64_MAX,
                     ret_number);
}
