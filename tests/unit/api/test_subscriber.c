/* Subscriber: pages and ring make one stream without gap or repetition; what does not fit waits. */
#include "subscriber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "pack.h"

static struct subscribers all;
static struct subscriber one;
static unsigned wanted_pages;

static void behind(struct subscribers *of, struct subscriber *subscriber)
{
    (void)of;
    wanted_pages++;
    subscriber->standing = STANDS_BEHIND;
}

static int setup(void **state)
{
    struct subscription wants = {.ns = BYTES("default"), .after = -1};
    struct request *request = fake_begin();

    (void)state;
    fake_api()->metrics = metrics_new();
    all = (struct subscribers){.api = fake_api(), .ring = ring_new(), .behind = behind};
    one = (struct subscriber){.page_at = 0};
    wanted_pages = 0;
    subscriber_init(&one, &all, request, &wants);
    request_set_state(request, &one, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    subscriber_fini(&one);
    ring_free(all.ring);
    metrics_free(fake_api()->metrics);
    fake_end();
    return 0;
}

static char pulled[65536];

/* All there is, so much at a time. */
static const char *pull_all(size_t max)
{
    size_t len = 0, more;

    while ((more = subscriber_pull(one.request, pulled + len, max, false)) > 0 && more != FLOW_END)
        len += more;
    pulled[len] = '\0';
    return pulled;
}

static int number_at(const char *text)
{
    int number = 0;

    while (*text >= '0' && *text <= '9')
        number = number * 10 + (*text++ - '0');
    return number;
}

/* The ids in what was pulled, as "1 2 3 ". */
static const char *ids(const char *text)
{
    static char found[512];
    size_t len = 0;

    found[0] = '\0';
    while ((text = strstr(text, "id: ")) != NULL) {
        text += 4;
        len += (size_t)snprintf(found + len, sizeof(found) - len, "%d ", number_at(text));
    }
    return found;
}

/* A page of events behind the cursor, out of a log that keeps first to last. */
static void give_page(unsigned count, int64_t first, int64_t last, bool has_more)
{
    struct arena *mem = arena_new();
    struct command *page = arena_alloc(mem, sizeof(*page));
    int64_t after = one.cursor >= 0 ? one.cursor : last;

    if (count > 0 && after < first - 1)
        after = first - 1;
    page->mem = mem;
    page->reply = (struct reply){
        .events = arena_alloc(mem, (count + 1) * sizeof(struct event)),
        .events_len = count,
        .events_first = first,
        .events_last = last,
        .list_end = has_more ? after + count : last,
        .has_more = has_more,
    };
    for (unsigned i = 0; i < count; i++)
        page->reply.events[i] = (struct event){.number = after + 1 + i,
                                               .kind = EVENT_TASK_SUBMITTED,
                                               .ns = BYTES("default"),
                                               .task = pack_id(1)};
    subscriber_take_page(&one, page);
}

static void from_now_on_it_is_quiet_until_something_comes(void **state)
{
    (void)state;
    give_page(0, 1, 7, false);
    assert_string_equal(pull_all(1000), "retry: 2000\nid: 7\n\n");
    assert_int_equal(one.standing, STANDS_AT_END);
    (void)ring_take(all.ring, pack_make(7, 2, 0));
    subscriber_go_on(&one, 8);
    assert_int_equal(one.request->woken, 1);
    assert_string_equal(ids(pull_all(1000)), "8 9 ");
    assert_string_equal(pull_all(1000), "");
}

static void a_quiet_one_says_a_comment(void **state)
{
    char text[64];

    (void)state;
    give_page(0, 1, 7, false);
    (void)pull_all(1000);
    assert_int_equal(subscriber_pull(one.request, text, sizeof(text), true), 8);
    assert_memory_equal(text, ": ping\n\n", 8);
    assert_int_equal(subscriber_pull(one.request, text, sizeof(text), false), 0);
}

static void pages_then_ring_are_one_stream(void **state)
{
    (void)state;
    one.cursor = 2;
    give_page(3, 1, 10, true); /* 3 4 5 */
    assert_string_equal(ids(pull_all(1000)), "3 4 5 ");
    assert_int_equal(wanted_pages, 1);
    (void)ring_take(all.ring, pack_make(8, 4, 0)); /* 9 to 12, meanwhile */
    give_page(5, 1, 10, false);                    /* 6 to 10 */
    assert_string_equal(ids(pull_all(1000)), "6 7 8 9 10 11 12 ");
}

static void who_fell_behind_the_ring_reads_pages_again(void **state)
{
    (void)state;
    give_page(0, 1, 7, false);
    (void)pull_all(1000);
    (void)ring_take(all.ring, pack_make(20, 2, 0));
    subscriber_go_on(&one, 8);
    assert_string_equal(pull_all(1000), "");
    assert_int_equal(wanted_pages, 1);
    give_page(15, 1, 22, false);
    assert_string_equal(ids(pull_all(100)), "8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 ");
}

static void however_little_room_there_is_nothing_is_lost(void **state)
{
    char whole[65536];

    (void)state;
    one.cursor = 0;
    give_page(20, 1, 20, false);
    (void)snprintf(whole, sizeof(whole), "%s", pull_all(sizeof(pulled) - 1));
    one.cursor = 0;
    one.has_greeted = false;
    give_page(20, 1, 20, false);
    assert_string_equal(pull_all(7), whole);
}

static void an_id_that_there_cannot_be_is_reset(void **state)
{
    (void)state;
    one.cursor = INT64_MAX;
    give_page(0, 5, 20, false);
    assert_non_null(strstr(pull_all(1000), "event: reset"));
}

static void an_id_that_the_log_does_not_reach_is_reset(void **state)
{
    static const int64_t LOST[] = {3, 21};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        one.cursor = LOST[i];
        give_page(0, 5, 20, false);
        assert_non_null(strstr(
            pull_all(1000), "id: 20\nevent: reset\ndata: {\"first\":\"5\",\"last\":\"20\"}\n\n"));
        assert_int_equal(one.cursor, 20);
    }
    one.cursor = 4; /* the last that still does */
    give_page(2, 5, 20, false);
    assert_string_equal(ids(pull_all(1000)), "5 6 ");
}

