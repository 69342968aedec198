/* Tests of the mailbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mailbox.h"

static struct command commands[8];

static void post(struct mailbox *mailbox, unsigned at, enum command_kind kind)
{
    commands[at] = (struct command){.kind = kind};
    mailbox_post(mailbox, &commands[at]);
}

/* Take what comes next; its places as decimal digits. */
static unsigned take(struct mailbox *mailbox, unsigned max)
{
    struct list taken;
    struct list_node *node;
    unsigned places = 0;

    list_init(&taken);
    (void)mailbox_take(mailbox, 0, max, &taken);
    while ((node = list_pop_front(&taken)) != NULL)
        places = places * 10 + (unsigned)(CONTAINER_OF(node, struct command, link) - commands);
    return places;
}

static void what_ends_work_comes_before_what_brings_more(void **state)
{
    struct mailbox mailbox;

    (void)state;
    mailbox_init(&mailbox);
    post(&mailbox, 1, COMMAND_SUBMIT);
    post(&mailbox, 2, COMMAND_FINISH);
    post(&mailbox, 3, COMMAND_CLAIM);
    post(&mailbox, 4, COMMAND_CANCEL);
    assert_int_equal(take(&mailbox, 9), 2413);
    mailbox_fini(&mailbox);
}

static void a_claim_that_brings_outcomes_is_urgent(void **state)
{
    struct mailbox mailbox;

    (void)state;
    mailbox_init(&mailbox);
    post(&mailbox, 1, COMMAND_SUBMIT);
    commands[2] = (struct command){.kind = COMMAND_CLAIM, .in.claim.outcomes_len = 1};
    mailbox_post(&mailbox, &commands[2]);
    assert_int_equal(take(&mailbox, 9), 21);
    mailbox_fini(&mailbox);
}

static void no_more_is_taken_than_asked_for(void **state)
{
    struct mailbox mailbox;

    (void)state;
    mailbox_init(&mailbox);
    for (unsigned i = 1; i <= 3; i++)
        post(&mailbox, i, COMMAND_SUBMIT);
    assert_int_equal(take(&mailbox, 2), 12);
    assert_int_equal(take(&mailbox, 2), 3);
    assert_int_equal(take(&mailbox, 2), 0);
    mailbox_fini(&mailbox);
}

static void what_changes_settings_comes_alone_and_in_its_place(void **state)
{
    struct mailbox mailbox;

    (void)state;
    mailbox_init(&mailbox);
    post(&mailbox, 1, COMMAND_SUBMIT);
    post(&mailbox, 2, COMMAND_EDIT_QUEUE);
    post(&mailbox, 3, COMMAND_SUBMIT);
    assert_int_equal(take(&mailbox, 9), 1);
    assert_int_equal(take(&mailbox, 9), 2);
    assert_int_equal(take(&mailbox, 9), 3);
    mailbox_fini(&mailbox);
}

static void urgent_ones_pass_over_what_must_be_alone_only_once(void **state)
{
    struct mailbox mailbox;

    (void)state;
    mailbox_init(&mailbox);
    post(&mailbox, 1, COMMAND_REGISTER);
    post(&mailbox, 2, COMMAND_FINISH);
    assert_int_equal(take(&mailbox, 9), 2);
    post(&mailbox, 3, COMMAND_FINISH);
    assert_int_equal(take(&mailbox, 9), 1);
    assert_int_equal(take(&mailbox, 9), 3);
    mailbox_fini(&mailbox);
}

static void what_comes_back_is_first_again_in_its_lane(void **state)
{
    struct mailbox mailbox;
    struct list taken;

    (void)state;
    list_init(&taken);
    mailbox_init(&mailbox);
    post(&mailbox, 1, COMMAND_SUBMIT);
    post(&mailbox, 2, COMMAND_SUBMIT);
    (void)mailbox_take(&mailbox, 0, 9, &taken);
    post(&mailbox, 3, COMMAND_SUBMIT);
    post(&mailbox, 4, COMMAND_FINISH);
    mailbox_return(&mailbox, &taken);
    assert_int_equal(take(&mailbox, 9), 4123);
    mailbox_fini(&mailbox);
}

