/* Tokens: who may be made, what an exchange keeps, and that nobody is locked out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "brain.h"
#include "domain/bounds.h"
#include "play.h"
#include "record.h"

static const struct grant ADMIN = {ROLE_ADMIN, {"*", 1}, {"*", 1}};
static const struct grant WORKER = {ROLE_WORKER, {"t1", 2}, {"*", 1}};
static const struct principal BOSS = {.id = {"boss", 4}, .grant = {ROLE_ADMIN, {"*", 1}, {"*", 1}}};

static struct command *to_make(struct stage *stage, const char *id, struct grant grant)
{
    struct command *command = stage_make(stage, COMMAND_MAKE_TOKEN);

    command->ns = BYTES_NONE;
    command->by = &BOSS;
    command->in.token = (struct token_ask){
        .id = bytes_of(id), .hash = token_hash(bytes_of(id)), .grant = grant, .expires_at_ms = -1};
    return command;
}

static struct command *make(struct stage *stage, const char *id, struct grant grant)
{
    return stage_ask(stage, to_make(stage, id, grant));
}

static struct command *to_rotate(struct stage *stage, const char *id, const char *new_id)
{
    struct command *command = stage_make(stage, COMMAND_ROTATE_TOKEN);

    command->ns = BYTES_NONE;
    command->by = &BOSS;
    command->in.token = (struct token_ask){.id = bytes_of(id),
                                           .new_id = bytes_of(new_id),
                                           .hash = token_hash(bytes_of(new_id)),
                                           .overlap_ms = DAY_MS};
    return command;
}

static struct command *to_revoke(struct stage *stage, const char *id)
{
    struct command *command = stage_make(stage, COMMAND_REVOKE_TOKEN);

    command->ns = BYTES_NONE;
    command->by = &BOSS;
    command->in.token = (struct token_ask){.id = bytes_of(id), .may_be_open = true};
    return command;
}

static struct token_record stored(struct stage *stage, const char *id)
{
    struct arena *mem = stage_make(stage, COMMAND_STATS)->mem;
    struct token_record token = {.life_ms = -2};

    assert_true(token_load(stage->engine->db, bytes_of(id), mem, &token));
    return token;
}

static int64_t tokens_len(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM tokens");
}

/* ---- make ---- */

static void a_made_token_is_stored_answered_and_on_record(void **state)
{
    struct stage *stage = *state;
    struct command *command = make(stage, "one", ADMIN);

    assert_int_equal(code_of(command), OK);
    assert_true(bytes_is(command->reply.token.id, "one"));
    assert_true(bytes_is(command->reply.token.created_by, "boss"));
    assert_int_equal(command->reply.token.created_at_ms, stage->now.wall_ms);
    assert_int_equal(stored(stage, "one").life_ms, -1);
    assert_true(bytes_is(last_act(stage)->action, "token.created"));
    assert_true(bytes_is(last_act(stage)->object, "one"));
    assert_true(bytes_is(last_act(stage)->actor, "boss"));
    assert_null(last_act(stage)->ns.at);
    (void)make(stage, "two", WORKER);
    assert_true(bytes_is(last_act(stage)->ns, "t1"));
    assert_string_equal(last_act(stage)->detail.at,
                        "{\"name\":null,\"role\":\"worker\",\"namespace\":\"t1\",\"queue\":\"*\","
                        "\"expires_at\":null}");
}

static void the_first_is_an_admins_over_everything(void **state)
{
    struct stage *stage = *state;
    struct grant half = ADMIN;
    struct command *beside_file = to_make(stage, "w", WORKER);

    half.queues = BYTES("q");
    assert_int_equal(code_of(make(stage, "w", WORKER)), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(make(stage, "h", half)), ERR_STATE_CONFLICT);
    assert_int_equal(tokens_len(stage), 0);
    assert_int_equal(acts_of(stage, "token.*"), 0);
    beside_file->in.token.has_file_token = true;
    assert_int_equal(code_of(stage_ask(stage, beside_file)), OK);
}

