/* Tests of batches: arrays and streams, told apart by their type or first byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct request *begin(const char *type)
{
    struct request *request = fake_begin();

    request->method = "POST";
    request->path = "/v1/tasks/batch";
    if (type != NULL)
        request->headers[0] = (struct fake_pair){"content-type", type};
    return request;
}

/* Answer the posted command: every spec taken. */
static void take(unsigned taken)
{
    struct command *command = fake_command();
    struct submit_item *items = arena_alloc(command->mem, taken * sizeof(*items));

    for (unsigned i = 0; i < taken; i++)
        items[i].id = (struct id){{0x01, (unsigned char)i}};
    command->reply = (struct reply){.items = items, .items_len = taken, .taken = taken};
    fake_reply();
}

static void a_stream_says_who_asks(void **state)
{
    struct request *request = begin("application/x-ndjson");

    (void)state;
    request_set_caller(request, &principal_broker, NULL);
    op_submit_batch(request);
    fake_piece("{\"queue\":\"a\"}\n", false);
    assert_ptr_equal(fake_command()->by, &principal_broker);
    assert_true(bytes_is(fake_command()->address, "192.0.2.1"));
    take(1);
    fake_piece("", true);
    fake_end();
}

/* ---- who may no more ---- */

static struct keyring *keyring;

static const struct key_facts *begin_as_key(void)
{
    struct request *request = begin("application/x-ndjson");
    const struct key_facts *key;

    keyring = keyring_new();
    keyring_put(keyring,
                &(struct key_facts){
                    .who = {.id = BYTES("key"), .grant = {ROLE_SUBMITTER, BYTES("*"), BYTES("*")}},
                    .hash = token_hash(BYTES("key")),
                    .source = KEY_FROM_STORE,
                    .expires_at_ms = -1,
                });
    key = keyring_find(keyring, BYTES("key"));
    fake_api()->keyring = keyring;
    request_set_caller(request, &key->who, NULL);
    op_submit_batch(request);
    return key;
}

static void a_stream_ends_with_its_token(void **state)
{
    const struct key_facts *key = begin_as_key();

    (void)state;
    fake_piece("{}\n{}\n", false);
    assert_true(bytes_is(key->who.id, "key"));
    take(2);
    assert_true(keyring_drop(keyring, BYTES("key")));
    fake_piece("{", false);
    assert_false(fake_answered_with(200, ""));
    fake_piece("}\n{}\n{", false);
    assert_int_equal(fake_engine()->posted_len, 1);
    assert_true(fake_answered_with(200, "{\"line\":3,\"status\":401,"));
    assert_true(fake_answered_with(200, "{\"accepted\":2,\"rejected\":2}"));
    fake_end();
    keyring_free(keyring);
}

static void what_a_full_queue_held_back_ends_with_the_token(void **state)
{
    (void)state;
    (void)begin_as_key();
    fake_piece("{}\n{}\n{}\n", false);
    assert_true(keyring_drop(keyring, BYTES("key")));
    take(1);
    assert_int_equal(fake_engine()->posted_len, 1);
    assert_true(fake_answered_with(200, "{\"line\":2,\"status\":401,"));
    assert_true(fake_answered_with(200, "{\"accepted\":1,\"rejected\":2}"));
    fake_end();
    keyring_free(keyring);
}

/* A piece is with the engine, which reads who asked. */
static void a_cut_stream_keeps_who_sent_it(void **state)
{
    const struct key_facts *key = begin_as_key();

    (void)state;
    fake_piece("{}\n", false);
    assert_true(keyring_drop(keyring, BYTES("key")));
    fake_end();
    assert_true(bytes_is(fake_command()->by->id, "key"));
    assert_ptr_equal(fake_command()->by, &key->who);
    take(1);
    keyring_free(keyring);
}

/* ---- arrays ---- */

static void an_array_is_answered_in_order(void **state)
{
    struct request *request = begin("application/json");

    (void)state;

    op_submit_batch(request);
    fake_piece(" [{\"queue\":\"a\"},{\"quue\":\"b\"}", false);
    fake_piece(",{\"queue\":\"c\"}]", true);
    assert_int_equal(fake_command()->in.submit.specs_len, 2);
    take(2);

    assert_true(fake_answered_with(200, "\"accepted\":2,\"rejected\":1"));
    assert_non_null(strstr(request->text, "{\"items\":[{\"status\":201,\"id\":\"0100"));
    assert_non_null(strstr(request->text, "\"pointer\":\"/quue\""));
    fake_end();
}

