/* Deliveries: the trade with webhooks: notifications that are due are taken, sent, and settled
 * together. */
#include "push_struct.h"
#include "sending.h"
#include "trade.h"
#include "turns.h"

#include <time.h>

enum { TIMEOUT_MS = 30000, SHORT_MS = 200 };

static struct delivery_outcome *add_outcome(struct target *target, int64_t number,
                                            enum delivery_end end)
{
    struct delivery_outcome *outcome = pile_add(&target->ended, sizeof(*outcome));

    *outcome = (struct delivery_outcome){.number = number, .end = end, .retry_after_ms = -1};
    return outcome;
}

static void take_one(struct push *push, struct target *target, struct parcel *parcel,
                     const struct delivery_view *delivery)
{
    struct sending *sending = sending_new(push, parcel, target, delivery->url);

    if (sending == NULL) {
        add_outcome(target, delivery->number, DELIVERY_FAILED)->error =
            bytes_of(push_failure_type(PUSH_DENIED));
        return;
    }
    sending->delivery = delivery;
    if (sending->has_no_room) {
        add_outcome(target, delivery->number, DELIVERY_PUT_OFF)->retry_after_ms =
            host_turn_away(sending->host);
        sending_end(push, sending);
    }
}

static void take(struct push *push, struct target *target, struct errand *errand)
{
    const struct reply *reply = &errand->command.reply;
    struct parcel *parcel = parcel_new(errand->command.mem);

    parcel->sendings++; /* not before all are there */
    for (unsigned i = 0; !target->is_dropped && i < reply->deliveries_len; i++)
        take_one(push, target, parcel, &reply->deliveries[i]);
    parcel->sendings--;
    parcel_close(parcel);
}

static void on_taken(struct push *push, struct errand *errand)
{
    struct target *target = errand->target;
    const struct reply *reply = &errand->command.reply;
    int64_t now_ms = push_now_ms(push);

    target->ask = NULL;
    if (reply->error.code == ERR_NOT_FOUND)
        target_drop(push, target);
    else if (reply->error.code != OK)
        target->ask_from_ms = now_ms + ERRAND_AGAIN_MS;
    else if (reply->deliveries_len == 0 && now_ms - errand->posted_ms < SHORT_MS)
        target->ask_from_ms = now_ms + SHORT_MS;
    take(push, target, errand);
    turns_mark(push, target);
}

static void ask(struct push *push, struct target *target, unsigned max)
{
    target->ask = errand_new(NULL, COMMAND_TAKE_DELIVERIES, on_taken);
    target->ask->command.wait_ms = ERRAND_FOREVER_MS;
    target->ask->command.in.deliveries =
        (struct deliveries_ask){.webhook = target->webhook, .max = max};
    errand_about(target->ask, target);
    errand_post(push, target->ask);
}

/* Those that end meanwhile come behind. */
static void keep(struct push *push, struct target *target, const struct deliveries_done *done)
{
    for (unsigned i = 0; i < done->outcomes_len; i++) {
        struct delivery_outcome *outcome = pile_add(&target->ended, sizeof(*outcome));

        *outcome = done->outcomes[i];
        outcome->error = arena_bytes(target->ended.mem, outcome->error);
    }
    target->report_from_ms = push_now_ms(push) + ERRAND_AGAIN_MS;
}

/* What the engine could not take, since the disk is full, is out until it hears of it. */
static void on_settled(struct push *push, struct errand *errand)
{
    struct target *target = errand->target;

    target->report = NULL;
    if (errand->command.reply.error.code == ERR_NOT_FOUND)
        target_drop(push, target);
    else if (errand_has_to_be_repeated(errand))
        keep(push, target, &errand->command.in.delivered);
    turns_mark(push, target);
    arena_free(errand->command.mem);
}

static void report(struct push *push, struct target *target)
{
    struct pile ended = pile_take(&target->ended);

    target->report = errand_new(ended.mem, COMMAND_SETTLE_DELIVERIES, on_settled);
    target->report->command.in.delivered = (struct deliveries_done){
        .webhook = target->webhook, .outcomes = ended.at, .outcomes_len = ended.len};
    errand_about(target->report, target);
    errand_post(push, target->report);
}

static void write_delivery(struct push *push, struct sending *sending, struct letter *letter,
                           struct arena *mem)
{
    struct seal seal = {.keys = sending->delivery->keys,
                        .keys_len = sending->delivery->keys_len,
                        .id = sending->delivery->id,
                        .at_s = (int64_t)time(NULL)};

    (void)push;
    letter->body = sending->delivery->body;
    letter->timeout_ms = TIMEOUT_MS;
    letter_header(letter, "Content-Type", BYTES("application/json"));
    letter_seal(letter, &seal, mem);
}

static enum delivery_end end_of(enum push_end end)
{
    switch (end) {
    case PUSH_END_DONE:
    case PUSH_END_ACCEPTED:
        return DELIVERY_DONE;
    case PUSH_END_RETURNED:
        return DELIVERY_PUT_OFF;
    case PUSH_END_FAILED:
    case PUSH_END_PERMANENT:
    case PUSH_END_GONE:
        break;
    }
    return DELIVERY_FAILED;
}

static void settle(struct push *push, struct sending *sending, const struct exchange *exchange,
                   const struct push_answer *answer, enum push_end end)
{
    struct target *target = sending->target;
    struct delivery_outcome *outcome = add_outcome(target, sending->delivery->number, end_of(end));

    outcome->status = answer->status;
    outcome->retry_after_ms = answer->retry_after_ms;
    outcome->took_ms = push_now_ms(push) - (int64_t)exchange->began_ms;
    if (outcome->end != DELIVERY_DONE)
        outcome->error = arena_bytes(target->ended.mem, bytes_of(target->error));
}

static void give_back(struct push *push, struct sending *sending)
{
    (void)push;
    (void)add_outcome(sending->target, sending->delivery->number, DELIVERY_PUT_OFF);
}

const struct trade trade_deliveries = {
    .name = "webhook",
    .ask = ask,
    .report = report,
    .write = write_delivery,
    .settle = settle,
    .give_back = give_back,
};
