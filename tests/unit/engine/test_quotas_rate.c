/* Tests of a namespace's rate: paid on entering, once, and by nobody who does not enter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static void limit_rate(struct stage *stage, double units, double period_s, double burst)
{
    struct command *command = stage_make(stage, COMMAND_PUT_NS);

    command->in.ns_edit.name = BYTES("default");
    command->in.ns_edit.quotas = ns_quotas_default();
    command->in.ns_edit.quotas.rate = (struct rate_limit){units, period_s, burst};
    command->in.ns_edit.if_match = VERSION_UNASKED;
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

static enum err try_submit(struct stage *stage, const char *queue)
{
    return code_of(stage_ask(stage, to_submit(stage, queue)));
}

static void a_burst_at_once_then_by_time(void **state)
{
    struct stage *stage = *state;
    struct command *early;

    limit_rate(stage, 10, 1, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(try_submit(stage, "q"), OK);
    early = stage_ask(stage, to_submit(stage, "q"));
    assert_int_equal(code_of(early), ERR_RATE_LIMITED);
    assert_int_equal(early->reply.retry_after_ms, 100);
    stage_pass(stage, 99);
    assert_int_equal(try_submit(stage, "q"), ERR_RATE_LIMITED);
    stage_pass(stage, 1);
    assert_int_equal(try_submit(stage, "q"), OK);
    assert_int_equal(try_submit(stage, "q"), ERR_RATE_LIMITED);
    for (int i = 0; i < 50; i++) {
        stage_pass(stage, 100);
        assert_int_equal(try_submit(stage, "q"), OK);
    }
    assert_int_equal(try_submit(stage, "q"), ERR_RATE_LIMITED);
}

static void what_is_refused_takes_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 3);
    struct command *few = to_submit_many(stage, "q", 2);
    struct command *too_many = to_submit_many(stage, "q", 5);

    limit_rate(stage, 1, 60, 4);
    limit_pending(stage, "full", 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(try_submit(stage, "full"), ERR_QUEUE_FULL);
    many->in.submit.atomic = few->in.submit.atomic = too_many->in.submit.atomic = true;
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), OK);
    (void)stage_ask(stage, many);
    assert_int_equal(code_of(many), ERR_RATE_LIMITED);
    assert_int_equal(many->reply.retry_after_ms, 60000);
    assert_int_equal(code_of(stage_ask(stage, few)), OK);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 4);
    (void)stage_ask(stage, too_many); /* never, so it says no time */
    assert_int_equal(code_of(too_many), ERR_LIMIT_REACHED);
    assert_int_equal(too_many->reply.retry_after_ms, 0);
}

static struct command *ask_and_wait(struct stage *stage, const char *queue, int64_t wait_ms)
{
    struct command *held = to_submit(stage, queue);

    held->wait_ms = wait_ms;
    held->in.submit.until = UNTIL_ACCEPTED;
    (void)stage_ask(stage, held);
    assert_false(is_answered(held));
    return held;
}

/* What the other side of a stream does with those of a piece that were not dealt with. */
static struct command *to_rest(struct stage *stage, struct command *piece)
{
    struct command *rest = stage_make(stage, COMMAND_SUBMIT);

    rest->in.submit = piece->in.submit;
    rest->in.submit.specs += piece->reply.taken;
    rest->in.submit.specs_len -= piece->reply.taken;
    return rest;
}

static struct command *to_piece(struct stage *stage, const char *const *queues, unsigned len)
{
    struct command *piece = to_submit_many(stage, queues[0], len);

    piece->in.submit.streamed = true;
    for (unsigned i = 0; i < len; i++)
        piece->in.submit.specs[i].queue = bytes_of(queues[i]);
    return piece;
}

static void who_is_held_pays_when_its_turn_comes(void **state)
{
    struct stage *stage = *state;
    struct command *held;

    limit_rate(stage, 1, 60, 2);
    limit_pending(stage, "q", 0);
    held = ask_and_wait(stage, "q", 600000);
    assert_int_equal(try_submit(stage, "other"), OK);
    limit_pending(stage, "q", 1);
    assert_int_equal(code_of(held), OK);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
    assert_int_equal(try_submit(stage, "other"), ERR_RATE_LIMITED);
}