static void who_begins_before_all_takes_what_is_kept(void **state)
{
    (void)state;
    one.cursor = 0;
    give_page(2, 5, 20, true);
    assert_string_equal(ids(pull_all(1000)), "5 6 ");
    assert_null(strstr(pulled, "reset"));
    one.cursor = 0; /* later on it is a place like any other */
    give_page(0, 5, 20, false);
    assert_non_null(strstr(pull_all(1000), "event: reset"));
}

static void the_end_of_its_task_is_the_end(void **state)
{
    struct event_pack *pack = pack_make(7, 3, 0);
    char text[64];

    (void)state;
    one.wants.task = pack_id(9);
    one.wants.ends_with_it = true;
    pack->events[1].kind = EVENT_TASK_FAILED;
    give_page(0, 1, 7, false);
    (void)pull_all(1000);
    (void)ring_take(all.ring, pack);
    subscriber_go_on(&one, 8);
    (void)pull_all(1000);
    assert_string_equal(ids(pulled), "9 ");
    assert_non_null(strstr(pulled, "event: bye\ndata: {}\n\n"));
    assert_true(subscriber_pull(one.request, text, sizeof(text), false) == FLOW_END);
}

static void a_task_that_is_over_has_no_more(void **state)
{
    (void)state;
    one.wants.task = pack_id(9);
    one.wants.ends_with_it = true;
    give_page(0, 1, 7, false);
    assert_true(subscriber_has_more(&one));
    one.page->reply.task_is_over = true;
    assert_false(subscriber_has_more(&one));
    assert_non_null(strstr(pull_all(1000), "event: bye"));
}

static void filters_and_namespaces_hold_in_the_ring(void **state)
{
    struct event_pack *pack = pack_make(7, 3, 0);

    (void)state;
    one.wants.filter.queues = BYTES("q");
    pack->events[0].ns = BYTES("other");
    pack->events[1].queue = BYTES("r");
    give_page(0, 1, 7, false);
    (void)pull_all(1000);
    (void)ring_take(all.ring, pack);
    subscriber_go_on(&one, 8);
    assert_string_equal(ids(pull_all(1000)), "10 ");
}

static void at_the_close_what_is_at_hand_is_sent_then_goodbye(void **state)
{
    (void)state;
    give_page(0, 1, 7, false);
    (void)pull_all(1000);
    (void)ring_take(all.ring, pack_make(7, 1, 0));
    all.is_closed = true;
    subscriber_go_on(&one, 8);
    (void)pull_all(1000);
    assert_string_equal(ids(pulled), "8 ");
    assert_non_null(strstr(pulled, "event: bye\ndata: {}\n\n"));
}

static void a_page_that_failed_ends_it(void **state)
{
    (void)state;
    one.cursor = 0;
    give_page(1, 1, 1, false);
    one.page->reply.error.code = ERR_STORE_UNAVAILABLE;
    subscriber_take_page(&one, one.page);
    assert_non_null(strstr(pull_all(1000), "event: bye"));
    assert_string_equal(ids(pulled), "");
}

#define WITH_ONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_ONE(from_now_on_it_is_quiet_until_something_comes),
        WITH_ONE(a_quiet_one_says_a_comment),
        WITH_ONE(pages_then_ring_are_one_stream),
        WITH_ONE(who_fell_behind_the_ring_reads_pages_again),
        WITH_ONE(however_little_room_there_is_nothing_is_lost),
        WITH_ONE(an_id_that_there_cannot_be_is_reset),
        WITH_ONE(an_id_that_the_log_does_not_reach_is_reset),
        WITH_ONE(who_begins_before_all_takes_what_is_kept),
        WITH_ONE(the_end_of_its_task_is_the_end),
        WITH_ONE(a_task_that_is_over_has_no_more),
        WITH_ONE(filters_and_namespaces_hold_in_the_ring),
        WITH_ONE(at_the_close_what_is_at_hand_is_sent_then_goodbye),
        WITH_ONE(a_page_that_failed_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
