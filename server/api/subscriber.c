/* Subscriber: first a page of the log, for nobody knows at first whether the ring reaches back to
 * where it wants to go on; then the ring, and pages again whenever it fell behind that. */
#include "subscriber.h"

#include "access.h"
#include "base/assert.h"
#include "call.h"

#include <inttypes.h>
#include <string.h>

/* So that whoever was cut off comes back soon, but not all at once. */
#define GREETING "retry: 2000\n"
#define GOODBYE  "event: bye\ndata: {}\n\n"
#define PING     ": ping\n\n"

void subscriber_init(struct subscriber *subscriber, struct subscribers *all,
                     struct request *request, const struct subscription *wants)
{
    subscriber->all = all;
    subscriber->request = request;
    subscriber->by = access_caller(request);
    subscriber->wants = *wants;
    subscriber->cursor = wants->after;
    buffer_init(&subscriber->text, SIZE_MAX);
    key_hold(key_of(subscriber->by));
}

static void drop_page(struct subscriber *subscriber)
{
    if (subscriber->page != NULL)
        arena_free(subscriber->page->mem);
    subscriber->page = NULL;
    subscriber->page_at = 0;
}

void subscriber_fini(struct subscriber *subscriber)
{
    drop_page(subscriber);
    buffer_fini(&subscriber->text);
    key_let_go(key_of(subscriber->by));
}

bool subscriber_wants(const struct subscriber *subscriber, const struct event *event)
{
    const struct subscription *wants = &subscriber->wants;

    return (id_is_nil(wants->task) || id_equal(wants->task, event->task)) &&
           event_is_shown(event, wants->ns, &subscriber->by->grant) &&
           event_matches(&wants->filter, event);
}

/* ---- pages ---- */

/* Who begins before all takes what is kept, and has lost nothing by the rest being gone. */
static bool begins_before_all(const struct subscriber *subscriber)
{
    return !subscriber->has_greeted && subscriber->cursor == 0;
}

/* Does the log not reach back to where it wants to go on, or not yet? */
static bool is_out_of_reach(const struct subscriber *subscriber, const struct reply *reply)
{
    int64_t cursor = subscriber->cursor;

    return cursor >= 0 && !begins_before_all(subscriber) &&
           (cursor < reply->events_first - 1 || cursor > reply->events_last);
}

/* An error ends the stream: the client comes back, and goes on where it was. */
void subscriber_take_page(struct subscriber *subscriber, struct command *page)
{
    struct reply *reply = &page->reply;

    subscriber->page = page;
    subscriber->standing = STANDS_ON_PAGE;
    if (reply->error.code != OK) {
        subscriber->is_ended = true;
    } else if (is_out_of_reach(subscriber, reply)) {
        metrics_add(subscriber->all->api->metrics, METRIC_EVENT_RESETS, NULL, 1);
        subscriber->has_lost = true;
        reply->events_len = 0;
        reply->list_end = reply->events_last;
        reply->has_more = false;
    }
}

bool subscriber_has_more(const struct subscriber *subscriber)
{
    const struct reply *reply = &subscriber->page->reply;

    return !subscriber->wants.ends_with_it || !reply->task_is_over || subscriber->has_lost ||
           reply->events_len > 0 || reply->has_more;
}

/* All of it was sent. */
static void leave_page(struct subscriber *subscriber)
{
    const struct reply *reply = &subscriber->page->reply;
    bool has_more = reply->has_more;

    subscriber->cursor = reply->list_end;
    if (!has_more && subscriber->wants.ends_with_it && reply->task_is_over)
        subscriber->is_ended = true;
    drop_page(subscriber);
    subscriber->standing = STANDS_IN_RING;
    if (has_more)
        subscriber->all->behind(subscriber->all, subscriber);
}

void subscriber_skip_page(struct subscriber *subscriber)
{
    leave_page(subscriber);
}

/* ---- what comes next ---- */

static void passed(struct subscriber *subscriber, const struct event *event)
{
    subscriber->cursor = event->number;
    if (subscriber->wants.ends_with_it && event_is_end(event->kind))
        subscriber->is_ended = true;
}

