/* Access: a body comes long after its head, and who sent it may not any more. */
#include "api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "call.h"
#include "door.h"
#include "handlers.h"

static void answer_nothing(struct call *call)
{
    answer_status(call, 204);
}

static void assert_refused_late(struct keyring *ring, void (*meanwhile)(struct keyring *ring),
                                const char *authorization, const char *header)
{
    static const struct operation LATE = {.kind = COMMAND_STATS, .answer = answer_nothing};

    door_begin(authorization);
    fake_api()->keyring = ring;
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), OK);
    meanwhile(ring);
    call_run(the_door.request, &LATE);
    assert_int_equal(fake_engine()->posted_len, 0);
    assert_true(fake_answered_with(401, "unauthorized|"));
    assert_true(fake_has_header(header));
    fake_end();
}

static void revoke_admin(struct keyring *ring)
{
    assert_true(keyring_drop(ring, BYTES("admin-token")));
}

static void expire_team(struct keyring *ring)
{
    keyring_set_expiry(ring, BYTES("team-token"), the_door.now_ms);
}

static void make_first(struct keyring *ring)
{
    struct token_line line = {.hash = token_hash(BYTES("first-token")),
                              .grant = {ROLE_ADMIN, BYTES("*"), BYTES("*")},
                              .expires_at_ms = -1};

    keyring_put_file(ring, &line, 1);
}

static void who_may_no_more_is_refused_when_the_body_has_come(void **state)
{
    struct keyring *open = keyring_new();

    (void)state;
    assert_refused_late(the_door.keyring, revoke_admin, "Bearer admin-token",
                        "error=\"invalid_token\"");
    assert_refused_late(the_door.keyring, expire_team, "Bearer team-token",
                        "error=\"invalid_token\"");
    assert_refused_late(open, make_first, NULL, "WWW-Authenticate: Bearer realm=\"sluice\"\n");
    keyring_free(open);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_may_no_more_is_refused_when_the_body_has_come,
                                        door_set_up, door_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
