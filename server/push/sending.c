/* Sending: from the parcel to the endpoint and back. */
#include "sending.h"

#include "health.h"
#include "push_struct.h"
#include "trade.h"
#include "turns.h"

#include <string.h>

/* ---- parcels ---- */

struct parcel *parcel_new(struct arena *mem)
{
    struct parcel *parcel = arena_alloc(mem, sizeof(*parcel));

    parcel->mem = mem;
    return parcel;
}

void parcel_close(struct parcel *parcel)
{
    if (parcel->sendings == 0)
        arena_free(parcel->mem);
}

/* ---- sendings ---- */

static bool set_url(struct push *push, struct sending *sending, struct bytes url)
{
    struct push_url read;
    struct error error;

    if (push_url_read(url, push->options.policy, &read, &error) != OK)
        return false;
    sending->host = host_hold(&push->hosts, &read);
    sending->is_https = read.is_https;
    sending->url = arena_string(sending->parcel->mem, url);
    sending->is_guest = true;
    sending->has_no_room = !host_takes_guest(sending->host);
    sending->host->guests++;
    return true;
}

struct sending *sending_new(struct push *push, struct parcel *parcel, struct target *target,
                            struct bytes url)
{
    struct sending *sending = arena_alloc(parcel->mem, sizeof(*sending));

    sending->parcel = parcel;
    sending->target = target;
    sending->came_ms = push_now_ms(push);
    if (url.at != NULL) {
        if (!set_url(push, sending, url))
            return NULL;
    } else {
        sending->host = target->host;
        sending->host->users++;
        sending->is_https = target->is_https;
        sending->url = arena_string(parcel->mem, bytes_of(target->url));
    }
    parcel->sendings++;
    list_push_back(&target->waiting, &sending->link);
    target->waiting_len++;
    return sending;
}

/* It is under way no more. */
static void leave(struct push *push, struct sending *sending)
{
    push_return_exchange(push, sending->exchange);
    sending->exchange = NULL;
    sending->host->in_flight--;
    push->in_flight--;
    turns_freed(push, sending->host);
}

void sending_end(struct push *push, struct sending *sending)
{
    struct target *target = sending->target;

    if (sending->exchange != NULL) {
        exchange_cut(sending->exchange);
        pace_drop(&target->pace, sending->number);
        leave(push, sending);
    } else if (!sending->is_over) {
        target->waiting_len--;
    }
    list_remove(&sending->link);
    if (sending->is_guest)
        sending->host->guests--;
    host_let_go(&push->hosts, sending->host);
    turns_mark(push, target);
    if (--sending->parcel->sendings == 0)
        arena_free(sending->parcel->mem);
}

static double chance(const struct push *push)
{
    return (double)(random_u64(&push->options.random) >> 11) * 0x1p-53;
}

/* What a guest's host is like says nothing of the others': the target goes on at full speed, and
 * the host is judged by itself. */
static struct pace_result judge_guest(struct push *push, struct sending *sending,
                                      enum pace_word word)
{
    host_judge(&push->hosts, sending->host, word != PACE_GOOD && word != PACE_REFUSED);
    return (struct pace_result){.word = PACE_GOOD, .retry_after_ms = -1};
}

static void on_over(void *ctx, struct exchange *exchange, const struct push_answer *answer,
                    int64_t took_ms)
{
    struct sending *sending = ctx;
    struct target *target = sending->target;
    struct push *push = exchange->terms->push;
    struct push_verdict verdict = push_judge(answer);
    bool is_of_target = target->url != NULL && strcmp(sending->url, target->url) == 0;
    struct pace_result result = {.word = verdict.word,
                                 .took_ms = took_ms,
                                 .retry_after_ms = answer->retry_after_ms,
                                 .chance = chance(push)};

    if (sending->is_guest)
        result = judge_guest(push, sending, verdict.word);
    else if (!is_of_target) /* what was before says nothing of what is */
        result.word = PACE_REFUSED;
    pace_end(&target->pace, sending->number, &result, push_time(push).mono_ms);
    if (verdict.end != PUSH_END_DONE && verdict.end != PUSH_END_ACCEPTED)
        health_failed(target, answer);
    if (verdict.end == PUSH_END_GONE && is_of_target) /* at once, as the engine will say */
        target->is_gone = target->is_out = true;
    health_count(push, target, verdict.end, took_ms);
    target->trade->settle(push, sending, exchange, answer, verdict.end);
    sending->is_over = true;
    leave(push, sending);
    sending_end(push, sending);
}

void sending_send(struct push *push, struct sending *sending)
{
    struct target *target = sending->target;
    struct letter letter = {.url = sending->url};

    target->trade->write(push, sending, &letter, sending->parcel->mem);
    list_remove(&sending->link);
    target->waiting_len--;
    list_push_back(&target->sent, &sending->link);
    sending->number = pace_begin(&target->pace, push_time(push).mono_ms);
    sending->host->in_flight++;
    push->in_flight++;
    sending->exchange = push_take_exchange(push);
    sending->exchange->on_over = on_over;
    sending->exchange->ctx = sending;
    exchange_begin(sending->exchange, &letter, sending->is_https);
}
