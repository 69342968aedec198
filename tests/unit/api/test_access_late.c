/* Access: a body comes long after its head, and who sent it may not any more. */
#include "api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "call.h"
#include "fake.h"
#include "handlers.h"

static int64_t now_ms;
static struct keyring *keyring;
static struct failures *failures;
static struct request *request;
static struct error error;

static struct moment now(void *ctx)
{
    (void)ctx;
    return (struct moment){.wall_ms = now_ms, .mono_ms = now_ms};
}

static void put(const char *token, enum role role, const char *ns, const char *queues)
{
    struct key_facts facts = {
        .who = {.id = bytes_of(token), .grant = {role, bytes_of(ns), bytes_of(queues)}},
        .hash = token_hash(bytes_of(token)),
        .source = KEY_FROM_STORE,
        .expires_at_ms = -1,
        .last_used_at_ms = -1,
    };

    keyring_put(keyring, &facts);
}

static int set_up(void **state)
{
    (void)state;
    now_ms = 1000000;
    keyring = keyring_new();
    failures = failures_new(8);
    put("admin-token", ROLE_ADMIN, "*", "*");
    put("team-token", ROLE_WORKER, "team", "*");
    put("teams-token", ROLE_WORKER, "team-*", "*");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    keyring_free(keyring);
    failures_free(failures);
    return 0;
}

static struct request *begin(const char *authorization)
{
    request = fake_begin();
    request->headers[0] = (struct fake_pair){"authorization", authorization};
    request->ns_is_implied = true;
    fake_api()->keyring = keyring;
    fake_api()->failures = failures;
    fake_engine()->clock.now = now;
    return request;
}

static enum err admit(enum scope scope, bool urgent)
{
    const struct route route = {.operation = "x", .scope = scope, .urgent = urgent};

    error = (struct error){.detail = ""};
    return api_admit(fake_api(), request, &route, &error);
}

static void answer_nothing(struct call *call)
{
    answer_status(call, 204);
}

static void assert_refused_late(struct keyring *ring, void (*meanwhile)(struct keyring *ring),
                                const char *authorization, const char *header)
{
    static const struct operation LATE = {.kind = COMMAND_STATS, .answer = answer_nothing};

    begin(authorization);
    fake_api()->keyring = ring;
    assert_int_equal(admit(SCOPE_SELF_READ, false), OK);
    meanwhile(ring);
    call_run(request, &LATE);
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
    keyring_set_expiry(ring, BYTES("team-token"), now_ms);
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
    assert_refused_late(keyring, revoke_admin, "Bearer admin-token", "error=\"invalid_token\"");
    assert_refused_late(keyring, expire_team, "Bearer team-token", "error=\"invalid_token\"");
    assert_refused_late(open, make_first, NULL, "WWW-Authenticate: Bearer realm=\"sluice\"\n");
    keyring_free(open);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_may_no_more_is_refused_when_the_body_has_come, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
