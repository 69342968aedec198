/* Access: who is let in, what the others are told, and what is counted and put on record. */
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

#define NEEDED                                                                                      \
    "a valid token is needed: \"Authorization: Bearer TOKEN\", one blank; tokens in the query are " \
    "not read"

/* Notes for the record come back as the engine gives them back. */
static void take_notes(void)
{
    struct fake_engine *engine = fake_engine();

    while (engine->posted_len > 0 && fake_command()->kind == COMMAND_NOTE) {
        fake_reply();
        engine->posted_len--;
    }
}

static void end(void)
{
    take_notes();
    fake_end();
}

/* One the_door.request from its begin to its end. */
static enum err try(const char *authorization, enum scope scope)
{
    enum err code;

    door_begin(authorization);
    code = door_admit(scope, false);
    end();
    return code;
}

static void without_tokens_everybody_may_do_all(void **state)
{
    struct keyring *empty = keyring_new();

    (void)state;
    door_begin("Bearer whatever");
    fake_api()->keyring = empty;
    assert_int_equal(door_admit(SCOPE_SHUTDOWN, false), OK);
    assert_ptr_equal(request_caller(the_door.request), &principal_open);
    assert_string_equal(the_door.request->ns, "default");
    end();
    keyring_free(empty);
}

static void health_needs_no_token(void **state)
{
    (void)state;
    assert_int_equal(try(NULL, SCOPE_NONE), OK);
    assert_int_equal(try("Bearer wrong-token", SCOPE_NONE), OK);
}

static void whoever_has_the_token_is_who_asks(void **state)
{
    static const char *const GOOD[] = {"Bearer admin-token", "bearer admin-token",
                                       "BEARER admin-token"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
        door_begin(GOOD[i]);
        assert_int_equal(door_admit(SCOPE_SHUTDOWN, false), OK);
        assert_ptr_equal(request_caller(the_door.request),
                         keyring_find(the_door.keyring, BYTES("admin-token")));
        assert_string_equal(the_door.request->ns, "default");
        end();
    }
    assert_int_equal(keyring_find(the_door.keyring, BYTES("admin-token"))->last_used_at_ms, 960000);
}

static void all_others_hear_the_same(void **state)
{
    static const char *const BAD[] = {NULL,
                                      "",
                                      "Bearer",
                                      "Bearer ",
                                      "Bearer  admin-token",
                                      "Bearer admin-token ",
                                      "Bearer admin-toke",
                                      "Bearer admin-tokens",
                                      "Bearer ADMIN-TOKEN",
                                      "Bearer\tadmin-token",
                                      "Basic admin-token",
                                      "admin-token"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        door_begin(BAD[i]);
        assert_int_equal(door_admit(SCOPE_SELF_READ, false), ERR_UNAUTHORIZED);
        assert_string_equal(the_door.error.detail, NEEDED);
        assert_null(request_caller(the_door.request));
        assert_true(fake_has_header("WWW-Authenticate: Bearer realm=\"sluice\""));
        end();
    }
    keyring_set_expiry(the_door.keyring, BYTES("admin-token"), the_door.now_ms);
    door_begin("Bearer admin-token");
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), ERR_UNAUTHORIZED);
    assert_string_equal(the_door.error.detail, NEEDED);
    assert_true(fake_has_header("error=\"invalid_token\""));
    end();
}

static void only_a_sent_token_is_called_invalid(void **state)
{
    (void)state;
    door_begin(NULL);
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), ERR_UNAUTHORIZED);
    assert_false(fake_has_header("invalid_token"));
    end();
}

static void what_the_role_lacks_is_403(void **state)
{
    (void)state;
    assert_int_equal(try("Bearer team-token", SCOPE_WORK), OK);
    assert_int_equal(try("Bearer team-token", SCOPE_TASKS_SUBMIT), ERR_FORBIDDEN);
    assert_non_null(strstr(the_door.error.detail, "tasks:submit"));
}

static void a_path_that_is_not_there_needs_a_token_too(void **state)
{
    (void)state;
    door_begin(NULL);
    assert_int_equal(api_admit(fake_api(), the_door.request, NULL, &the_door.error),
                     ERR_UNAUTHORIZED);
    end();
    door_begin("Bearer team-token");
    assert_int_equal(api_admit(fake_api(), the_door.request, NULL, &the_door.error), OK);
    end();
}

static void namespaces_are_the_token_s(void **state)
{
    (void)state;
    door_begin("Bearer team-token");
    assert_int_equal(door_admit(SCOPE_WORK, false), OK);
    assert_string_equal(the_door.request->ns, "team");
    end();

    door_begin("Bearer team-token");
    the_door.request->ns_is_implied = false;
    the_door.request->ns = "other";
    assert_int_equal(door_admit(SCOPE_WORK, false), ERR_FORBIDDEN);
    end();

    door_begin("Bearer teams-token");
    the_door.request->ns_is_implied = false;
    the_door.request->ns = "team-7";
    assert_int_equal(door_admit(SCOPE_WORK, false), OK);
    assert_string_equal(the_door.request->ns, "team-7");
    end();

    assert_int_equal(try("Bearer teams-token", SCOPE_WORK), ERR_FORBIDDEN);
    assert_non_null(strstr(the_door.error.detail, "/v1/ns/"));
    assert_int_equal(try("Bearer teams-token", SCOPE_SELF_READ), OK);
}

