/* Filter read: the pointer leads to what is wrong. */
#include "filter_stage.h"

static void what_is_malformed_is_pointed_at(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"7", "/filters"},
        {"", "/filters"},
        {"[1}", "/filters"},
        {"[{},7]", "/filters/1"},
        {"[{\"a\":1,\"a\":2}]", "/filters"},
        {"[{\"v\":{\"$foo\":1}}]", "/filters/0/v/$foo"},
        {"[{\"a/b~\":{\"$in\":1}}]", "/filters/0/a~1b~0/$in"},
        {"[{\"a\":{\"$or\":[1,{\"$not\":{\"b\":{\"$size\":-1}}}]}}]",
         "/filters/0/a/$or/1/$not/b/$size"},
        {"[{\"a\":{\"$mod\":[0,1]}}]", "/filters/0/a/$mod"},
        {"[{\"a\":{\"$mod\":[true,1]}}]", "/filters/0/a/$mod"},
        {"[{\"a\":{\"$type\":\"text\"}}]", "/filters/0/a/$type"},
        {"[{\"a\":{\"$exists\":1}}]", "/filters/0/a/$exists"},
        {"[{\"a\":{\"$elemMatch\":1}}]", "/filters/0/a/$elemMatch"},
        {"[{\"a\":{\"$regex\":\"(\"}}]", "/filters/0/a/$regex"},
        {"[{\"$foo\":\"!x\"}]", "/filters/0/$foo"},
    };

    for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
        assert_string_equal(pointer_of(CASES[i][0]), CASES[i][1]);
}

static void values_of_comparisons_hold_no_operators(void **state)
{
    (void)state;
    assert_string_equal(pointer_of("[{\"a\":{\"$eq\":{\"$foo\":1},\"$in\":[{\"$foo\":1}]}}]"), "");
    assert_match("[{\"a\":{\"$eq\":{\"$foo\":1}}}]", "{\"a\":{\"$foo\":1}}");
}

static void a_long_pointer_is_cut(void **state)
{
    (void)state;
    char text[600] = "[{\"";

    memset(text + 3, '/', 500);
    memcpy(text + 503, "\":{\"$foo\":1}}]", 15);

    assert_in_range(strlen(pointer_of(text)), 90, 127);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_malformed_is_pointed_at),
        cmocka_unit_test(values_of_comparisons_hold_no_operators),
        cmocka_unit_test(a_long_pointer_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
