/* Filter path: what names with dots lead to. */
#include "filter_path.h"

#include "filter_compare.h"
#include "filter_stage.h"

/* wanted NULL: it leads nowhere. */
static void assert_leads(const char *path, const char *from, const char *wanted, bool exists)
{
    struct arena *arena = arena_new();
    struct filter_work work = {.scratch = arena};
    struct json_value start = json_of(arena, from);
    struct filter_found found = filter_follow(bytes_of(path), &start, &work);

    assert_int_equal(found.exists, exists);
    if (wanted == NULL) {
        assert_int_equal(found.value.kind, JSON_KIND_NONE);
    } else {
        struct json_value value = json_of(arena, wanted);

        assert_true(filter_equal(&found.value, &value, &work));
    }
    arena_free(arena);
}

static void objects_by_name_arrays_by_number_or_each(void **state)
{
    (void)state;
    assert_leads("a.b", "{\"a\":{\"b\":1}}", "1", true);
    assert_leads("a.b", "{\"a.b\":1}", NULL, false);
    assert_leads("", "{\"\":1}", "1", true);
    assert_leads("a..b", "{\"a\":{\"\":{\"b\":1}}}", "1", true);
    assert_leads("a.1", "{\"a\":[1,2]}", "2", true);
    assert_leads("a.2", "{\"a\":[1,2]}", NULL, false);
    assert_leads("a.01", "{\"a\":[1,2]}", NULL, false);
    assert_leads("a.1", "{\"a\":{\"1\":2}}", "2", true);
    assert_leads("a.b", "{\"a\":[{\"b\":1},{\"b\":[2]}]}", "[1,[2]]", true);
    assert_leads("a.b", "{\"a\":[]}", "[]", false);
    assert_leads("a.b", "{\"a\":\"b\"}", NULL, false);
}

static void behind_null_is_null_that_does_not_exist(void **state)
{
    (void)state;
    assert_leads("a", "{\"a\":null}", "null", true);
    assert_leads("a.b.c", "{\"a\":null}", "null", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_by_name_arrays_by_number_or_each),
        cmocka_unit_test(behind_null_is_null_that_does_not_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