static void only_the_first_of_unfetched_answers_needs_a_wake(void **state)
{
    struct mailbox mailbox;
    struct list answers, fetched, packs;

    (void)state;
    list_init(&answers);
    list_init(&fetched);
    list_init(&packs);
    mailbox_init(&mailbox);
    assert_false(mailbox_answer(&mailbox, &answers, NULL));
    list_push_back(&answers, &commands[1].link);
    assert_true(mailbox_answer(&mailbox, &answers, NULL));
    list_push_back(&answers, &commands[2].link);
    assert_false(mailbox_answer(&mailbox, &answers, NULL));
    mailbox_fetch(&mailbox, &fetched, &packs);
    assert_ptr_equal(list_pop_front(&fetched), &commands[1].link);
    assert_ptr_equal(list_pop_front(&fetched), &commands[2].link);
    assert_true(list_is_empty(&packs));
    mailbox_fini(&mailbox);
}

static struct event_pack *new_pack(void)
{
    struct arena *mem = arena_new();
    struct event_pack *pack = arena_alloc(mem, sizeof(*pack));

    pack->mem = mem;
    return pack;
}

static void events_need_a_wake_of_their_own_and_come_in_order(void **state)
{
    struct event_pack *first = new_pack(), *second = new_pack();
    struct mailbox mailbox;
    struct list answers, packs;

    (void)state;
    list_init(&answers);
    list_init(&packs);
    mailbox_init(&mailbox);
    assert_true(mailbox_answer(&mailbox, &answers, first));
    assert_false(mailbox_answer(&mailbox, &answers, second));
    list_push_back(&answers, &commands[1].link);
    assert_false(mailbox_answer(&mailbox, &answers, NULL));
    mailbox_fetch(&mailbox, &answers, &packs);
    assert_ptr_equal(list_pop_front(&packs), &first->link);
    assert_ptr_equal(list_pop_front(&packs), &second->link);
    assert_ptr_equal(list_pop_front(&answers), &commands[1].link);
    event_pack_free(first);
    assert_true(mailbox_answer(&mailbox, &answers, second));
    mailbox_fini(&mailbox); /* frees what nobody fetched */
}

static void once_stopped_it_says_so_and_waits_no_more(void **state)
{
    struct mailbox mailbox;
    struct list none;

    (void)state;
    list_init(&none);
    mailbox_init(&mailbox);
    assert_true(mailbox_take(&mailbox, 1, 9, &none));
    mailbox_nudge(&mailbox, true);
    assert_false(mailbox_take(&mailbox, 60000, 9, &none));
    mailbox_fini(&mailbox);
}

static void *sleep_in(void *mailbox)
{
    struct list *taken = calloc(1, sizeof(*taken));

    list_init(taken);
    (void)mailbox_take(mailbox, 3600000, 99, taken);
    return taken;
}

static bool is_asleep(struct mailbox *mailbox)
{
    (void)pthread_mutex_lock(&mailbox->lock);
    bool is_waiting = mailbox->is_waiting;
    (void)pthread_mutex_unlock(&mailbox->lock);
    return is_waiting;
}

/* Were it not woken, the sleeper would outlast the time that a test has. */
static void a_group_of_posts_wakes_a_sleeper_without_a_nudge(void **state)
{
    static struct command group[16];
    struct mailbox mailbox;
    pthread_t sleeper;
    void *taken = NULL;

    (void)state;
    mailbox_init(&mailbox);
    assert_int_equal(pthread_create(&sleeper, NULL, sleep_in, &mailbox), 0);
    while (!is_asleep(&mailbox))
        (void)sched_yield();
    for (size_t i = 0; i < ARRAY_LEN(group); i++) {
        group[i].kind = COMMAND_SUBMIT;
        mailbox_post(&mailbox, &group[i]);
    }
    assert_int_equal(pthread_join(sleeper, &taken), 0);
    assert_false(list_is_empty(taken));
    free(taken);
    mailbox_fini(&mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ends_work_comes_before_what_brings_more),
        cmocka_unit_test(a_claim_that_brings_outcomes_is_urgent),
        cmocka_unit_test(no_more_is_taken_than_asked_for),
        cmocka_unit_test(what_changes_settings_comes_alone_and_in_its_place),
        cmocka_unit_test(urgent_ones_pass_over_what_must_be_alone_only_once),
        cmocka_unit_test(what_comes_back_is_first_again_in_its_lane),
        cmocka_unit_test(only_the_first_of_unfetched_answers_needs_a_wake),
        cmocka_unit_test(events_need_a_wake_of_their_own_and_come_in_order),
        cmocka_unit_test(a_group_of_posts_wakes_a_sleeper_without_a_nudge),
        cmocka_unit_test(once_stopped_it_says_so_and_waits_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
