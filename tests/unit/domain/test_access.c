/* Access: globs against a naive matcher, and what roles and grants allow. */
#include "domain/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/compiler.h"
#include "base/random.h"

enum { TRIES = 200000, TEXT_MAX = 9 };

static struct random_seeded seeded;

static int set_up(void **state)
{
    (void)state;
    random_seed(&seeded, 7);
    return 0;
}

/* As slow as it is plain. */
static bool naive(const char *glob, const char *name)
{
    if (*glob == '\0')
        return *name == '\0';
    if (*glob == '*')
        return naive(glob + 1, name) || (*name != '\0' && naive(glob, name + 1));
    return *glob == *name && naive(glob + 1, name + 1);
}

static void make_text(const char *letters, char ret_text[TEXT_MAX + 1])
{
    struct random_source random = random_from_seed(&seeded);
    size_t len = random_below(&random, TEXT_MAX) + 1;

    for (size_t i = 0; i < len; i++)
        ret_text[i] = letters[random_below(&random, strlen(letters))];
    ret_text[len] = '\0';
}

static void globs_match_as_a_naive_matcher_says(void **state)
{
    char glob[TEXT_MAX + 1], name[TEXT_MAX + 1];
    unsigned matched = 0;

    (void)state;
    for (unsigned i = 0; i < TRIES; i++) {
        make_text("aab**", glob);
        make_text("aab", name);
        assert_int_equal(globs_match(bytes_of(glob), bytes_of(name)), naive(glob, name));
        matched += naive(glob, name);
    }
    assert_true(matched > TRIES / 100);
}

static void what_covers_matches_all_that_is_covered(void **state)
{
    char a[TEXT_MAX + 1], b[TEXT_MAX + 1], name[TEXT_MAX + 1];
    unsigned shown = 0;

    (void)state;
    for (unsigned i = 0; i < TRIES; i++) {
        make_text("aab**", a);
        make_text("ab*", b);
        make_text("aab", name);
        if (!globs_cover(bytes_of(a), bytes_of(b)) || !naive(b, name))
            continue;
        assert_true(naive(a, name));
        shown++;
    }
    assert_true(shown > TRIES / 1000);
}

static void lists_of_globs_are_joined_by_commas(void **state)
{
    (void)state;
    assert_true(globs_match(BYTES("a,b-*,c"), BYTES("b-7")));
    assert_false(globs_match(BYTES("a,b-*,c"), BYTES("b")));
    assert_false(globs_match(BYTES("a,b"), BYTES("a,b")));
    assert_true(globs_are_all(BYTES("a,*")));
    assert_false(globs_are_all(BYTES("a*,**")));
    assert_true(globs_cover(BYTES("team-*"), BYTES("team-a,team-b-*")));
    assert_true(globs_cover(BYTES("x,*"), BYTES("*")));
    assert_true(globs_cover(BYTES("a*,b"), BYTES("b,a*")));
    assert_false(globs_cover(BYTES("team-*"), BYTES("team-a,other")));
    assert_false(globs_cover(BYTES("team-*"), BYTES("*")));
    assert_false(globs_cover(BYTES("team-*"), BYTES("*-a")));
}