static void who_gives_up_waiting_has_paid_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *held;

    limit_rate(stage, 1, 60, 1);
    limit_pending(stage, "q", 0);
    held = ask_and_wait(stage, "q", 1000);
    stage_pass(stage, 1000);
    assert_int_equal(code_of(held), ERR_QUEUE_FULL);
    assert_int_equal(try_submit(stage, "other"), OK);
}

static void whose_turn_comes_too_fast_is_refused_and_the_next_goes_on(void **state)
{
    struct stage *stage = *state;
    struct command *first, *next;

    limit_rate(stage, 1, 60, 1);
    limit_pending(stage, "q", 0);
    first = ask_and_wait(stage, "q", 600000);
    next = ask_and_wait(stage, "q", 600000);
    assert_int_equal(try_submit(stage, "other"), OK);
    limit_pending(stage, "q", 1);
    assert_int_equal(code_of(first), ERR_RATE_LIMITED);
    assert_int_equal(first->reply.retry_after_ms, 60000);
    assert_int_equal(code_of(next), ERR_RATE_LIMITED);
}

static void a_stream_pays_once_for_what_is_held(void **state)
{
    static const char *const queues[] = {"q", "q"};
    struct stage *stage = *state;
    struct command *piece = to_piece(stage, queues, 2), *rest;

    limit_rate(stage, 1, 60, 3);
    limit_pending(stage, "q", 1);
    (void)stage_ask(stage, piece);
    assert_int_equal(piece->reply.taken, 1);
    rest = stage_ask(stage, to_rest(stage, piece));
    assert_false(is_answered(rest));
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    assert_int_equal(rest->reply.taken, 1);
    assert_int_equal(rest->reply.items[0].error.code, OK);
    assert_int_equal(try_submit(stage, "other"), OK);
    assert_int_equal(try_submit(stage, "other"), ERR_RATE_LIMITED);
}

static void what_stands_behind_one_that_was_held_pays_for_itself(void **state)
{
    static const char *const queues[] = {"q", "other", "other"};
    struct stage *stage = *state;
    struct command *piece = to_piece(stage, queues, 3), *rest;

    limit_rate(stage, 1, 60, 2);
    limit_pending(stage, "q", 0);
    (void)stage_ask(stage, piece);
    limit_pending(stage, "q", 1);
    assert_int_equal(piece->reply.taken, 1);
    rest = stage_ask(stage, to_rest(stage, piece));
    assert_int_equal(rest->reply.taken, 2);
    assert_int_equal(rest->reply.items[0].error.code, OK);
    assert_int_equal(rest->reply.items[1].error.code, ERR_RATE_LIMITED);
}

static void what_a_full_disk_undoes_was_not_taken(void **state)
{
    struct stage *stage = *state;
    struct command *much = to_submit(stage, "q");
    const struct hot_ns *ns;
    char sql[64];

    limit_rate(stage, 1, 60, 5);
    (void)submit(stage, "q");
    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count") + 20);
    db_exec(stage->engine->db, sql);
    assert_int_equal(code_of(stage_ask(stage, much)), ERR_DISK_RESERVE);
    ns = hot_ns(&stage->engine->hot, BYTES("default"), false);
    assert_true(ns->submits.units == 4);
    assert_int_equal(hot_ns_bytes(ns), 2);
    assert_int_equal(hot_ns_pending(ns), 1);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_burst_at_once_then_by_time),
        STAGED(what_is_refused_takes_nothing),
        STAGED(who_is_held_pays_when_its_turn_comes),
        STAGED(who_gives_up_waiting_has_paid_nothing),
        STAGED(whose_turn_comes_too_fast_is_refused_and_the_next_goes_on),
        STAGED(a_stream_pays_once_for_what_is_held),
        STAGED(what_stands_behind_one_that_was_held_pays_for_itself),
        STAGED(what_a_full_disk_undoes_was_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