static bool write_from_page(struct subscriber *subscriber)
{
    const struct reply *reply = &subscriber->page->reply;
    const struct event *event;

    if (subscriber->has_lost) {
        subscriber->has_lost = false;
        buffer_printf(&subscriber->text,
                      "id: %" PRId64 "\nevent: reset\ndata: {\"first\":\"%" PRId64
                      "\",\"last\":\"%" PRId64 "\"}\n\n",
                      reply->events_last, reply->events_first, reply->events_last);
        return true;
    }
    if (subscriber->page_at == reply->events_len) {
        leave_page(subscriber);
        return false;
    }
    event = &reply->events[subscriber->page_at++];
    ring_write_text(&subscriber->text, event);
    passed(subscriber, event);
    return true;
}

static bool write_from_ring(struct subscriber *subscriber)
{
    struct ring *ring = subscriber->all->ring;
    int64_t last = ring_last(ring), number = subscriber->cursor + 1;

    if (subscriber->cursor < last && subscriber->cursor < ring_after(ring)) {
        subscriber->all->behind(subscriber->all, subscriber);
        return false;
    }
    while (number <= last && !subscriber_wants(subscriber, ring_event(ring, number)))
        number++;
    if (number <= last) {
        buffer_append(&subscriber->text, ring_text(ring, number));
        passed(subscriber, ring_event(ring, number));
        return true;
    }
    if (subscriber->cursor < last)
        subscriber->cursor = last;
    subscriber->standing = STANDS_AT_END;
    return false;
}

/* Whoever lost the right to see is told no more; after the engine has closed its clock is gone. */
static bool may_see(const struct subscriber *subscriber)
{
    const struct subscribers *all = subscriber->all;

    return all->is_closed ? key_is_live(subscriber->by) : access_is_valid(all->api, subscriber->by);
}

static bool write_goodbye(struct subscriber *subscriber)
{
    subscriber->is_over = true;
    buffer_append_text(&subscriber->text, GOODBYE);
    return true;
}

/* With the place where it begins, so that whoever is cut off before the first event has lost none.
 */
static void write_greeting(struct subscriber *subscriber)
{
    const struct command *page = subscriber->page;

    subscriber->has_greeted = true;
    buffer_append_text(&subscriber->text, GREETING);
    if (subscriber->cursor < 0 && page != NULL && page->reply.error.code == OK)
        buffer_printf(&subscriber->text, "id: %" PRId64 "\n", page->reply.list_end);
    buffer_append_text(&subscriber->text, "\n");
}

/* False: there is nothing to send now. */
static bool write_next(struct subscriber *subscriber)
{
    if (!subscriber->has_greeted) {
        write_greeting(subscriber);
        return true;
    }
    if (subscriber->is_over)
        return false;
    if (subscriber->is_ended || !may_see(subscriber))
        return write_goodbye(subscriber);
    if (subscriber->standing == STANDS_ON_PAGE && write_from_page(subscriber))
        return true;
    if (subscriber->is_ended)
        return write_goodbye(subscriber);
    if (subscriber->standing == STANDS_IN_RING && write_from_ring(subscriber))
        return true;
    return subscriber->all->is_closed && write_goodbye(subscriber);
}

/* ---- sending ---- */

static size_t send_text(struct subscriber *subscriber, char *at, size_t max)
{
    size_t len = subscriber->text.len - subscriber->text_at;

    if (len > max)
        len = max;
    memcpy(at, subscriber->text.at + subscriber->text_at, len);
    subscriber->text_at += len;
    return len;
}

size_t subscriber_pull(struct request *request, char *at, size_t max, bool is_quiet)
{
    struct subscriber *subscriber = request_state(request);
    struct buffer *text = &subscriber->text;
    size_t len = 0;

    for (;;) {
        if (subscriber->text_at < text->len)
            len += send_text(subscriber, at + len, max - len);
        if (len == max)
            return len;
        buffer_clear(text);
        subscriber->text_at = 0;
        if (write_next(subscriber))
            continue;
        if (len > 0)
            return len;
        if (subscriber->is_over)
            return FLOW_END;
        if (!is_quiet)
            break;
        buffer_append_text(text, PING);
        is_quiet = false;
    }
    /* Nothing is kept for who waits. */
    buffer_fini(text);
    buffer_init(text, SIZE_MAX);
    return 0;
}

void subscriber_go_on(struct subscriber *subscriber, int64_t number)
{
    ASSERT(subscriber->standing == STANDS_AT_END);
    if (subscriber->cursor < number - 1)
        subscriber->cursor = number - 1;
    subscriber->standing = STANDS_IN_RING;
    request_flow_on(subscriber->request);
}
