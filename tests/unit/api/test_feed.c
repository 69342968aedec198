/* Feed: who listens is woken by what concerns it, and by nothing else; pages come a few at a time.
 */
#include "feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "pack.h"

static struct feed *feed;

static int setup(void **state)
{
    *state = fake_begin();
    fake_api()->metrics = metrics_new();
    feed = fake_api()->feed = feed_new(fake_api());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_end();
    feed_free(feed);
    metrics_free(fake_api()->metrics);
    return 0;
}

static struct subscription everything(void)
{
    return (struct subscription){.ns = BYTES("default"), .after = -1};
}

/* It asks for a page first; the log ends at `last`. */
static void begin(struct request *request, const struct subscription *wants, int64_t last)
{
    char text[256];

    feed_subscribe(feed, request, wants, false);
    assert_true(request->is_parked);
    assert_int_equal(fake_command()->kind, COMMAND_LIST_EVENTS);
    assert_int_equal(fake_command()->in.events.after, wants->after);
    fake_command()->reply.events_last = fake_command()->reply.list_end = last;
    fake_reply();
    if (request->flow != NULL)
        while (subscriber_pull(request, text, sizeof(text), false) > 0)
            continue;
}

static void the_engine_is_listened_to_as_long_as_somebody_is_there(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;

    assert_false(fake_engine()->is_heard);
    feed_subscribe(feed, request, &wants, false);
    assert_true(fake_engine()->is_heard); /* before the page is read */
    fake_reply();
    assert_non_null(request->flow);
    assert_true(fake_answered_with(200, ""));
    assert_string_equal(request->type, "text/event-stream");
    assert_true(fake_has_header("X-Accel-Buffering: no"));
    request->release(request->state);
    request->release = NULL;
    assert_false(fake_engine()->is_heard);
}

static void what_concerns_it_wakes_it(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;

    wants.filter.queues = BYTES("q");
    begin(request, &wants, 0);
    feed_take(feed, pack_make(0, 1, 0)); /* the ring begins: all look once */
    assert_int_equal(request->woken, 1);
}

static void what_does_not_leaves_it_asleep(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;
    char text[256];

    wants.filter.queues = BYTES("other");
    begin(request, &wants, 0);
    feed_take(feed, pack_make(0, 1, 0));
    assert_int_equal(subscriber_pull(request, text, sizeof(text), false), 0);
    request->woken = 0;
    feed_take(feed, pack_make(1, 100, 0));
    assert_int_equal(request->woken, 0);
    /* Others' events beyond the ring's bound do not make it fall behind. */
    for (int64_t after = 101; after < 40000; after += 1000)
        feed_take(feed, pack_make(after, 1000, 0));
    assert_int_equal(request->woken, 0);
    feed_take(feed, pack_make(50000, 0, 5)); /* but this may have been for it */
    assert_int_equal(request->woken, 1);
    assert_int_equal(fake_engine()->posted_len, 1);
    assert_int_equal(subscriber_pull(request, text, sizeof(text), false), 0);
    assert_int_equal(fake_engine()->posted_len, 2);
    assert_in_range(fake_command()->in.events.after, 39101, 41101);
    fake_reply();
}

static void a_task_is_found_by_its_id(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;
    char text[256];

    wants.task = pack_id(5);
    begin(request, &wants, 0);
    feed_take(feed, pack_make(0, 1, 0));
    (void)subscriber_pull(request, text, sizeof(text), false);
    request->woken = 0;
    feed_take(feed, pack_make(1, 3, 0)); /* 2 3 4 */
    assert_int_equal(request->woken, 0);
    feed_take(feed, pack_make(4, 1, 0));
    assert_int_equal(request->woken, 1);
}

static void who_goes_while_a_page_is_read_is_forgotten_when_it_comes(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;

    feed_subscribe(feed, request, &wants, false);
    request->release(request->state);
    request->release = NULL;
    fake_reply();
    assert_int_equal(request->answers, 0);
}

static void a_task_that_is_over_is_no_content(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;

    wants.task = pack_id(5);
    wants.ends_with_it = true;
    feed_subscribe(feed, request, &wants, true);
    fake_command()->reply.task_is_over = true;
    fake_reply();
    assert_true(fake_answered_with(204, ""));
    assert_null(request->flow);
}

static void it_looks_on_until_it_knows_whether_anything_is_left(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;

    wants.task = pack_id(5);
    wants.ends_with_it = true;
    wants.after = 0;
    feed_subscribe(feed, request, &wants, true);
    fake_command()->reply.task_is_over = fake_command()->reply.has_more = true;
    fake_command()->reply.events_last = 9000;
    fake_command()->reply.list_end = 5000;
    fake_reply();
    assert_int_equal(request->answers, 0);
    assert_int_equal(fake_command()->in.events.after, 5000);
    fake_command()->reply.task_is_over = true;
    fake_command()->reply.events_last = fake_command()->reply.list_end = 9000;
    fake_reply();
    assert_true(fake_answered_with(204, ""));
}

static void a_store_that_fails_is_said(void **state)
{
    struct subscription wants = everything();

    feed_subscribe(feed, *state, &wants, false);
    (void)error_set(&fake_command()->reply.error, ERR_STORE_UNAVAILABLE, "", "no");
    fake_reply();
    assert_true(fake_answered_with(503, "store_unavailable"));
}

static void a_head_listens_to_nothing(void **state)
{
    struct subscription wants = everything();
    struct request *request = *state;

    request->method = "HEAD";
    feed_subscribe(feed, request, &wants, false);
    assert_int_equal(fake_engine()->posted_len, 0);
    assert_non_null(request->flow);
    request->release = NULL;
}

#define WITH_FEED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_FEED(the_engine_is_listened_to_as_long_as_somebody_is_there),
        WITH_FEED(what_concerns_it_wakes_it),
        WITH_FEED(what_does_not_leaves_it_asleep),
        WITH_FEED(a_task_is_found_by_its_id),
        WITH_FEED(who_goes_while_a_page_is_read_is_forgotten_when_it_comes),
        WITH_FEED(a_task_that_is_over_is_no_content),
        WITH_FEED(it_looks_on_until_it_knows_whether_anything_is_left),
        WITH_FEED(a_store_that_fails_is_said),
        WITH_FEED(a_head_listens_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
