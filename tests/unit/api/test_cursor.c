/* Tests of cursors: they fit one list and cannot be made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "cursor.h"

static struct digest list_of(const char *filter)
{
    return digest_plain(bytes_of(filter));
}

static void a_cursor_brings_its_place_back(void **state)
{
    struct arena *arena = arena_new();
    struct digest list = list_of("queue=a");
    struct bytes place = BYTES_NONE;

    (void)state;

    struct bytes cursor = cursor_write(&list, BYTES("a\0place"), arena);

    assert_true(cursor_read(cursor, &list, arena, &place));
    assert_true(bytes_equal(place, BYTES("a\0place")));
    arena_free(arena);
}

static void a_cursor_of_another_list_does_not_fit(void **state)
{
    struct arena *arena = arena_new();
    struct digest list = list_of("queue=a");
    struct digest other = list_of("queue=b");
    struct bytes place = BYTES_NONE;

    (void)state;

    assert_false(cursor_read(cursor_write(&list, BYTES("5"), arena), &other, arena, &place));
    arena_free(arena);
}

static void a_changed_cursor_is_noticed(void **state)
{
    struct arena *arena = arena_new();
    struct digest list = list_of("queue=a");
    struct bytes cursor = cursor_write(&list, BYTES("5"), arena);
    struct bytes place = BYTES_NONE;

    (void)state;
    for (size_t i = 0; i < cursor.len; i++) {
        char *changed = arena_string(arena, cursor);

        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(cursor_read((struct bytes){changed, cursor.len}, &list, arena, &place));
    }
    assert_false(cursor_read(BYTES(""), &list, arena, &place));
    assert_false(cursor_read(BYTES("junk!"), &list, arena, &place));
    assert_false(cursor_read((struct bytes){cursor.at, cursor.len - 1}, &list, arena, &place));
    arena_free(arena);
}

static void a_place_cannot_be_read(void **state)
{
    struct arena *arena = arena_new();
    struct digest list = list_of("queue=a");
    struct bytes raw = BYTES_NONE;
    char place[CURSOR_PLACE_MAX];

    (void)state;
    memset(place, 'p', sizeof(place));
    assert_true(base64url_read(cursor_write(&list, (struct bytes){place, sizeof(place)}, arena),
                               arena, &raw));
    assert_null(memmem(raw.at, raw.len, "ppp", 3));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_brings_its_place_back),
        cmocka_unit_test(a_cursor_of_another_list_does_not_fit),
        cmocka_unit_test(a_changed_cursor_is_noticed),
        cmocka_unit_test(a_place_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
