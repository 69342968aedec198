/* Map: what was put is found, what was removed is not, over long random histories with both kinds
 * of keys. */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

enum { KEYS = 3000 };

struct item {
    char text[24];
    bool is_in;
};

static struct bytes key_of(const struct item *item)
{
    return bytes_of(item->text);
}

static void byte_keys_are_found(void **state)
{
    struct map *map = map_new();
    int a = 1;
    int b = 2;

    (void)state;
    assert_null(map_get(map, BYTES("a")));
    assert_null(map_put(map, BYTES("a"), &a));
    assert_null(map_put(map, BYTES("a\0"), &b));
    assert_ptr_equal(map_get(map, BYTES("a")), &a);
    assert_ptr_equal(map_get(map, BYTES("a\0")), &b);
    assert_ptr_equal(map_put(map, BYTES("a"), &b), &a);
    assert_int_equal(map_len(map), 2);
    assert_ptr_equal(map_remove(map, BYTES("a")), &b);
    assert_null(map_remove(map, BYTES("a")));
    assert_null(map_get(map, BYTES("a")));
    assert_int_equal(map_len(map), 1);
    map_free(map);
    map_free(NULL);
}

static void kinds_of_keys_do_not_meet(void **state)
{
    struct map *map = map_new();
    int a = 1;
    int b = 2;

    (void)state;
    assert_null(map_put(map, BYTES_NONE, &a));
    assert_null(map_put_int(map, 0, &b));
    assert_ptr_equal(map_get(map, BYTES("")), &a);
    assert_ptr_equal(map_get_int(map, 0), &b);
    assert_null(map_get_int(map, UINT64_MAX));
    assert_null(map_put_int(map, UINT64_MAX, &a));
    assert_ptr_equal(map_remove_int(map, UINT64_MAX), &a);
    assert_ptr_equal(map_remove_int(map, 0), &b);
    assert_ptr_equal(map_get(map, BYTES("")), &a);
    map_free(map);
}

static void a_put_key_replaces_the_borrowed_one(void **state)
{
    struct map *map = map_new();
    char first[] = "key";
    char second[] = "key";
    int value = 1;

    (void)state;
    (void)map_put(map, bytes_of(first), &value);
    (void)map_put(map, bytes_of(second), &value);
    first[0] = 'x';
    assert_ptr_equal(map_get(map, BYTES("key")), &value);
    map_free(map);
}

static void random_histories_agree_with_a_plain_table(void **state)
{
    static struct item items[KEYS];
    struct random_seeded seeded;
    struct random_source random = random_from_seed(&seeded);
    struct map *map = map_new();
    size_t len = 0;

    (void)state;
    random_seed(&seeded, 9);
    for (unsigned i = 0; i < KEYS; i++)
        (void)snprintf(items[i].text, sizeof(items[i].text), "key-%.*s%u", (int)(i % 11),
                       "abcdefghijk", i);
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t number = random_below(&random, KEYS);
        struct item *item = &items[number];
        /* Grows for a while, then shrinks. */
        bool puts = random_below(&random, 10) < (i / 20000 % 2 == 0 ? 7u : 2u);
        bool is_int = number % 2 == 0;
        void *before;

        if (puts)
            before = is_int ? map_put_int(map, number, item) : map_put(map, key_of(item), item);
        else
            before = is_int ? map_remove_int(map, number) : map_remove(map, key_of(item));
        assert_ptr_equal(before, item->is_in ? item : NULL);
        len += (size_t)puts - (size_t)item->is_in;
        item->is_in = puts;
        assert_int_equal(map_len(map), len);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        void *found = i % 2 == 0 ? map_get_int(map, i) : map_get(map, key_of(&items[i]));

        assert_ptr_equal(found, items[i].is_in ? &items[i] : NULL);
    }
    map_free(map);
}

static void a_walk_sees_each_value_once(void **state)
{
    struct map *map = map_new();
    bool values[1000] = {false};
    size_t at = 0;

    (void)state;
    assert_null(map_each(map, &at));
    for (unsigned i = 0; i < 1000; i++)
        (void)map_put_int(map, i, &values[i]);
    at = 0;
    for (bool *value = map_each(map, &at); value != NULL; value = map_each(map, &at)) {
        assert_false(*value);
        *value = true;
    }
    assert_null(map_each(map, &at));
    for (unsigned i = 0; i < 1000; i++)
        assert_true(values[i]);
    map_free(map);
}

static void a_walk_may_remove_what_it_got(void **state)
{
    struct map *map = map_new();
    unsigned seen[1000] = {0};
    size_t at = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        (void)map_put_int(map, i, &seen[i]);
    for (unsigned *value = map_each(map, &at); value != NULL; value = map_each(map, &at)) {
        (*value)++;
        if ((value - seen) % 7 != 0)
            assert_ptr_equal(map_remove_int(map, (uint64_t)(value - seen)), value);
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(seen[i], 1);
        assert_int_equal(map_get_int(map, i) != NULL, i % 7 == 0);
    }
    assert_int_equal(map_len(map), 143);
    map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_keys_are_found),
        cmocka_unit_test(kinds_of_keys_do_not_meet),
        cmocka_unit_test(a_put_key_replaces_the_borrowed_one),
        cmocka_unit_test(random_histories_agree_with_a_plain_table),
        cmocka_unit_test(a_walk_sees_each_value_once),
        cmocka_unit_test(a_walk_may_remove_what_it_got),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