static void a_token_s_rate_says_when_it_goes_on(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        door_begin("Bearer team-token");
        fake_api()->token_rate = (struct rate_limit){.units = 2, .period_s = 10, .burst = 2};
        assert_int_equal(door_admit(SCOPE_WORK, true), OK);
        assert_int_equal(door_admit(SCOPE_WORK, false), i < 2 ? OK : ERR_RATE_LIMITED);
        assert_int_equal(fake_has_header("Retry-After: "), i == 2);
        end();
    }
    door_begin("Bearer team-token");
    fake_api()->token_rate = (struct rate_limit){.units = 2, .period_s = 10, .burst = 2};
    assert_int_equal(door_admit(SCOPE_WORK, false), ERR_RATE_LIMITED);
    assert_true(fake_has_header("Retry-After: 6\n") || fake_has_header("Retry-After: 5\n"));
    the_door.now_ms += 6000;
    assert_int_equal(door_admit(SCOPE_WORK, false), OK);
    end();
}

/* ---- wrong tokens ---- */

static enum err guess_at(const char *authorization, bool urgent)
{
    enum err code;

    door_begin(authorization);
    fake_api()->failure_rate = (struct rate_limit){.units = 3, .period_s = 60, .burst = 3};
    code = door_admit(SCOPE_SELF_READ, urgent);
    end();
    return code;
}

static enum err guess(const char *authorization)
{
    return guess_at(authorization, false);
}

static enum err guess_urgent(const char *authorization)
{
    return guess_at(authorization, true);
}

static void who_guesses_too_often_is_not_heard(void **state)
{
    struct random_source random = random_system();
    char ours[TOKEN_TEXT_LEN + 1], header[128];

    (void)state;
    token_make(&random, ours);
    door_put(ours, ROLE_VIEWER, "*", "*");
    (void)snprintf(header, sizeof(header), "Bearer %s", ours);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(guess(NULL), ERR_UNAUTHORIZED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(guess("Bearer wrong-token"), ERR_UNAUTHORIZED);
    assert_int_equal(guess("Bearer wrong-token"), ERR_RATE_LIMITED);
    assert_int_equal(guess("Bearer admin-token"), ERR_RATE_LIMITED);
    assert_int_equal(guess(NULL), ERR_UNAUTHORIZED);
    assert_int_equal(guess(header), OK);
    header[20] = header[20] == 'x' ? 'y' : 'x';
    assert_int_equal(guess(header), ERR_RATE_LIMITED);
    the_door.now_ms += 41000;
    assert_int_equal(guess("Bearer admin-token"), OK);
}

static void wrong_tokens_come_into_the_record(void **state)
{
    (void)state;
    door_begin("Bearer wrong-token");
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), ERR_UNAUTHORIZED);
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), ERR_UNAUTHORIZED);
    assert_int_equal(fake_engine()->posted_len, 1);
    assert_int_equal(fake_command()->kind, COMMAND_NOTE);
    assert_true(bytes_is(fake_command()->in.note.action, "auth.refused"));
    assert_true(bytes_is(fake_command()->in.note.detail, "{\"count\":1}"));
    assert_true(bytes_is(fake_command()->address, "192.0.2.1"));
    take_notes();
    the_door.now_ms += 60000;
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), ERR_UNAUTHORIZED);
    assert_true(bytes_is(fake_command()->in.note.detail, "{\"count\":2}"));
    take_notes();
    end();
}

/* Those that were not even looked up count as well, and a burst that ended is noted in full. */
static void a_burst_that_ended_is_noted_with_its_true_count(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        (void)guess("Bearer wrong-token");
    door_begin(NULL);
    the_door.now_ms += 60000;
    api_note_refused(fake_api(), false);
    assert_int_equal(fake_engine()->posted_len, 1);
    assert_true(bytes_is(fake_command()->in.note.detail, "{\"count\":9}"));
    assert_true(bytes_is(fake_command()->address, "192.0.2.1"));
    take_notes();
    api_note_refused(fake_api(), true);
    assert_int_equal(fake_engine()->posted_len, 0);
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), ERR_UNAUTHORIZED);
    end();
}