static void who_came_while_it_was_open_is_late_once_it_is_not(void **state)
{
    struct stage *stage = *state;
    struct command *first = to_make(stage, "a", ADMIN), *second = to_make(stage, "b", ADMIN);

    first->by = second->by = &principal_open;
    stage_post(stage, first);
    stage_post(stage, second);
    stage_settle(stage);
    assert_int_equal(code_of(first), OK);
    assert_null(first->reply.token.created_by.at);
    assert_int_equal(code_of(second), ERR_STATE_CONFLICT);
    assert_int_equal(tokens_len(stage), 1);
}

static void an_id_is_never_given_twice(void **state)
{
    struct stage *stage = *state;

    (void)make(stage, "a", ADMIN);
    assert_int_equal(code_of(make(stage, "a", ADMIN)), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, to_rotate(stage, "a", "a"))), ERR_STATE_CONFLICT);
    assert_int_equal(stage->exit_code, -1);
}

/* ---- rotate ---- */

static void an_exchange_keeps_what_the_token_may_and_how_long_it_lives(void **state)
{
    struct stage *stage = *state;
    struct command *first = to_make(stage, "a", WORKER), *second, *third;

    (void)make(stage, "admin", ADMIN);
    first->in.token.name = BYTES("thumbnailer");
    first->in.token.expires_at_ms = stage->now.wall_ms + 90 * DAY_MS;
    (void)stage_ask(stage, first);
    stage_skip(stage, 80 * DAY_MS);
    second = stage_ask(stage, to_rotate(stage, "a", "b"));
    assert_int_equal(code_of(second), OK);
    assert_true(bytes_is(second->reply.token.name, "thumbnailer"));
    assert_true(bytes_is(second->reply.token.replaces, "a"));
    assert_int_equal(second->reply.token.grant.role, ROLE_WORKER);
    assert_int_equal(second->reply.token.expires_at_ms, stage->now.wall_ms + 90 * DAY_MS);
    assert_int_equal(second->reply.token_ends_at_ms, stage->now.wall_ms + DAY_MS);
    assert_int_equal(stored(stage, "a").expires_at_ms, stage->now.wall_ms + DAY_MS);
    assert_true(bytes_is(last_act(stage)->action, "token.rotated"));
    assert_non_null(strstr(last_act(stage)->detail.at, "{\"new\":\"b\",\"old_expires_at\":\""));
    /* the answer was lost: once more, and the cut end is not what counts */
    third = stage_ask(stage, to_rotate(stage, "a", "c"));
    assert_int_equal(third->reply.token.expires_at_ms, stage->now.wall_ms + 90 * DAY_MS);
}

static void an_end_that_is_nearer_than_the_overlap_stays(void **state)
{
    struct stage *stage = *state;
    struct command *make_it = to_make(stage, "a", ADMIN);
    int64_t end_ms = stage->now.wall_ms + 5000;

    make_it->in.token.expires_at_ms = end_ms;
    (void)stage_ask(stage, make_it);
    assert_int_equal(stage_ask(stage, to_rotate(stage, "a", "b"))->reply.token_ends_at_ms, end_ms);
    stage_skip(stage, 5000);
    assert_int_equal(code_of(stage_ask(stage, to_rotate(stage, "a", "c"))), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, to_rotate(stage, "x", "y"))), ERR_NOT_FOUND);
}

/* ---- revoke ---- */

static void a_revoked_token_is_gone(void **state)
{
    struct stage *stage = *state;

    (void)make(stage, "a", ADMIN);
    (void)make(stage, "b", WORKER);
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "b"))), OK);
    assert_int_equal(tokens_len(stage), 1);
    assert_true(bytes_is(last_act(stage)->action, "token.revoked"));
    assert_true(bytes_is(last_act(stage)->object, "b"));
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "b"))), ERR_NOT_FOUND);
}