static void all_or_none_refuses_the_whole(void **state)
{
    struct request *request = begin(NULL);

    (void)state;
    request->query[0] = (struct fake_pair){"atomic", "1"};

    op_submit_batch(request);
    fake_piece("[{\"queue\":\"a\"},{\"priority\":1000}]", true);

    assert_true(fake_answered_with(400, "invalid_field|/1/priority|"));
    assert_int_equal(fake_engine()->posted_len, 0);
    fake_end();
}

static void a_ref_belongs_to_one_task_of_the_array(void **state)
{
    struct request *request = begin("application/json");

    (void)state;

    op_submit_batch(request);
    fake_piece("[{\"ref\":\"a\"},{\"ref\":\"a\"},{\"ref\":\"b\",\"depends_on\":[\"a\"]}]", true);
    assert_int_equal(fake_command()->in.submit.specs_len, 1);
    assert_true(bytes_is(fake_command()->in.submit.specs[0].ref, "b"));
    assert_true(bytes_is(fake_command()->in.submit.specs[0].rules.depends_on, "a\n"));
    take(1);

    assert_true(fake_answered_with(200, "\"accepted\":1,\"rejected\":2"));
    assert_non_null(strstr(request->text, "\"pointer\":\"/ref\""));
    fake_end();
}

static void an_array_of_bad_tasks_asks_no_engine(void **state)
{
    struct request *request = begin(NULL);

    (void)state;

    op_submit_batch(request);
    fake_piece("[1,{\"x\":1}]", true);

    assert_true(fake_answered_with(200, "\"accepted\":0,\"rejected\":2"));
    fake_end();
}

static void an_array_has_its_bounds(void **state)
{
    (void)state;

    op_submit_batch(begin(NULL));
    fake_piece("[]", true);
    assert_true(fake_answered_with(400, "invalid_field||must be an array of 1 to 1000"));
    fake_end();

    op_submit_batch(begin(NULL));
    fake_piece("", true);
    assert_true(fake_answered_with(400, "malformed|"));
    fake_end();

    op_submit_batch(begin("text/plain"));
    assert_true(fake_answered_with(415, "unsupported_media_type|"));
    fake_end();
}

/* ---- streams ---- */

static void lines_are_sent_while_they_come(void **state)
{
    struct request *request = begin(NULL);

    (void)state;

    op_submit_batch(request);
    fake_piece("{\"queue\":\"a\"}\n{\"que", false);
    assert_int_equal(fake_engine()->posted_len, 1);
    assert_true(fake_command()->in.submit.streamed);
    assert_int_equal(fake_command()->in.submit.specs_len, 1);
    fake_piece("ue\":\"b\"}\n\n{\"x\":1}\n{}", true);
    assert_int_equal(fake_engine()->posted_len, 1);
    assert_true(request->is_parked);
    take(1);
    assert_int_equal(fake_engine()->posted_len, 2);
    assert_int_equal(fake_command()->in.submit.specs_len, 2);
    take(2);

    assert_true(fake_answered_with(200, "{\"line\":1,\"status\":201,\"id\":\"0100"));
    assert_non_null(strstr(request->text, "{\"line\":3,\"status\":400,\"problem\":{"));
    assert_non_null(strstr(request->text, "{\"line\":4,\"status\":201"));
    assert_non_null(strstr(request->text, "\n{\"accepted\":3,\"rejected\":1}\n"));
    assert_string_equal(request->type, "application/x-ndjson");
    fake_end();
}

static void what_a_full_queue_held_back_is_asked_again(void **state)
{
    struct request *request = begin("application/x-ndjson");

    (void)state;

    op_submit_batch(request);
    fake_piece("{}\n{}\n{\"x\":1}\n{}\n", true);
    assert_int_equal(fake_command()->in.submit.specs_len, 3);
    assert_int_equal(fake_command()->wait_ms, -1);
    take(1);
    assert_int_equal(fake_engine()->posted_len, 2);
    assert_int_equal(fake_command()->in.submit.specs_len, 2);
    take(2);

    assert_true(fake_answered_with(200, "\n{\"accepted\":3,\"rejected\":1}\n"));
    fake_end();
}

static void little_is_said_when_little_is_asked(void **state)
{
    struct request *request = begin("application/jsonl");

    (void)state;
    request->headers[1] = (struct fake_pair){"prefer", "return=minimal"};

    op_submit_batch(request);
    fake_piece("{}\n{\"x\":1}\n{}\n", true);
    take(2);

    assert_true(fake_answered_with(200, "{\"line\":2,"));
    assert_null(strstr(request->text, "201"));
    assert_true(fake_has_header("Preference-Applied: return=minimal\n"));
    fake_end();
}