static void globs_that_are_none_are_refused(void **state)
{
    static const char *const BAD[] = {"", ",", "a,", ",a", "a,,b", "a b", "a/b", "\xc3\xa4", "a?"};
    char text[GLOBS_LEN_MAX + 2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        assert_false(globs_are_valid(bytes_of(BAD[i])));
    assert_true(globs_are_valid(BYTES("*")));
    assert_true(globs_are_valid(BYTES("a.b_c:d-*,Z9")));
    memset(text, 'a', sizeof(text));
    assert_true(globs_are_valid((struct bytes){text, 128}));
    assert_false(globs_are_valid((struct bytes){text, 129}));
    for (size_t i = 1; i < sizeof(text); i += 2)
        text[i] = ',';
    assert_true(globs_are_valid((struct bytes){text, GLOBS_LEN_MAX - 1}));
    assert_false(globs_are_valid((struct bytes){text, GLOBS_LEN_MAX + 1}));
}

/* A long glob against a long name that it nearly matches must not take ages. */
static void many_stars_are_no_burden(void **state)
{
    char glob[128], name[128];

    (void)state;
    for (size_t i = 0; i < sizeof(glob); i++)
        glob[i] = i % 2 == 0 ? '*' : 'a';
    memset(name, 'a', sizeof(name));
    glob[sizeof(glob) - 1] = 'b';
    for (unsigned i = 0; i < 1000; i++)
        assert_false(
            globs_match((struct bytes){glob, sizeof(glob)}, (struct bytes){name, sizeof(name)}));
}

static struct grant grant_of(enum role role, const char *ns, const char *queues)
{
    return (struct grant){role, bytes_of(ns), bytes_of(queues)};
}

static bool has(enum role role, enum scope scope)
{
    struct grant grant = grant_of(role, "*", "*");

    return grant_has_scope(&grant, scope);
}

static void roles_have_their_scopes(void **state)
{
    (void)state;
    assert_true(has(ROLE_VIEWER, SCOPE_TASKS_READ) && !has(ROLE_VIEWER, SCOPE_TASKS_SUBMIT));
    assert_true(has(ROLE_SUBMITTER, SCOPE_TASKS_SUBMIT) && !has(ROLE_SUBMITTER, SCOPE_WORK));
    assert_true(has(ROLE_WORKER, SCOPE_WORK) && !has(ROLE_WORKER, SCOPE_TASKS_SUBMIT));
    assert_true(has(ROLE_OPERATOR, SCOPE_QUEUES_ADMIN) && has(ROLE_OPERATOR, SCOPE_AUDIT_READ));
    assert_false(has(ROLE_OPERATOR, SCOPE_TOKENS_ADMIN) || has(ROLE_OPERATOR, SCOPE_SHUTDOWN));
    for (unsigned scope = 0; scope < SCOPE_MAX; scope++)
        assert_true(has(ROLE_ADMIN, (enum scope)scope));
    for (unsigned role = 0; role < ROLE_MAX; role++)
        assert_true(has((enum role)role, SCOPE_NONE) && has((enum role)role, SCOPE_SELF_READ));
}

static void the_whole_broker_is_for_unbounded_grants_only(void **state)
{
    static const enum scope WHOLE[] = {SCOPE_SHUTDOWN, SCOPE_TEST, SCOPE_NAMESPACES_ADMIN};
    struct grant in_ns = grant_of(ROLE_ADMIN, "a", "*"), in_queue = grant_of(ROLE_ADMIN, "*", "q*");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(WHOLE); i++) {
        assert_true(has(ROLE_ADMIN, WHOLE[i]));
        assert_false(grant_has_scope(&in_ns, WHOLE[i]) || grant_has_scope(&in_queue, WHOLE[i]));
    }
    assert_true(grant_has_scope(&in_ns, SCOPE_TOKENS_ADMIN));
}

static void only_what_one_has_can_be_given(void **state)
{
    struct grant giver = grant_of(ROLE_ADMIN, "team-*", "mail,img-*");
    struct grant fits = grant_of(ROLE_ADMIN, "team-a", "img-*");
    struct grant other_ns = grant_of(ROLE_VIEWER, "*", "mail");
    struct grant other_queue = grant_of(ROLE_VIEWER, "team-a", "mail,sms");
    struct grant no_admin = grant_of(ROLE_OPERATOR, "*", "*");

    (void)state;
    assert_true(grant_covers(&giver, &fits) && grant_covers(&giver, &giver));
    assert_false(grant_covers(&giver, &other_ns) || grant_covers(&giver, &other_queue));
    assert_false(grant_covers(&no_admin, &fits));
    assert_true(grant_covers(&principal_open.grant, &other_ns));
}

static struct bytes home(const char *ns)
{
    struct grant grant = grant_of(ROLE_VIEWER, ns, "*");

    return grant_home_ns(&grant);
}

static void a_path_without_namespace_means_the_only_one_or_default(void **state)
{
    (void)state;
    assert_true(bytes_is(home("a"), "a"));
    assert_true(bytes_is(home("*"), "default"));
    assert_true(bytes_is(home("a,default"), "default"));
    assert_true(bytes_is(home("de*"), "default"));
    assert_null(home("a,b").at);
    assert_null(home("team-*").at);
}

static void roles_are_read_by_name(void **state)
{
    enum role role;

    (void)state;
    for (unsigned i = 0; i < ROLE_MAX; i++) {
        assert_true(role_read(bytes_of(role_name((enum role)i)), &role));
        assert_int_equal(role, i);
    }
    assert_false(role_read(BYTES("Admin"), &role) || role_read(BYTES(""), &role));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match_as_a_naive_matcher_says),
        cmocka_unit_test(what_covers_matches_all_that_is_covered),
        cmocka_unit_test(lists_of_globs_are_joined_by_commas),
        cmocka_unit_test(globs_that_are_none_are_refused),
        cmocka_unit_test(many_stars_are_no_burden),
        cmocka_unit_test(roles_have_their_scopes),
        cmocka_unit_test(the_whole_broker_is_for_unbounded_grants_only),
        cmocka_unit_test(only_what_one_has_can_be_given),
        cmocka_unit_test(a_path_without_namespace_means_the_only_one_or_default),
        cmocka_unit_test(roles_are_read_by_name),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