static void urgent_requests_are_not_held_up_by_the_wrong_tokens_of_others(void **state)
{
    (void)state;
    door_put("a-token-that-is-long-enough", ROLE_WORKER, "*", "*");
    for (unsigned i = 0; i < 5; i++)
        (void)guess("Bearer wrong-token");
    assert_int_equal(guess("Bearer a-token-that-is-long-enough"), ERR_RATE_LIMITED);
    assert_int_equal(guess_urgent("Bearer a-token-that-is-long-enough"), OK);
    assert_int_equal(guess_urgent("Bearer a-token-that-is-long-and-wrong"), ERR_RATE_LIMITED);
    /* short enough to be found by trying */
    assert_int_equal(guess_urgent("Bearer admin-token"), ERR_RATE_LIMITED);
}

/* ---- requests that wait ---- */

static void answer_nothing(struct call *call)
{
    answer_status(call, 204);
}

static const struct operation WAITING = {
    .kind = COMMAND_STATS, .answer = answer_nothing, .waits = true};

static void wait_once(bool urgent)
{
    door_begin("Bearer team-token");
    fake_api()->parked_per_token = 1;
    the_door.request->query[0] = (struct fake_pair){"wait", "5"};
    the_door.request->is_urgent = urgent;
    assert_int_equal(door_admit(SCOPE_WORK, urgent), OK);
    call_run(the_door.request, &WAITING);
}

static void a_token_s_waiting_requests_are_bounded(void **state)
{
    const struct key_facts *key = keyring_find(the_door.keyring, BYTES("team-token"));

    (void)state;
    wait_once(false);
    assert_int_equal(key_parked(key), 1);
    fake_reply();
    fake_engine()->posted_len = 0;
    assert_int_equal(key_parked(key), 0);
    assert_true(fake_answered_with(204, ""));
    end();

    key_park(key);
    wait_once(false);
    assert_true(fake_answered_with(429, "rate_limited|"));
    end();
    wait_once(true);
    assert_int_equal(key_parked(key), 1);
    fake_reply();
    fake_engine()->posted_len = 0;
    assert_true(fake_answered_with(204, ""));
    end();
    key_unpark(key);
}

static void who_cannot_be_parked_is_not_counted(void **state)
{
    const struct key_facts *key = keyring_find(the_door.keyring, BYTES("team-token"));

    (void)state;
    door_begin("Bearer team-token");
    the_door.request->query[0] = (struct fake_pair){"wait", "5"};
    the_door.request->park_refused = true;
    assert_int_equal(door_admit(SCOPE_WORK, false), OK);
    call_run(the_door.request, &WAITING);
    assert_true(fake_answered_with(503, "overloaded|"));
    assert_int_equal(key_parked(key), 0);
    end();
}

/* ---- whoami ---- */

static void a_token_is_told_what_it_may(void **state)
{
    (void)state;
    door_begin("Bearer team-token");
    assert_int_equal(door_admit(SCOPE_SELF_READ, false), OK);
    op_whoami(the_door.request);
    assert_true(fake_answered_with(
        200, "{\"id\":\"team-token\",\"name\":null,\"role\":\"worker\",\"namespace\":\"team\","
             "\"queue\":\"*\",\"expires_at\":null,\"home_namespace\":\"team\",\"scopes\":["
             "\"tasks:read\",\"work\",\"workers:read\",\"self:read\"]}"));
    end();
}

static void without_tokens_whoami_tells_what_all_may(void **state)
{
    (void)state;
    door_begin(NULL);
    request_set_caller(the_door.request, &principal_open, NULL);
    op_whoami(the_door.request);
    assert_true(fake_answered_with(200, "{\"id\":null,\"name\":null,\"role\":\"admin\""));
    assert_true(fake_answered_with(200, "\"home_namespace\":\"default\""));
    assert_true(fake_answered_with(200, "\"shutdown\""));
    end();
    door_begin(NULL);
    the_door.request->query[0] = (struct fake_pair){"token", "admin-token"};
    op_whoami(the_door.request);
    assert_true(fake_answered_with(400, "invalid_field|?token|"));
    end();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, door_set_up, door_tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(without_tokens_everybody_may_do_all),
        TEST(health_needs_no_token),
        TEST(whoever_has_the_token_is_who_asks),
        TEST(all_others_hear_the_same),
        TEST(only_a_sent_token_is_called_invalid),
        TEST(what_the_role_lacks_is_403),
        TEST(a_path_that_is_not_there_needs_a_token_too),
        TEST(namespaces_are_the_token_s),
        TEST(a_token_s_rate_says_when_it_goes_on),
        TEST(who_guesses_too_often_is_not_heard),
        TEST(wrong_tokens_come_into_the_record),
        TEST(a_burst_that_ended_is_noted_with_its_true_count),
        TEST(urgent_requests_are_not_held_up_by_the_wrong_tokens_of_others),
        TEST(a_token_s_waiting_requests_are_bounded),
        TEST(who_cannot_be_parked_is_not_counted),
        TEST(a_token_is_told_what_it_may),
        TEST(without_tokens_whoami_tells_what_all_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
