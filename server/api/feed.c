/* Feed: packs go into the ring and wake those who want something of them; the others sleep on.
 * Subscribers of one task are found by its id, so that ten thousand of them cost nothing when
 * another task moves. Whoever is behind the ring waits in line for a page of the log. */
#include "feed.h"

#include "access.h"
#include "base/map.h"
#include "base/memory.h"
#include "call.h"

#include <stdlib.h>

enum { PAGES_MAX = 4, QUIET_MS = 15000 };

struct feed {
    struct subscribers all; /* first: what they have in common */
    struct list broad;      /* those without a topic */
    struct map *topics;     /* by the task's id */
    struct list turns;      /* who wants a page, first come first */
    unsigned pages;         /* under way */
    size_t len;
};

/* Those who want to know of one task. */
struct topic {
    struct id id;
    struct list subscribers;
};

static struct bytes key_bytes(const struct id *id)
{
    return (struct bytes){(const char *)id->at, sizeof(id->at)};
}

static struct feed *feed_of(struct subscribers *all)
{
    return CONTAINER_OF(all, struct feed, all);
}

/* ---- pages ---- */

static void free_subscriber(struct subscriber *subscriber)
{
    subscriber_fini(subscriber);
    free(subscriber);
}

static void post_pages(struct feed *feed);

static void note_dropped(struct request *request)
{
    const struct subscriber *subscriber = request_state(request);

    metrics_add(subscriber->all->api->metrics, METRIC_EVENT_STREAMS_DROPPED, NULL, 1);
}

static const struct request_flow FLOW = {
    .pull = subscriber_pull, .dropped = note_dropped, .quiet_ms = QUIET_MS};

static void answer_head(struct request *request)
{
    request_add_header(request, "X-Accel-Buffering", BYTES("no"));
    (void)request_answer_flow(request, 200, "text/event-stream", &FLOW);
}

/* The first page decides how the request is answered. */
static void begin(struct subscriber *subscriber)
{
    const struct reply *reply = &subscriber->page->reply;

    if (reply->error.code != OK) {
        request_refuse(subscriber->request, &reply->error);
    } else if (!subscriber_has_more(subscriber)) {
        request_answer(subscriber->request, 204, NULL, NULL);
    } else if (subscriber->wants.ends_with_it && reply->events_len == 0 && reply->has_more) {
        /* Nothing so far: whether there is anything is not known yet. */
        subscriber_skip_page(subscriber);
    } else {
        subscriber->has_head = true;
        answer_head(subscriber->request);
    }
}

static void on_page(struct command *command)
{
    struct subscriber *subscriber = command->caller.ctx;
    struct feed *feed = feed_of(subscriber->all);

    feed->pages--;
    subscriber->is_under_way = false;
    if (subscriber->request == NULL) {
        arena_free(command->mem);
        free_subscriber(subscriber);
    } else {
        subscriber_take_page(subscriber, command);
        if (subscriber->has_head)
            request_flow_on(subscriber->request);
        else
            begin(subscriber);
    }
    post_pages(feed);
}

static bool is_alive(const struct caller *caller)
{
    (void)caller;
    return true;
}

static void post_page(struct feed *feed, struct subscriber *subscriber)
{
    const struct subscription *wants = &subscriber->wants;
    struct arena *mem = arena_new();
    struct command *command = arena_alloc(mem, sizeof(*command));

    *command = (struct command){
        .kind = COMMAND_LIST_EVENTS,
        .mem = mem,
        .ns = arena_bytes(mem, wants->ns),
        .by = subscriber->by,
        .caller = {.ctx = subscriber, .done = on_page, .is_alive = is_alive},
        .in.events = {.after = subscriber->cursor,
                      .filter = {.types = arena_bytes(mem, wants->filter.types),
                                 .queues = arena_bytes(mem, wants->filter.queues),
                                 .tasks = arena_bytes(mem, wants->filter.tasks)},
                      .task = wants->task,
                      .limit = SUBSCRIBER_PAGE},
    };
    subscriber->is_under_way = true;
    feed->pages++;
    metrics_add(feed->all.api->metrics, METRIC_EVENT_PAGES, NULL, 1);
    engine_post(feed->all.api->engine, command);
}

static void post_pages(struct feed *feed)
{
    struct list_node *node;

    while (!feed->all.is_closed && feed->pages < PAGES_MAX &&
           (node = list_pop_front(&feed->turns)) != NULL)
        post_page(feed, CONTAINER_OF(node, struct subscriber, turn));
}

static void behind(struct subscribers *all, struct subscriber *subscriber)
{
    struct feed *feed = feed_of(all);

    subscriber->standing = STANDS_BEHIND;
    list_push_back(&feed->turns, &subscriber->turn);
    post_pages(feed);
}

/* ---- who listens ---- */

static struct topic *take_topic(struct feed *feed, struct id id)
{
    struct topic *topic = map_get(feed->topics, key_bytes(&id));

    if (topic != NULL)
        return topic;
    topic = mem_alloc(sizeof(*topic));
    topic->id = id;
    list_init(&topic->subscribers);
    (void)map_put(feed->topics, key_bytes(&topic->id), topic);
    return topic;
}

static void leave_topic(struct feed *feed, struct topic *topic)
{
    if (topic == NULL || !list_is_empty(&topic->subscribers))
        return;
    (void)map_remove(feed->topics, key_bytes(&topic->id));
    free(topic);
}

