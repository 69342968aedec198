/* Filter condition: each operator once right, once wrong, and on what is not there. */
#include "filter_stage.h"

static void comparisons_take_like_with_like(void **state)
{
    (void)state;
    assert_match("[{\"v\":{\"$gt\":3}}]", "{\"v\":3.5}");
    assert_no_match("[{\"v\":{\"$gt\":3}}]", "{\"v\":3}");
    assert_match("[{\"v\":{\"$gte\":3}}]", "{\"v\":3.0}");
    assert_match("[{\"v\":{\"$lt\":\"b\"}}]", "{\"v\":\"a\"}");
    assert_match("[{\"v\":{\"$lte\":true}}]", "{\"v\":1}");
    assert_no_match("[{\"v\":{\"$gt\":3}}]", "{\"v\":\"4\"}");
    assert_no_match("[{\"v\":{\"$lt\":3}}]", "{\"v\":null}");
    assert_no_match("[{\"v\":{\"$lt\":3}}]", "{}");
    assert_match("[{\"v\":{\"$eq\":1}}]", "{\"v\":true}");
    assert_match("[{\"v\":{\"$ne\":1}}]", "{}");
    assert_no_match("[{\"v\":{\"$eq\":1}}]", "{\"v\":[1]}");
}

static void plain_values_are_contained_or_written_alike(void **state)
{
    (void)state;
    assert_match("[{\"v\":\"x\"}]", "{\"v\":[\"y\",\"x\"]}");
    assert_no_match("[{\"v\":\"x*\"}]", "{\"v\":[\"x\"]}");
    assert_match("[{\"v\":\"True\"}]", "{\"v\":true}");
    assert_no_match("[{\"v\":\"true\"}]", "{\"v\":true}");
    assert_no_match("[{\"v\":20}]", "{\"v\":\"20\"}");
    assert_no_match("[{\"v\":null}]", "{}");
}

static void joined_conditions(void **state)
{
    (void)state;
    assert_match("[{\"p\":{\"$not\":{\"$or\":[\"win32\",\"linux\"]}}}]", "{\"p\":\"macos\"}");
    assert_no_match("[{\"p\":{\"$not\":{\"$or\":[\"win32\",\"linux\"]}}}]", "{\"p\":\"linux\"}");
    assert_no_match("[{\"p\":{\"$or\":[\"win*\"]}}]", "{\"p\":\"win32\"}");
    assert_match("[{\"p\":{\"$or\":[\"win*\"]}}]", "{\"p\":\"win*\"}");
    assert_match("[{\"v\":{\"$and\":[{\"$gt\":1},{\"$lt\":3}]}}]", "{\"v\":2}");
    assert_no_match("[{\"v\":{\"$nor\":[1,2]}}]", "{\"v\":2}");
    assert_match("[{\"$or\":[{\"a\":1},{\"b\":1}]}]", "{\"b\":1}");
    assert_match("[{\"v\":{\"$and\":[],\"$nor\":[]}}]", "{}");
    assert_no_match("[{\"v\":{\"$or\":[]}}]", "{\"v\":1}");
}

static void arrays(void **state)
{
    (void)state;
    assert_match("[{\"v\":{\"$in\":[1,\"x\"]}}]", "{\"v\":\"x\"}");
    assert_match("[{\"v\":{\"$in\":[1,\"x\"]}}]", "{\"v\":[2,\"x\"]}");
    assert_no_match("[{\"v\":{\"$nin\":[1,\"x\"]}}]", "{\"v\":[2,\"x\"]}");
    assert_match("[{\"v\":{\"$nin\":[1]}}]", "{}");
    assert_match("[{\"v\":{\"$all\":[1,2]}}]", "{\"v\":[3,2,1]}");
    assert_no_match("[{\"v\":{\"$all\":[1,2]}}]", "{\"v\":[1]}");
    assert_match("[{\"v\":{\"$size\":2}}]", "{\"v\":[0,0]}");
    assert_no_match("[{\"v\":{\"$size\":2}}]", "{\"v\":\"ab\"}");
    assert_match("[{\"v\":{\"$elemMatch\":{\"a\":1,\"b\":{\"$gt\":1}}}}]",
                 "{\"v\":[{\"a\":1,\"b\":1},{\"a\":1,\"b\":2}]}");
    assert_no_match("[{\"v\":{\"$elemMatch\":{\"a\":1,\"b\":{\"$gt\":1}}}}]",
                    "{\"v\":[{\"a\":1,\"b\":1},{\"a\":2,\"b\":2}]}");
}

static void kinds_and_presence(void **state)
{
    (void)state;
    assert_match("[{\"v\":{\"$type\":\"int\"}}]", "{\"v\":true}");
    assert_no_match("[{\"v\":{\"$type\":\"int\"}}]", "{\"v\":1.0}");
    assert_match("[{\"v\":{\"$type\":\"number\"}}]", "{\"v\":123456789012345678901234567890}");
    assert_match("[{\"v\":{\"$type\":10}}]", "{\"v\":null}");
    assert_no_match("[{\"v\":{\"$type\":\"null\"}}]", "{}");
    assert_match("[{\"v\":{\"$exists\":true}}]", "{\"v\":null}");
    assert_match("[{\"v\":{\"$exists\":false}}]", "{}");
    assert_match("[{\"v\":{\"$not\":{\"$exists\":true}}}]", "{}");
    assert_no_match("[{\"v.w\":{\"$exists\":true}}]", "{\"v\":null}");
}

static void rests_have_the_sign_of_the_divisor(void **state)
{
    (void)state;
    assert_match("[{\"v\":{\"$mod\":[3,2]}}]", "{\"v\":-7}");
    assert_match("[{\"v\":{\"$mod\":[-3,-1]}}]", "{\"v\":-7}");
    assert_match("[{\"v\":{\"$mod\":[-3,-2]}}]", "{\"v\":7}");
    assert_match("[{\"v\":{\"$mod\":[-1,0]}}]", "{\"v\":-9223372036854775808}");
    assert_match("[{\"v\":{\"$mod\":[1.5,1]}}]", "{\"v\":7}");
    assert_match("[{\"v\":{\"$mod\":[7,1]}}]", "{\"v\":1000000000000000000000000}");
    assert_match("[{\"v\":{\"$mod\":[1000,789]}}]", "{\"v\":123456789123456789123456789}");
    assert_match("[{\"v\":{\"$mod\":[1000,211]}}]", "{\"v\":-123456789123456789123456789}");
    assert_no_match("[{\"v\":{\"$mod\":[2,1]}}]", "{}");
    assert_trouble("[{\"v\":{\"$mod\":[2,1]}}]", "{\"v\":null}");
    assert_trouble("[{\"v\":{\"$mod\":[2,1]}}]", "{\"v\":1e400}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_take_like_with_like),
        cmocka_unit_test(plain_values_are_contained_or_written_alike),
        cmocka_unit_test(joined_conditions),
        cmocka_unit_test(arrays),
        cmocka_unit_test(kinds_and_presence),
        cmocka_unit_test(rests_have_the_sign_of_the_divisor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
