/* Tests of skills: what workers that announced the same may run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hot.h"
#include "skill.h"

static struct skill *take(struct hot *hot, const struct bytes *types, unsigned len,
                          const char *labels, const char *pin)
{
    return skill_take(hot->skills, &(struct skill_parts){.types = types,
                                                         .types_len = len,
                                                         .labels = bytes_of(labels),
                                                         .pin = bytes_of(pin)});
}

static void who_announced_the_same_shares_a_skill(void **state)
{
    const struct bytes types[] = {BYTES("a"), BYTES("b")};
    struct hot hot;

    (void)state;
    hot_init(&hot);
    struct skill *one = take(&hot, types, 2, "x=1\n", NULL);

    assert_ptr_equal(take(&hot, types, 2, "x=1\n", NULL), one);
    assert_ptr_not_equal(take(&hot, types, 1, "x=1\n", NULL), one);
    assert_ptr_not_equal(take(&hot, types, 2, "x=2\n", NULL), one);
    assert_ptr_not_equal(take(&hot, types, 2, "x=1\n", "id"), one);
    assert_int_equal(map_len(hot.skills), 4);
    skill_drop(hot.skills, one);
    assert_int_equal(map_len(hot.skills), 4);
    skill_drop(hot.skills, one);
    assert_int_equal(map_len(hot.skills), 3);
    for (size_t at = 0; (one = map_each(hot.skills, &at)) != NULL;)
        skill_drop(hot.skills, one);
    hot_fini(&hot);
}

static void a_class_is_run_by_type_labels_and_pin(void **state)
{
    const struct bytes types[] = {BYTES("a"), BYTES("b")};
    struct hot hot;

    (void)state;
    hot_init(&hot);
    struct hot_ns *ns = hot_ns(&hot, BYTES("default"), true);
    struct skill *skill = take(&hot, types, 2, "x=1\ny=2\n", NULL);
    struct skill *pinned = take(&hot, NULL, 0, "x=1\n", "id");

    assert_true(skill_runs(skill, hot_class(&hot, ns, BYTES("b"), BYTES("x=1\n"))));
    assert_false(skill_runs(skill, hot_class(&hot, ns, BYTES("c"), BYTES("x=1\n"))));
    assert_false(skill_runs(skill, hot_class(&hot, ns, BYTES("b"), BYTES("x=2\n"))));
    assert_true(skill_knows_type(skill, hot_class(&hot, ns, BYTES("b"), BYTES("x=2\n"))));
    assert_false(skill_runs(skill, hot_class(&hot, ns, BYTES("b"), BYTES("@id\n"))));
    assert_true(skill_runs(pinned, hot_class(&hot, ns, BYTES("b"), BYTES("@id\nx=1\n"))));
    assert_false(skill_runs(pinned, hot_class(&hot, ns, BYTES("b"), BYTES("@id\nx=2\n"))));
    assert_false(skill_runs(pinned, hot_class(&hot, ns, BYTES("b"), BYTES("@ie\nx=1\n"))));
    assert_true(skill_runs(pinned, hot_class(&hot, ns, BYTES("c"), BYTES_NONE)));
    skill_drop(hot.skills, skill);
    skill_drop(hot.skills, pinned);
    hot_fini(&hot);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_announced_the_same_shares_a_skill),
        cmocka_unit_test(a_class_is_run_by_type_labels_and_pin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
