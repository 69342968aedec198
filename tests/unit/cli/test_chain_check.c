/* Chain check: a whole chain holds, and every kind of break is found where it is. */
#include "chain_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/chain.h"

enum { ROWS = 4 };

struct record {
    struct arena *arena;
    struct bytes rows[ROWS];
    struct chain_check check;
};

static struct bytes row_of(struct arena *arena, int64_t number, const char *object,
                           struct digest *hash)
{
    struct chain_link link = {
        .number = number,
        .at = BYTES("2026-01-02T03:04:05.678Z"),
        .actor = BYTES("k\"1"),
        .action = BYTES("queue.deleted"),
        .object = bytes_of(object),
        .detail = BYTES("{\"a\": [1,2.50]}"),
    };
    char hex[DIGEST_LEN * 2 + 1];

    *hash = chain_next(*hash, &link);
    digest_hex(*hash, hex);
    return arena_printf(arena,
                        "{\"number\":%lld,\"at\":\"2026-01-02T03:04:05.678Z\",\"namespace\":null,"
                        "\"actor\":\"k\\\"1\",\"address\":null,\"request_id\":null,"
                        "\"action\":\"queue.deleted\",\"object\":\"%s\","
                        "\"detail\":{\"a\": [1,2.50]},\"hash\":\"%s\"}",
                        (long long)number, object, hex);
}

/* A record whose first row has this number. */
static struct record record_from(int64_t number)
{
    struct record record = {.arena = arena_new(), .check = chain_check_new()};
    struct digest hash = chain_start();

    for (int i = 0; i < ROWS; i++)
        record.rows[i] = row_of(record.arena, number + i, "q", &hash);
    return record;
}

/* The row that does not hold, NULL-complaint as -1. */
static int first_bad(struct record *record)
{
    for (int i = 0; i < ROWS; i++)
        if (chain_check_row(&record->check, record->rows[i], record->arena) != NULL)
            return i;
    return -1;
}

static void a_whole_record_holds(void **state)
{
    struct record record = record_from(1);

    (void)state;
    assert_int_equal(first_bad(&record), -1);
    assert_int_equal(record.check.rows, ROWS);
    assert_int_equal(record.check.first, 1);
    assert_int_equal(record.check.number, ROWS);
    arena_free(record.arena);
}

static void a_record_whose_beginning_has_left_holds_from_there(void **state)
{
    struct record record = record_from(50);

    (void)state;
    assert_int_equal(first_bad(&record), -1);
    assert_int_equal(record.check.first, 50);
    arena_free(record.arena);
}

static void a_changed_row_is_found(void **state)
{
    struct record record = record_from(1);
    char *at = strstr(record.rows[2].at, "2.50");

    (void)state;
    at[2] = '6';
    assert_int_equal(first_bad(&record), 2);
    assert_int_equal(record.check.number, 3);
    arena_free(record.arena);
}

static void a_row_with_a_hash_of_its_own_breaks_the_next(void **state)
{
    struct record record = record_from(1);
    struct digest forged = record.check.hash;

    (void)state;
    record.rows[0] = row_of(record.arena, 1, "other", &forged);
    assert_int_equal(first_bad(&record), 1);
    arena_free(record.arena);
}

static void a_row_that_was_taken_out_is_missed(void **state)
{
    struct record record = record_from(1);

    (void)state;
    assert_null(chain_check_row(&record.check, record.rows[0], record.arena));
    assert_non_null(
        strstr(chain_check_row(&record.check, record.rows[2], record.arena), "is missing"));
    assert_int_equal(record.check.number, 3);
    arena_free(record.arena);
}

static void a_first_row_that_is_not_the_first_is_not_believed(void **state)
{
    struct record record = record_from(1);
    struct digest other = {.at = {1}};

    (void)state;
    record.rows[0] = row_of(record.arena, 1, "q", &other);
    assert_int_equal(first_bad(&record), 0);
    arena_free(record.arena);
}

static void nonsense_is_no_row(void **state)
{
    static const char *const bad[] = {
        "7", "[]", "{\"number\":1,\"hash\":\"zz\"}",
        ("{\"number\":1,\"hash\":"
         "\"zz00000000000000000000000000000000000000000000000000000000000000\"}")};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct chain_check check = chain_check_new();

        assert_non_null(chain_check_row(&check, bytes_of(bad[i]), arena));
        assert_false(check.sees_part);
    }
    arena_free(arena);
}

static void rows_without_hashes_are_a_part_only(void **state)
{
    struct chain_check check = chain_check_new();
    struct arena *arena = arena_new();

    (void)state;
    assert_non_null(chain_check_row(&check, BYTES("{\"number\":1,\"hash\":null}"), arena));
    assert_true(check.sees_part);
    arena_free(arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_record_holds),
        cmocka_unit_test(a_record_whose_beginning_has_left_holds_from_there),
        cmocka_unit_test(a_changed_row_is_found),
        cmocka_unit_test(a_row_with_a_hash_of_its_own_breaks_the_next),
        cmocka_unit_test(a_row_that_was_taken_out_is_missed),
        cmocka_unit_test(a_first_row_that_is_not_the_first_is_not_believed),
        cmocka_unit_test(nonsense_is_no_row),
        cmocka_unit_test(rows_without_hashes_are_a_part_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