static void the_last_admin_stays_while_others_are_left(void **state)
{
    struct stage *stage = *state;
    struct command *with_file = to_revoke(stage, "a");

    (void)make(stage, "a", ADMIN);
    (void)make(stage, "b", WORKER);
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "a"))), ERR_STATE_CONFLICT);
    assert_int_equal(tokens_len(stage), 2);
    with_file->in.token.has_file_token = with_file->in.token.has_file_admin = true;
    assert_int_equal(code_of(stage_ask(stage, with_file)), OK);
}

static void two_admins_cannot_both_go_at_once(void **state)
{
    struct stage *stage = *state;
    struct command *one = to_revoke(stage, "a"), *other = to_revoke(stage, "b");

    (void)make(stage, "a", ADMIN);
    (void)make(stage, "b", ADMIN);
    (void)make(stage, "c", WORKER);
    stage_post(stage, one);
    stage_post(stage, other);
    stage_settle(stage);
    assert_int_equal(code_of(one), OK);
    assert_int_equal(code_of(other), ERR_STATE_CONFLICT);
}

static void an_expired_admin_is_none(void **state)
{
    struct stage *stage = *state;
    struct command *brief = to_make(stage, "a", ADMIN);

    brief->in.token.expires_at_ms = stage->now.wall_ms + 1000;
    (void)stage_ask(stage, brief);
    (void)make(stage, "b", ADMIN);
    stage_skip(stage, 1000);
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "b"))), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "a"))), OK);
}

static void make_until(struct stage *stage, const char *id, struct grant grant, int64_t end_ms)
{
    struct command *command = to_make(stage, id, grant);

    command->in.token.expires_at_ms = end_ms;
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

static void an_admin_that_ends_sooner_does_not_stand_for_one_that_lasts(void **state)
{
    struct stage *stage = *state;

    (void)make(stage, "a", ADMIN);
    make_until(stage, "b", ADMIN, stage->now.wall_ms + 2000);
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "a"))), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "b"))), OK);
}

static void the_last_of_all_goes_where_only_loopback_is_served(void **state)
{
    struct stage *stage = *state;
    struct command *outside = to_revoke(stage, "a");

    (void)make(stage, "a", ADMIN);
    outside->in.token.may_be_open = false;
    assert_int_equal(code_of(stage_ask(stage, outside)), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, to_revoke(stage, "a"))), OK);
    assert_int_equal(tokens_len(stage), 0);
    assert_non_null(memmem(last_act(stage)->detail.at, last_act(stage)->detail.len,
                           "\"opened\":true", strlen("\"opened\":true")));
}

static void so_many_are_kept(void **state)
{
    struct stage *stage = *state;

    stage->options.bounds.tokens_max = 2;
    stage_restart(stage);
    (void)make(stage, "a", ADMIN);
    assert_int_equal(code_of(make(stage, "b", WORKER)), OK);
    assert_int_equal(code_of(make(stage, "c", WORKER)), ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_rotate(stage, "b", "c"))), ERR_LIMIT_REACHED);
    (void)stage_ask(stage, to_revoke(stage, "b"));
    assert_int_equal(code_of(make(stage, "c", WORKER)), OK);
}

/* ---- the broom ---- */

static const struct reply *sweep(struct stage *stage, const char *const *ids, unsigned len)
{
    struct command *command = stage_make(stage, COMMAND_SWEEP_TOKENS);
    struct token_use *texts = arena_alloc(command->mem, len * sizeof(*texts));

    for (unsigned i = 0; i < len; i++)
        texts[i].id = bytes_of(ids[i]);
    command->by = &principal_broker;
    command->in.token_uses = (struct token_uses){texts, len};
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    return &command->reply;
}

