/* Tests of the operations on tokens: what the engine is asked, and that the keyring follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <string.h>

#include <cmocka.h>

#include "domain/bounds.h"
#include "fake.h"
#include "handlers.h"

#define NOW_MS INT64_C(1700000000000)

static const struct grant TENANT = {ROLE_ADMIN, {"t1,t2", 5}, {"*", 1}};

static struct moment at_now(void *ctx)
{
    (void)ctx;
    return (struct moment){.wall_ms = NOW_MS, .mono_ms = 1};
}

static struct keyring *keyring;
static struct keyring *callers; /* who ask; not among those that are shown */

static void put_into(struct keyring *ring, const char *id, struct grant grant,
                     enum key_source source, int64_t expires_at_ms)
{
    keyring_put(ring, &(struct key_facts){
                          .who = {.id = bytes_of(id), .grant = grant},
                          .hash = token_hash(bytes_of(id)),
                          .source = source,
                          .created_at_ms = source == KEY_FROM_FILE ? -1 : NOW_MS,
                          .expires_at_ms = expires_at_ms,
                          .last_used_at_ms = -1,
                      });
}

static void put(const char *id, struct grant grant, enum key_source source, int64_t expires_at_ms)
{
    put_into(keyring, id, grant, source, expires_at_ms);
}

static const struct principal *caller(const char *id)
{
    return &keyring_find(callers, bytes_of(id))->who;
}

static const struct grant EVERYTHING = {ROLE_ADMIN, {"*", 1}, {"*", 1}};
static const struct grant OF_T1 = {ROLE_WORKER, {"t1", 2}, {"*", 1}};

