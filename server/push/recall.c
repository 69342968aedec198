/* Recall: not counted against the window nor among the requests that it ends, so that it goes out
 * while the endpoint is busy. But of many that come at once only as many are under way as of those.
 */
#include "recall.h"

#include "push_struct.h"
#include "turns.h"

#include <string.h>
#include <time.h>

enum { DELETE_MOST_MS = 10000, DELETE_LEAST_MS = 500, LATE_MS = 250, AGAIN_MS = 50 };

static struct recall *recall_of(const struct target *target, struct bytes lease)
{
    for (struct list_node *node = list_first(&target->recalls); node != NULL;
         node = list_next(&target->recalls, node)) {
        struct recall *recall = CONTAINER_OF(node, struct recall, link);

        if (bytes_equal(recall->lease, lease))
            return recall;
    }
    return NULL;
}

static struct sending *sending_among(const struct list *sendings, struct bytes lease)
{
    for (struct list_node *node = list_first(sendings); node != NULL;
         node = list_next(sendings, node)) {
        struct sending *sending = CONTAINER_OF(node, struct sending, link);

        if (bytes_equal(sending->task->lease, lease))
            return sending;
    }
    return NULL;
}

/* push_url/ID, before any query. */
static const char *url_of(const struct target *target, struct id task, struct arena *mem)
{
    struct bytes url = bytes_of(target->url);
    const char *query = strchr(target->url, '?');
    struct bytes path = {url.at, query != NULL ? (size_t)(query - url.at) : url.len};
    char id[ID_TEXT_LEN + 1];

    id_format(task, id);
    while (path.len > 0 && path.at[path.len - 1] == '/')
        path.len--;
    return arena_printf(mem, "%.*s/%s%s", BYTES_ARG(path), id, query != NULL ? query : "").at;
}

/* Its DELETE is under way no more. */
static void leave(struct push *push, struct recall *recall)
{
    push_return_exchange(push, recall->exchange);
    recall->exchange = NULL;
    recall->target->host->recalls--;
    push->recalls--;
    turns_mark(push, recall->target);
}

static void on_over(void *ctx, struct exchange *exchange, const struct push_answer *answer,
                    int64_t took_ms)
{
    struct recall *recall = ctx;
    struct target *target = recall->target;
    struct push *push = exchange->terms->push;
    struct sending *sending = sending_among(&target->sent, recall->lease);

    (void)took_ms;
    leave(push, recall);
    if (recall->is_moot || answer->failure != PUSH_ANSWERED ||
        (answer->status != 200 && answer->status != 204))
        return;
    tasks_cancelled(push, target, recall->lease);
    if (sending != NULL)
        sending_end(push, sending);
}

static void send_delete(struct push *push, struct recall *recall)
{
    int64_t grace_ms = recall->ends_ms - LATE_MS - push_now_ms(push);
    struct target *target = recall->target;
    struct letter letter = {.url = url_of(target, recall->task, recall->mem), .is_delete = true};
    char id[ID_TEXT_LEN + 1];
    struct seal seal = {.keys = target->keys,
                        .keys_len = target_keys(target, push_time(push).wall_ms),
                        .at_s = (int64_t)time(NULL)};

    id_format(recall->task, id);
    seal.id = bytes_of(id);
    letter.timeout_ms = grace_ms < DELETE_MOST_MS ? grace_ms : DELETE_MOST_MS;
    if (letter.timeout_ms < DELETE_LEAST_MS)
        letter.timeout_ms = DELETE_LEAST_MS;
    letter_header(&letter, "Task-Id", seal.id);
    letter_header(&letter, "Task-Lease", recall->lease);
    letter_seal(&letter, &seal, recall->mem);
    recall->exchange = push_take_exchange(push);
    recall->exchange->on_over = on_over;
    recall->exchange->ctx = recall;
    target->host->recalls++;
    push->recalls++;
    exchange_begin(recall->exchange, &letter, target->is_https);
}

int64_t recalls_send(struct push *push, struct target *target)
{
    struct list_node *node;

    while ((node = list_first(&target->unsent)) != NULL) {
        struct recall *recall = CONTAINER_OF(node, struct recall, turn);

        if (push->recalls >= push->options.max || target->host->recalls >= push->options.per_host)
            return push_now_ms(push) + AGAIN_MS; /* others may hold the room */
        list_remove(&recall->turn);
        if (!recall->is_moot)
            send_delete(push, recall);
    }
    return INT64_MAX;
}

void recalls_hear(struct push *push, struct target *target, const struct heartbeat_cancel *cancel)
{
    struct sending *waits = sending_among(&target->waiting, cancel->lease);
    struct arena *mem;
    struct recall *recall;

    if (waits != NULL) { /* it never left */
        tasks_cancelled(push, target, cancel->lease);
        sending_end(push, waits);
        return;
    }
    if (recall_of(target, cancel->lease) != NULL)
        return;
    mem = arena_new();
    recall = arena_alloc(mem, sizeof(*recall));
    *recall = (struct recall){
        .target = target,
        .mem = mem,
        .lease = arena_bytes(mem, cancel->lease),
        .task = cancel->task,
        .ends_ms = push_now_ms(push) + cancel->grace_ms + LATE_MS,
    };
    list_push_back(&target->recalls, &recall->link);
    list_push_back(&target->unsent, &recall->turn);
}

void recalls_note_end(struct target *target, struct bytes lease, enum push_end end)
{
    struct recall *recall = recall_of(target, lease);

    if (recall != NULL && end != PUSH_END_ACCEPTED)
        recall->is_moot = true;
}

void recall_end(struct push *push, struct recall *recall)
{
    if (recall->exchange != NULL) {
        exchange_cut(recall->exchange);
        leave(push, recall);
    }
    list_remove(&recall->link);
    list_remove(&recall->turn);
    arena_free(recall->mem);
}

int64_t recalls_end_late(struct push *push, struct target *target)
{
    struct list_node *node = list_first(&target->recalls), *next;
    int64_t at_ms = INT64_MAX;

    for (; node != NULL; node = next) {
        struct recall *recall = CONTAINER_OF(node, struct recall, link);
        struct sending *sending;

        next = list_next(&target->recalls, node);
        if (push_now_ms(push) < recall->ends_ms) {
            at_ms = recall->ends_ms < at_ms ? recall->ends_ms : at_ms;
            continue;
        }
        sending = sending_among(&target->sent, recall->lease);
        if (sending != NULL) /* the engine has ended its lease */
            sending_end(push, sending);
        recall_end(push, recall);
    }
    return at_ms;
}
