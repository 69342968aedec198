/* Id: version 7, strictly increasing whatever the clock does, and the same text both ways. */
#include "base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct id_source source_from(struct random_seeded *seeded, uint64_t seed)
{
    struct id_source source;

    random_seed(seeded, seed);
    id_source_init(&source, random_from_seed(seeded));
    return source;
}

static void an_id_says_its_version_and_its_time(void **state)
{
    struct random_seeded seeded;
    struct id_source source = source_from(&seeded, 1);
    struct id id = id_next(&source, INT64_C(0x0123456789ab));
    static const uint8_t TIME[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab};

    (void)state;
    assert_memory_equal(id.at, TIME, sizeof(TIME));
    assert_int_equal(id.at[6] >> 4, 7);
    assert_int_equal(id.at[8] >> 6, 2);
}

static void ids_increase_while_the_clock_steps(void **state)
{
    struct random_seeded seeded;
    struct id_source source = source_from(&seeded, 2);
    struct random_source random = random_from_seed(&seeded);
    struct id last = {.at = {0}};
    int64_t now_ms = 1700000000000;

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        struct id id = id_next(&source, now_ms);

        assert_true(memcmp(id.at, last.at, sizeof(id.at)) > 0);
        last = id;
        if (i % 10 == 0)
            now_ms += (int64_t)random_below(&random, 5) - 2;
        if (i % 50000 == 49999)
            now_ms -= 3600000;
    }
}

static void ids_increase_beyond_a_full_counter(void **state)
{
    struct random_seeded seeded;
    struct id_source source = source_from(&seeded, 3);
    struct id last = id_next(&source, 1000);

    (void)state;
    source.counter = (1u << 26) - 3;
    for (unsigned i = 0; i < 10; i++) {
        struct id id = id_next(&source, 1000);

        if (i > 0)
            assert_true(memcmp(id.at, last.at, sizeof(id.at)) > 0);
        last = id;
    }
    assert_int_equal(source.last_ms, 1001);
}

static void a_seed_gives_the_same_ids_again(void **state)
{
    struct random_seeded seeded_a;
    struct random_seeded seeded_b;
    struct id_source a = source_from(&seeded_a, 4);
    struct id_source b = source_from(&seeded_b, 4);

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(id_equal(id_next(&a, i / 3), id_next(&b, i / 3)));
}

static void text_goes_both_ways(void **state)
{
    struct random_seeded seeded;
    struct id_source source = source_from(&seeded, 5);
    char text[ID_TEXT_LEN + 1];
    struct id id;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct id made = id_next(&source, 1700000000000 + i);

        id_format(made, text);
        assert_int_equal(strlen(text), ID_TEXT_LEN);
        assert_true(id_parse(bytes_of(text), &id));
        assert_true(id_equal(id, made));
    }
    assert_true(id_parse(BYTES("0190A5F2-7B3c-7def-8123-456789ABCDEF"), &id));
    id_format(id, text);
    assert_string_equal(text, "0190a5f2-7b3c-7def-8123-456789abcdef");
}

static void other_texts_are_refused(void **state)
{
    static const char *const TEXTS[] = {
        "",
        "0190a5f27b3c7def8123456789abcdef",
        "0190a5f2-7b3c-7def-8123-456789abcde",
        "0190a5f2-7b3c-7def-8123-456789abcdeff",
        "0190a5f2-7b3c-7def-8123-456789abcdeg",
        "0190a5f2-7b3c-7def-81234-56789abcdef",
        "0190a5f27-b3c-7def-8123-456789abcdef",
        "{190a5f2-7b3c-7def-8123-456789abcde}",
        " 190a5f2-7b3c-7def-8123-456789abcdef",
        "0190a5f2_7b3c_7def_8123_456789abcdef",
    };
    struct id id = {.at = {7}};

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
        assert_false(id_parse(bytes_of(TEXTS[i]), &id));
    assert_int_equal(id.at[0], 7);
}

static void only_the_nil_id_is_nil(void **state)
{
    struct id nil = {.at = {0}};
    struct id other = {.at = {[15] = 1}};

    (void)state;
    assert_true(id_is_nil(nil));
    assert_false(id_is_nil(other));
    assert_false(id_equal(nil, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_says_its_version_and_its_time),
        cmocka_unit_test(ids_increase_while_the_clock_steps),
        cmocka_unit_test(ids_increase_beyond_a_full_counter),
        cmocka_unit_test(a_seed_gives_the_same_ids_again),
        cmocka_unit_test(text_goes_both_ways),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(only_the_nil_id_is_nil),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