static int set_up(void **state)
{
    (void)state;
    keyring = keyring_new();
    callers = keyring_new();
    put_into(callers, "tenant", TENANT, KEY_FROM_STORE, -1);
    put_into(callers, "boss", EVERYTHING, KEY_FROM_STORE, -1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_end();
    keyring_free(keyring);
    keyring_free(callers);
    return 0;
}

static struct request *call_of(const char *method, const char *id, const char *body)
{
    struct request *request = fake_begin();
    struct api *api = request_server_ctx(request);

    api->keyring = keyring;
    fake_engine()->clock = (struct clock){.now = at_now};
    api->bounds = bounds_default();
    request->method = method;
    request->ns_is_implied = true;
    request->path = "/v1/tokens";
    request->caller = caller("boss");
    request->body = bytes_of(body);
    if (id != NULL)
        request->params[0] = (struct fake_pair){"token", id};
    return request;
}

static const struct token_ask *asked(void)
{
    return &fake_command()->in.token;
}

/* ---- make ---- */

static void what_was_not_said_reaches_as_far_as_the_giver(void **state)
{
    struct request *request = call_of("POST", NULL, "{\"role\":\"worker\",\"expires_in_s\":10}");

    (void)state;
    request->caller = caller("tenant");
    op_make_token(request);
    assert_int_equal(fake_command()->kind, COMMAND_MAKE_TOKEN);
    assert_null(fake_command()->ns.at);
    assert_int_equal(asked()->grant.role, ROLE_WORKER);
    assert_true(bytes_is(asked()->grant.ns, "t1,t2"));
    assert_true(bytes_is(asked()->grant.queues, "*"));
    assert_int_equal(asked()->expires_at_ms, NOW_MS + 10000);
    assert_int_equal(asked()->id.len, TOKEN_ID_LEN);
}

static void the_path_names_the_namespace(void **state)
{
    struct request *request = call_of("POST", NULL, "{\"role\":\"viewer\"}");

    (void)state;
    request->ns = "t2";
    request->ns_is_implied = false;
    op_make_token(request);
    assert_true(bytes_is(asked()->grant.ns, "t2"));
    assert_int_equal(asked()->expires_at_ms, -1);
}

static void nobody_gives_more_than_he_has(void **state)
{
    struct request *request = call_of("POST", NULL, "{\"role\":\"viewer\",\"namespace\":\"t3\"}");

    (void)state;
    request->caller = caller("tenant");
    op_make_token(request);
    assert_true(fake_answered_with(403, "forbidden||"));
    assert_int_equal(fake_engine()->posted_len, 0);
}

static void assert_refused(const char *body, const char *part)
{
    op_make_token(call_of("POST", NULL, body));
    assert_true(fake_answered_with(400, part));
    fake_end();
}

static void bad_wishes_are_refused(void **state)
{
    (void)state;
    assert_refused("{}", "/role|is missing");
    assert_refused("{\"role\":\"king\"}", "/role|must be one of viewer submitter worker operator");
    assert_refused("{\"role\":\"admin\",\"namespace\":\"a b\"}", "/namespace|");
    assert_refused("{\"role\":\"admin\",\"queue\":\"\"}", "/queue|");
    assert_refused("{\"role\":\"admin\",\"name\":\"\"}", "/name|");
    assert_refused("{\"role\":\"admin\",\"expires_at\":\"2001-01-01T00:00:00Z\"}",
                   "/expires_at|must lie ahead");
    assert_refused("{\"role\":\"admin\",\"expires_in_s\":0}", "/expires_in_s|");
    assert_refused(
        "{\"role\":\"admin\",\"expires_in_s\":1,\"expires_at\":\"2101-01-01T00:00:00Z\"}",
        "/expires_in_s|goes without");
    assert_refused("{\"role\":\"admin\",\"scope\":\"x\"}", "unknown_member|/scope|");
    (void)call_of("POST", NULL, "{}"); /* for the teardown */
}

static struct token_record *reply_with(void)
{
    struct reply *reply = &fake_command()->reply;
    const struct token_ask *ask = asked();

    reply->token = (struct token_record){
        .id = ask->new_id.at != NULL ? ask->new_id : ask->id,
        .hash = ask->hash,
        .grant = ask->grant.ns.at != NULL ? ask->grant : EVERYTHING,
        .created_at_ms = NOW_MS,
        .expires_at_ms = -1,
        .last_used_at_ms = -1,
    };
    return &reply->token;
}

/* The secret that the answer holds; its hash is what the engine was asked to keep. */
static struct bytes secret_in_answer(const struct request *request)
{
    const char *at = strstr(request->text, "\"token\":\"slc_");

    assert_non_null(at);
    return (struct bytes){at + 9, TOKEN_TEXT_LEN};
}

static void the_answer_holds_the_secret_and_the_keyring_knows_it(void **state)
{
    struct request *request = call_of("POST", NULL, "{\"role\":\"admin\"}");
    struct digest hash;

    (void)state;
    op_make_token(request);
    hash = asked()->hash;
    (void)reply_with();
    fake_reply();
    assert_true(fake_answered_with(201, "\"source\":\"api\""));
    assert_true(fake_has_header("Cache-Control: no-store"));
    assert_true(fake_has_header("Location: /v1/tokens/"));
    struct digest found = token_hash(secret_in_answer(request));
    assert_memory_equal(&found, &hash, sizeof(hash));
    assert_non_null(keyring_match(keyring, secret_in_answer(request), NOW_MS));
    assert_false(keyring_is_open(keyring));
}

static void a_refusal_changes_no_keyring(void **state)
{
    (void)state;
    op_make_token(call_of("POST", NULL, "{\"role\":\"viewer\"}"));
    (void)error_set(&fake_command()->reply.error, ERR_STATE_CONFLICT, "", "no");
    fake_reply();
    assert_true(fake_answered_with(409, "state_conflict"));
    assert_true(keyring_is_open(keyring));
}

static void the_engine_is_told_of_the_file(void **state)
{
    (void)state;
    put("f1", OF_T1, KEY_FROM_FILE, -1);
    put("f2", EVERYTHING, KEY_FROM_FILE, NOW_MS - 1);
    op_make_token(call_of("POST", NULL, "{\"role\":\"admin\"}"));
    assert_true(asked()->has_file_token);
    assert_false(asked()->has_file_admin); /* it has expired */
    fake_end();
    put("f3", EVERYTHING, KEY_FROM_FILE, -1);
    op_make_token(call_of("POST", NULL, "{\"role\":\"admin\"}"));
    assert_true(asked()->has_file_admin);
}

/* ---- rotate, revoke ---- */

static void an_exchange_ends_the_old_and_takes_up_the_new(void **state)
{
    (void)state;
    put("old", EVERYTHING, KEY_FROM_STORE, -1);
    op_rotate_token(call_of("POST", "old", "{\"overlap_s\":60}"));
    assert_int_equal(asked()->overlap_ms, 60000);
    assert_true(bytes_is(asked()->id, "old"));
    (void)reply_with();
    fake_command()->reply.token_ends_at_ms = NOW_MS + 60000;
    fake_reply();
    assert_true(fake_answered_with(201, "\"token\":\"slc_"));
    assert_int_equal(keyring_find(keyring, BYTES("old"))->expires_at_ms, NOW_MS + 60000);
    assert_int_equal(keyring_len(keyring, KEY_FROM_STORE), 2);
}

static void both_are_valid_for_a_day_unless_said_otherwise(void **state)
{
    (void)state;
    put("old", EVERYTHING, KEY_FROM_STORE, -1);
    op_rotate_token(call_of("POST", "old", ""));
    assert_int_equal(asked()->overlap_ms, DAY_MS);
}

static void a_revoked_token_is_not_found_any_more(void **state)
{
    struct request *request;

    (void)state;
    put("old", EVERYTHING, KEY_FROM_STORE, -1);
    request = call_of("DELETE", "old", "");
    ((struct api *)request_server_ctx(request))->serves_loopback_only = true;
    op_revoke_token(request);
    assert_true(asked()->may_be_open);
    assert_non_null(keyring_find(keyring, BYTES("old")));
    fake_reply();
    assert_true(fake_answered_with(204, ""));
    assert_null(keyring_find(keyring, BYTES("old")));
}

static void those_of_the_file_are_changed_there(void **state)
{
    (void)state;
    put("f", EVERYTHING, KEY_FROM_FILE, -1);
    op_revoke_token(call_of("DELETE", "f", ""));
    assert_true(fake_answered_with(409, "SIGHUP"));
    fake_end();
    op_rotate_token(call_of("POST", "f", ""));
    assert_true(fake_answered_with(409, "SIGHUP"));
    assert_int_equal(fake_engine()->posted_len, 0);
}

static void assert_not_found(void (*op)(struct request *), const char *id)
{
    struct request *request = call_of("GET", id, "");

    request->caller = caller("tenant");
    op(request);
    assert_true(fake_answered_with(404, "there is no such token"));
    assert_int_equal(fake_engine()->posted_len, 0);
    fake_end();
}

static void what_reaches_further_does_not_exist(void **state)
{
    (void)state;
    put("all", EVERYTHING, KEY_FROM_STORE, -1);
    for (int i = 0; i < 2; i++) {
        const char *id = i == 0 ? "all" : "nobody";

        assert_not_found(op_get_token, id);
        assert_not_found(op_revoke_token, id);
        assert_not_found(op_rotate_token, id);
    }
    (void)call_of("GET", NULL, ""); /* for the teardown */
}

/* ---- look ---- */

static void a_token_is_shown_without_its_secret(void **state)
{
    (void)state;
    put("one", OF_T1, KEY_FROM_STORE, NOW_MS);
    op_get_token(call_of("GET", "one", ""));
    assert_true(fake_answered_with(
        200, "{\"id\":\"one\",\"name\":null,\"role\":\"worker\",\"namespace\":\"t1\","
             "\"queue\":\"*\",\"source\":\"api\",\"created_at\":\"2023-11-14T22:13:20.000Z\","
             "\"created_by\":null,\"expires_at\":\"2023-11-14T22:13:20.000Z\","
             "\"last_used_at\":null,\"replaces\":null}"));
}

static void a_list_shows_what_the_caller_covers_page_by_page(void **state)
{
    struct request *request;
    char cursor[256];
    const char *at;

    (void)state;
    put("file", OF_T1, KEY_FROM_FILE, -1);
    put("a", EVERYTHING, KEY_FROM_STORE, -1);
    put("b", OF_T1, KEY_FROM_STORE, -1);
    request = call_of("GET", NULL, "");
    request->caller = caller("tenant");
    request->query[0] = (struct fake_pair){"limit", "1"};
    op_list_tokens(request);
    assert_true(fake_answered_with(200, "\"id\":\"b\""));
    assert_null(strstr(request->text, "\"id\":\"a\""));
    at = strstr(request->text, "\"next_cursor\":\"");
    assert_non_null(at);
    (void)snprintf(cursor, sizeof(cursor), "%.*s", (int)strcspn(at + 15, "\""), at + 15);
    fake_end();
    request = call_of("GET", NULL, "");
    request->caller = caller("tenant");
    request->query[0] = (struct fake_pair){"cursor", cursor};
    op_list_tokens(request);
    assert_true(fake_answered_with(200, "\"id\":\"file\""));
    assert_non_null(strstr(request->text, "\"next_cursor\":null"));
}

#define WITH_KEYRING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_KEYRING(what_was_not_said_reaches_as_far_as_the_giver),
        WITH_KEYRING(the_path_names_the_namespace),
        WITH_KEYRING(nobody_gives_more_than_he_has),
        WITH_KEYRING(bad_wishes_are_refused),
        WITH_KEYRING(the_answer_holds_the_secret_and_the_keyring_knows_it),
        WITH_KEYRING(a_refusal_changes_no_keyring),
        WITH_KEYRING(the_engine_is_told_of_the_file),
        WITH_KEYRING(an_exchange_ends_the_old_and_takes_up_the_new),
        WITH_KEYRING(both_are_valid_for_a_day_unless_said_otherwise),
        WITH_KEYRING(a_revoked_token_is_not_found_any_more),
        WITH_KEYRING(those_of_the_file_are_changed_there),
        WITH_KEYRING(what_reaches_further_does_not_exist),
        WITH_KEYRING(a_token_is_shown_without_its_secret),
        WITH_KEYRING(a_list_shows_what_the_caller_covers_page_by_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
