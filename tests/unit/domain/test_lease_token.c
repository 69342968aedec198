/* Lease token: what was written reads back, and nothing else reads at all. */
#include "domain/lease_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/random.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void assert_round_trip(const struct lease_token *token)
{
    struct lease_token read = {0};
    struct bytes text = lease_token_write(token, arena);

    assert_true(lease_token_read(text, arena, &read));
    assert_int_equal(read.task, token->task);
    assert_int_equal(read.delivery, token->delivery);
    assert_memory_equal(read.nonce, token->nonce, LEASE_NONCE_LEN);
}

static void a_token_reads_back(void **state)
{
    struct random_seeded seeded;
    struct random_source random = random_from_seed(&seeded);
    struct lease_token token = {.task = INT64_MAX, .delivery = INT32_MAX};

    (void)state;
    random_seed(&seeded, 1);
    memset(token.nonce, 0xff, sizeof(token.nonce));
    assert_round_trip(&token);
    for (unsigned i = 0; i < 500; i++) {
        token.task = (int64_t)random_below(&random, (uint64_t)INT64_MAX);
        token.delivery = (int32_t)random_below(&random, INT32_MAX);
        random.fill(random.ctx, token.nonce, sizeof(token.nonce));
        assert_round_trip(&token);
    }
}

static void a_token_fits_into_a_path(void **state)
{
    struct lease_token token = {.task = 1, .delivery = 1};

    (void)state;
    memset(token.nonce, 0xfb, sizeof(token.nonce));

    struct bytes text = lease_token_write(&token, arena);

    for (size_t i = 0; i < text.len; i++)
        assert_non_null(
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.at[i]));
}

/* A changed letter gives another token or none, never the same one: there is one spelling. */
static void every_spelling_but_one_is_refused_or_means_another_token(void **state)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= ";
    struct lease_token token = {.task = 7, .delivery = 2}, read;
    struct bytes text = lease_token_write(&token, arena);

    (void)state;
    for (size_t at = 0; at < text.len; at++)
        for (const char *letter = letters; *letter != '\0'; letter++) {
            char *other = arena_string(arena, text);

            other[at] = *letter;
            if (*letter == text.at[at] ||
                !lease_token_read((struct bytes){other, text.len}, arena, &read))
                continue;
            assert_true(read.task != token.task || read.delivery != token.delivery ||
                        memcmp(read.nonce, token.nonce, LEASE_NONCE_LEN) != 0);
        }
}

static void other_lengths_are_refused(void **state)
{
    struct lease_token token = {.task = 7, .delivery = 2}, read;
    char text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    (void)state;
    for (size_t len = 0; len < sizeof(text); len++)
        if (len != lease_token_write(&token, arena).len)
            assert_false(lease_token_read((struct bytes){text, len}, arena, &read));
    assert_false(lease_token_read(BYTES_NONE, arena, &read));
}

static void numbers_that_no_task_has_are_refused(void **state)
{
    struct lease_token token = {.task = -1, .delivery = 1}, read;

    (void)state;
    assert_false(lease_token_read(lease_token_write(&token, arena), arena, &read));
    token = (struct lease_token){.task = 1, .delivery = -1};
    assert_false(lease_token_read(lease_token_write(&token, arena), arena, &read));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_reads_back),
        cmocka_unit_test(a_token_fits_into_a_path),
        cmocka_unit_test(every_spelling_but_one_is_refused_or_means_another_token),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(numbers_that_no_task_has_are_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
