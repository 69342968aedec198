/* Access repo: tokens come back whole and without a secret; the record is trimmed from its old end.
 */
#include "store/repo_access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "store_fixture.h"

static struct token_record full_token(struct bytes id)
{
    return (struct token_record){
        .id = id,
        .name = BYTES("n"),
        .hash = token_hash(id),
        .grant = {ROLE_WORKER, BYTES("a,b-*"), BYTES("q")},
        .created_at_ms = 100,
        .created_by = BYTES("boss"),
        .replaces = BYTES("old"),
        .expires_at_ms = 900,
        .life_ms = 800,
        .last_used_at_ms = -1,
    };
}

static void a_token_comes_back_in_all_its_parts(void **state)
{
    struct store_fixture *fixture = *state;
    struct token_record token = full_token(BYTES("aaaaaaaa")), loaded;

    token_insert(fixture->db, &token);
    assert_true(token_load(fixture->db, token.id, fixture->arena, &loaded));
    assert_true(bytes_is(loaded.id, "aaaaaaaa"));
    assert_true(bytes_is(loaded.name, "n"));
    assert_memory_equal(&loaded.hash, &token.hash, sizeof(token.hash));
    assert_int_equal(loaded.grant.role, ROLE_WORKER);
    assert_true(bytes_is(loaded.grant.ns, "a,b-*"));
    assert_true(bytes_is(loaded.grant.queues, "q"));
    assert_int_equal(loaded.created_at_ms, 100);
    assert_true(bytes_is(loaded.created_by, "boss"));
    assert_true(bytes_is(loaded.replaces, "old"));
    assert_int_equal(loaded.expires_at_ms, 900);
    assert_int_equal(loaded.life_ms, 800);
    assert_int_equal(loaded.last_used_at_ms, -1);
    assert_false(token_load(fixture->db, BYTES("bbbbbbbb"), fixture->arena, &loaded));
}

static void what_a_token_lacks_stays_away(void **state)
{
    struct store_fixture *fixture = *state;
    struct token_record token = full_token(BYTES("aaaaaaaa")), loaded;

    token.name = token.created_by = token.replaces = BYTES_NONE;
    token_insert(fixture->db, &token);
    assert_true(token_load(fixture->db, token.id, fixture->arena, &loaded));
    assert_null(loaded.name.at);
    assert_null(loaded.created_by.at);
    assert_null(loaded.replaces.at);
}

static void a_token_is_used_expired_and_gone(void **state)
{
    struct store_fixture *fixture = *state;
    struct token_record token = full_token(BYTES("aaaaaaaa")), loaded;

    token_insert(fixture->db, &token);
    token_use(fixture->db, token.id, 500);
    token_use(fixture->db, token.id, 400);
    token_use(fixture->db, BYTES("nobody"), 400);
    token_expire(fixture->db, token.id, 600);
    assert_true(token_load(fixture->db, token.id, fixture->arena, &loaded));
    assert_int_equal(loaded.last_used_at_ms, 500);
    assert_int_equal(loaded.expires_at_ms, 600);
    assert_int_equal(loaded.life_ms, 800);
    token_delete(fixture->db, token.id);
    assert_false(token_load(fixture->db, token.id, fixture->arena, &loaded));
}

static void others_are_known_without_a_walk(void **state)
{
    struct store_fixture *fixture = *state;
    struct token_record boss = full_token(BYTES("a")), brief = full_token(BYTES("b")),
                        other = full_token(BYTES("c"));

    assert_false(token_is_other(fixture->db, BYTES("")));
    boss.grant = brief.grant = (struct grant){ROLE_ADMIN, BYTES("*"), BYTES("x,*")};
    boss.expires_at_ms = -1;
    brief.expires_at_ms = 1000;
    other.grant = (struct grant){ROLE_ADMIN, BYTES("*"), BYTES("x")};
    token_insert(fixture->db, &boss);
    assert_true(token_is_other(fixture->db, BYTES("")));
    assert_false(token_is_other(fixture->db, boss.id));
    token_insert(fixture->db, &other);
    assert_true(token_is_other(fixture->db, boss.id));
    assert_true(token_is_other_ruler(fixture->db, other.id, 0));
    assert_false(token_is_other_ruler(fixture->db, boss.id, 0));
    token_insert(fixture->db, &brief);
    assert_true(token_is_other_ruler(fixture->db, boss.id, 999));
    assert_false(token_is_other_ruler(fixture->db, boss.id, 1000));
    assert_int_equal(token_count(fixture->db, 10), 3);
    assert_int_equal(token_count(fixture->db, 2), 2);
}

static void add_id(void *ctx, const struct token_record *token)
{
    buffer_append(ctx, token->id);
}

static void all_tokens_come_once(void **state)
{
    struct store_fixture *fixture = *state;
    struct token_record one = full_token(BYTES("a")), two = full_token(BYTES("b"));
    struct token_record three = full_token(BYTES("c"));
    struct buffer ids;

    buffer_init(&ids, 8);
    token_insert(fixture->db, &one);
    token_insert(fixture->db, &three);
    token_insert(fixture->db, &two);
    store_fixture_reopen(fixture);
    token_each(fixture->db, add_id, &ids);
    assert_true(bytes_is(buffer_bytes(&ids), "abc"));
    buffer_fini(&ids);
}