static void what_ended_long_ago_goes_with_a_line_in_the_record(void **state)
{
    static const char *const ALL[] = {"a", "b", "c", "gone"};
    struct stage *stage = *state;
    int64_t end_ms = stage->now.wall_ms + 1000;

    make_until(stage, "a", ADMIN, -1);
    make_until(stage, "b", WORKER, end_ms);
    make_until(stage, "c", WORKER, end_ms + 1);
    stage_skip(stage, 1000 + TOKEN_KEPT_MS - 1);
    assert_int_equal(sweep(stage, ALL, 4)->swept_len, 0);
    stage_skip(stage, 1);
    assert_int_equal(sweep(stage, ALL, 4)->swept_len, 1);
    assert_int_equal(tokens_len(stage), 2);
    assert_true(bytes_is(last_act(stage)->action, "token.expired"));
    assert_true(bytes_is(last_act(stage)->object, "b"));
    stage_skip(stage, 1);
    assert_true(bytes_is(sweep(stage, ALL, 4)->swept[0], "c"));
}

static void the_last_is_never_swept(void **state)
{
    static const char *const ALL[] = {"a", "b"};
    struct stage *stage = *state;

    make_until(stage, "a", ADMIN, stage->now.wall_ms + 1);
    make_until(stage, "b", WORKER, stage->now.wall_ms + 1);
    stage_skip(stage, 1 + TOKEN_KEPT_MS);
    assert_int_equal(sweep(stage, ALL, 2)->swept_len, 1);
    assert_int_equal(sweep(stage, ALL, 2)->swept_len, 0);
    assert_int_equal(tokens_len(stage), 1);
}

/* ---- use, start ---- */

static void uses_are_noted(void **state)
{
    struct stage *stage = *state;
    struct command *command = stage_make(stage, COMMAND_NOTE_TOKEN_USES);
    struct token_use uses[] = {{BYTES("a"), 7000}, {BYTES("gone"), 7000}};

    (void)make(stage, "a", ADMIN);
    command->in.token_uses = (struct token_uses){uses, 2};
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    assert_int_equal(stored(stage, "a").last_used_at_ms, 7000);
}

static void add_id(void *ctx, const struct token_record *token)
{
    buffer_append(ctx, token->id);
}

static void tokens_are_there_after_a_restart(void **state)
{
    struct stage *stage = *state;
    struct buffer ids;

    buffer_init(&ids, 8);
    (void)make(stage, "b", ADMIN);
    (void)make(stage, "a", WORKER);
    stage_restart(stage);
    engine_each_token(stage->engine, add_id, &ids);
    assert_true(bytes_is(buffer_bytes(&ids), "ab"));
    buffer_fini(&ids);
}

static void undone_is_as_if_never_asked(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_make(stage, "a", ADMIN);
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count"));
    db_exec(stage->engine->db, sql);
    command->in.token.name =
        (struct bytes){memset(arena_alloc(command->mem, 1 << 18), 'x', 1 << 18), 1 << 18};
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_DISK_RESERVE);
    assert_int_equal(tokens_len(stage), 0);
    assert_int_equal(assert_record_is_whole(stage), 1);
}

#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STAGE(a_made_token_is_stored_answered_and_on_record),
        WITH_STAGE(the_first_is_an_admins_over_everything),
        WITH_STAGE(who_came_while_it_was_open_is_late_once_it_is_not),
        WITH_STAGE(an_id_is_never_given_twice),
        WITH_STAGE(an_exchange_keeps_what_the_token_may_and_how_long_it_lives),
        WITH_STAGE(an_end_that_is_nearer_than_the_overlap_stays),
        WITH_STAGE(a_revoked_token_is_gone),
        WITH_STAGE(the_last_admin_stays_while_others_are_left),
        WITH_STAGE(two_admins_cannot_both_go_at_once),
        WITH_STAGE(an_expired_admin_is_none),
        WITH_STAGE(an_admin_that_ends_sooner_does_not_stand_for_one_that_lasts),
        WITH_STAGE(the_last_of_all_goes_where_only_loopback_is_served),
        WITH_STAGE(so_many_are_kept),
        WITH_STAGE(what_ended_long_ago_goes_with_a_line_in_the_record),
        WITH_STAGE(the_last_is_never_swept),
        WITH_STAGE(uses_are_noted),
        WITH_STAGE(tokens_are_there_after_a_restart),
        WITH_STAGE(undone_is_as_if_never_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