static void enter(struct feed *feed, struct subscriber *subscriber)
{
    if (!id_is_nil(subscriber->wants.task))
        subscriber->topic = take_topic(feed, subscriber->wants.task);
    list_push_back(subscriber->topic != NULL ? &subscriber->topic->subscribers : &feed->broad,
                   &subscriber->link);
    if (key_of(subscriber->by) != NULL)
        key_park(key_of(subscriber->by));
    /* Before the first page is read: what is committed later than that is handed over. */
    if (feed->len++ == 0)
        engine_listen(feed->all.api->engine, true);
}

/* The request has ended. */
static void leave(void *state)
{
    struct subscriber *subscriber = state;
    struct feed *feed = feed_of(subscriber->all);

    subscriber->request = NULL;
    list_remove(&subscriber->turn);
    list_remove(&subscriber->link);
    leave_topic(feed, subscriber->topic);
    if (key_of(subscriber->by) != NULL)
        key_unpark(key_of(subscriber->by));
    if (--feed->len == 0 && !feed->all.is_closed) {
        engine_listen(feed->all.api->engine, false);
        ring_clear(feed->all.ring);
    }
    if (!subscriber->is_under_way)
        free_subscriber(subscriber);
}

/* A stream is a request that waits. */
static bool may_enter(struct feed *feed, struct request *request)
{
    const struct key_facts *key = key_of(access_caller(request));
    unsigned max = feed->all.api->parked_per_token;
    struct error error;

    if (key == NULL || max == 0 || key_parked(key) < max)
        return true;
    (void)error_set(&error, ERR_RATE_LIMITED, "",
                    "%u requests with this token wait already, which is as many as may", max);
    request_refuse(request, &error);
    return false;
}

void feed_subscribe(struct feed *feed, struct request *request, const struct subscription *wants,
                    bool is_parked)
{
    struct subscriber *subscriber;

    if (bytes_is(request_method(request), "HEAD")) {
        answer_head(request);
        return;
    }
    if (!may_enter(feed, request) || (!is_parked && !request_park(request, false)))
        return;
    subscriber = mem_alloc(sizeof(*subscriber));
    subscriber_init(subscriber, &feed->all, request, wants);
    request_set_state(request, subscriber, leave);
    enter(feed, subscriber);
    behind(&feed->all, subscriber);
}

/* ---- what happens ---- */

/* The log has what the ring has not; whoever was at the end stood at `last` at least. */
static void wake_all(struct list *list, int64_t last)
{
    for (struct list_node *node = list_first(list); node != NULL; node = list_next(list, node)) {
        struct subscriber *subscriber = CONTAINER_OF(node, struct subscriber, link);

        if (subscriber->standing == STANDS_AT_END)
            subscriber_go_on(subscriber, last + 1);
    }
}

static void wake_everybody(struct feed *feed, int64_t last)
{
    struct topic *topic;

    wake_all(&feed->broad, last);
    for (size_t at = 0; (topic = map_each(feed->topics, &at)) != NULL;)
        wake_all(&topic->subscribers, last);
}

static void offer(struct subscriber *subscriber, const struct event *event)
{
    if (subscriber->standing == STANDS_AT_END && event->number > subscriber->cursor &&
        subscriber_wants(subscriber, event))
        subscriber_go_on(subscriber, event->number);
}

static void offer_topic(const struct feed *feed, const struct event *event)
{
    struct topic *topic =
        id_is_nil(event->task) ? NULL : map_get(feed->topics, key_bytes(&event->task));

    if (topic == NULL)
        return;
    for (struct list_node *node = list_first(&topic->subscribers); node != NULL;
         node = list_next(&topic->subscribers, node))
        offer(CONTAINER_OF(node, struct subscriber, link), event);
}

static void offer_broad(struct feed *feed, int64_t after, int64_t last)
{
    for (struct list_node *node = list_first(&feed->broad); node != NULL;
         node = list_next(&feed->broad, node)) {
        struct subscriber *subscriber = CONTAINER_OF(node, struct subscriber, link);

        for (int64_t n = after + 1; n <= last && subscriber->standing == STANDS_AT_END; n++)
            offer(subscriber, ring_event(feed->all.ring, n));
    }
}

void feed_take(struct feed *feed, struct event_pack *pack)
{
    struct ring *ring = feed->all.ring;
    int64_t before = ring_last(ring), after = pack->after, last = pack->last;

    if (feed->len == 0) {
        event_pack_free(pack);
        return;
    }
    if (!ring_take(ring, pack)) {
        wake_everybody(feed, before);
        return;
    }
    if (map_len(feed->topics) > 0)
        for (int64_t n = after + 1; n <= last; n++)
            offer_topic(feed, ring_event(ring, n));
    offer_broad(feed, after, last);
}

/* ---- opening and closing ---- */

struct feed *feed_new(struct api *api)
{
    struct feed *feed = mem_alloc(sizeof(*feed));

    feed->all = (struct subscribers){.api = api, .ring = ring_new(), .behind = behind};
    list_init(&feed->broad);
    list_init(&feed->turns);
    feed->topics = map_new();
    return feed;
}

void feed_free(struct feed *feed)
{
    if (feed == NULL)
        return;
    map_free(feed->topics);
    ring_free(feed->all.ring);
    free(feed);
}

void feed_close(struct feed *feed)
{
    if (feed != NULL)
        feed->all.is_closed = true;
}