static void a_long_stream_is_held_and_goes_on(void **state)
{
    struct request *request = begin("application/x-ndjson");
    static char text[300 * 1024];

    (void)state;
    for (size_t i = 0; i + 3 < sizeof(text); i += 3)
        memcpy(text + i, "{}\n", 3);

    op_submit_batch(request);
    fake_piece("{}\n", false);
    fake_piece(text, false);
    assert_true(request->is_held);
    while (fake_engine()->posted_len > 0 && request->answers == 0) {
        unsigned specs = fake_command()->in.submit.specs_len;

        fake_engine()->posted[0] = fake_command();
        fake_engine()->posted_len = 1;
        take(specs);
        if (fake_engine()->posted_len == 1)
            break;
    }
    assert_false(request->is_held);
    fake_piece("", true);

    assert_int_equal(request->status, 200);
    assert_non_null(strstr(request->text, "\"rejected\":0}\n"));
    fake_end();
}

static void a_draining_broker_refuses_the_rest(void **state)
{
    (void)state;

    op_submit_batch(begin("application/x-ndjson"));
    fake_piece("{}\n", false);
    fake_piece("{}\n{}\n", true);
    (void)error_set(&fake_command()->reply.error, ERR_DRAINING, "", "stopping");
    fake_reply();

    assert_int_equal(fake_engine()->posted_len, 1);
    assert_true(fake_answered_with(200, "\n{\"accepted\":0,\"rejected\":3}\n"));
    fake_end();
}

static void a_closed_queue_refuses_only_its_own(void **state)
{
    (void)state;

    op_submit_batch(begin("application/x-ndjson"));
    fake_piece("{\"queue\":\"closed\"}\n{}\n", true);
    (void)error_set(&fake_command()->reply.error, ERR_QUEUE_CLOSED, "/queue", "closed");
    fake_reply();
    assert_int_equal(fake_engine()->posted_len, 2);
    assert_int_equal(fake_command()->in.submit.specs_len, 1);
    take(1);

    assert_true(fake_answered_with(200, "{\"line\":1,\"status\":409,"));
    fake_end();
}

static void a_cut_stream_outlives_its_request(void **state)
{
    struct command *command;

    (void)state;

    op_submit_batch(begin("application/x-ndjson"));
    fake_piece("{}\n", false);
    command = fake_command();
    assert_true(command->caller.is_alive(&command->caller));
    fake_end();
    assert_false(command->caller.is_alive(&command->caller));

    command->reply = (struct reply){.taken = 1};
    command->caller.done(command);
}

static void a_line_without_end_is_cut_off(void **state)
{
    struct request *request = begin("application/x-ndjson");
    static char text[1 << 20];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);

    op_submit_batch(request);
    for (int i = 0; i < 6; i++)
        fake_piece(text, false);
    fake_piece("\n{}\n", true);
    take(1);

    assert_true(fake_answered_with(200, "{\"line\":1,\"status\":413,"));
    assert_non_null(strstr(request->text, "{\"line\":2,\"status\":201"));
    fake_end();
}

static void a_stream_has_no_key_of_its_own(void **state)
{
    struct request *request = begin(NULL);

    (void)state;
    request->headers[0] = (struct fake_pair){"idempotency-key", "k"};

    op_submit_batch(request);
    fake_piece("{}\n", false);

    assert_true(fake_answered_with(400, "invalid_field|Idempotency-Key|"));
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_says_who_asks),
        cmocka_unit_test(a_stream_ends_with_its_token),
        cmocka_unit_test(what_a_full_queue_held_back_ends_with_the_token),
        cmocka_unit_test(a_cut_stream_keeps_who_sent_it),
        cmocka_unit_test(an_array_is_answered_in_order),
        cmocka_unit_test(all_or_none_refuses_the_whole),
        cmocka_unit_test(a_ref_belongs_to_one_task_of_the_array),
        cmocka_unit_test(an_array_of_bad_tasks_asks_no_engine),
        cmocka_unit_test(an_array_has_its_bounds),
        cmocka_unit_test(lines_are_sent_while_they_come),
        cmocka_unit_test(what_a_full_queue_held_back_is_asked_again),
        cmocka_unit_test(little_is_said_when_little_is_asked),
        cmocka_unit_test(a_long_stream_is_held_and_goes_on),
        cmocka_unit_test(a_draining_broker_refuses_the_rest),
        cmocka_unit_test(a_closed_queue_refuses_only_its_own),
        cmocka_unit_test(a_cut_stream_outlives_its_request),
        cmocka_unit_test(a_line_without_end_is_cut_off),
        cmocka_unit_test(a_stream_has_no_key_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