/* ---- the record ---- */

static void put_row(struct store_fixture *fixture, int64_t number, int64_t at_ms)
{
    struct audit_row row = {
        .number = number,
        .at_ms = at_ms,
        .actor = BYTES("a"),
        .action = BYTES("x.y"),
        .detail = BYTES("{}"),
        .hash = {.at = {(uint8_t)number}},
    };

    audit_insert(fixture->db, &row);
}

static void a_row_comes_back_in_all_its_parts(void **state)
{
    struct store_fixture *fixture = *state;
    struct audit_row row = {
        .number = 7,
        .at_ms = 9,
        .ns = 3,
        .ns_name = BYTES("default"),
        .actor = BYTES("actor"),
        .address = BYTES("192.0.2.1"),
        .request_id = BYTES("r"),
        .action = BYTES("queue.paused"),
        .object = BYTES("q"),
        .detail = BYTES("{\"a\":1}"),
        .hash = {.at = {1, 2, 3}},
    };
    struct audit_row loaded;
    struct db_rows *rows;

    audit_insert(fixture->db, &row);
    rows = audit_walk(fixture->db, false, 0, 5);
    assert_true(db_step(rows));
    audit_read_row(rows, &loaded);
    assert_int_equal(loaded.number, 7);
    assert_int_equal(loaded.at_ms, 9);
    assert_true(bytes_is(loaded.ns_name, "default"));
    assert_true(bytes_is(loaded.actor, "actor"));
    assert_true(bytes_is(loaded.address, "192.0.2.1"));
    assert_true(bytes_is(loaded.request_id, "r"));
    assert_true(bytes_is(loaded.action, "queue.paused"));
    assert_true(bytes_is(loaded.object, "q"));
    assert_true(bytes_is(loaded.detail, "{\"a\":1}"));
    assert_memory_equal(&loaded.hash, &row.hash, sizeof(row.hash));
    assert_false(db_step(rows));
}

static void the_end_of_the_chain_is_known(void **state)
{
    struct store_fixture *fixture = *state;
    struct digest hash = {.at = {9}};
    int64_t number = -1;

    audit_last(fixture->db, &number, &hash);
    assert_int_equal(number, 0);
    assert_int_equal(hash.at[0], 0);
    put_row(fixture, 1, 900); /* the clock stepped back after it */
    put_row(fixture, 2, 800);
    audit_last(fixture->db, &number, &hash);
    assert_int_equal(number, 2);
    assert_int_equal(hash.at[0], 2);
}

static int64_t oldest(struct store_fixture *fixture)
{
    struct db_rows *rows = audit_walk(fixture->db, false, 0, 1);
    int64_t number = db_step(rows) ? db_int(rows, 0) : -1;

    db_done(rows);
    return number;
}

static void old_rows_go_a_few_at_a_time(void **state)
{
    struct store_fixture *fixture = *state;

    for (int64_t number = 1; number <= 10; number++)
        put_row(fixture, number, number * 100);
    assert_int_equal(audit_trim(fixture->db, 550, 3), 3);
    assert_int_equal(audit_trim(fixture->db, 550, 3), 2);
    assert_int_equal(audit_trim(fixture->db, 550, 3), 0);
    assert_int_equal(oldest(fixture), 6);
}

static void an_old_row_behind_a_young_one_stays_so_that_no_gap_comes(void **state)
{
    struct store_fixture *fixture = *state;

    put_row(fixture, 1, 100);
    put_row(fixture, 2, 900);
    put_row(fixture, 3, 100);
    put_row(fixture, 4, 900);
    assert_int_equal(audit_trim(fixture->db, 500, 10), 1);
    assert_int_equal(oldest(fixture), 2);
}

static void the_newest_row_stays_so_that_the_chain_goes_on(void **state)
{
    struct store_fixture *fixture = *state;

    put_row(fixture, 41, 100);
    put_row(fixture, 42, 200);
    assert_int_equal(audit_trim(fixture->db, INT64_MAX, 100), 1);
    assert_int_equal(audit_trim(fixture->db, INT64_MAX, 100), 0);
    assert_int_equal(oldest(fixture), 42);
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(a_token_comes_back_in_all_its_parts),
        WITH_STORE(what_a_token_lacks_stays_away),
        WITH_STORE(a_token_is_used_expired_and_gone),
        WITH_STORE(others_are_known_without_a_walk),
        WITH_STORE(all_tokens_come_once),
        WITH_STORE(a_row_comes_back_in_all_its_parts),
        WITH_STORE(the_end_of_the_chain_is_known),
        WITH_STORE(old_rows_go_a_few_at_a_time),
        WITH_STORE(an_old_row_behind_a_young_one_stays_so_that_no_gap_comes),
        WITH_STORE(the_newest_row_stays_so_that_the_chain_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
