/* Tests of what a submit may say, in a body and in a query. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec_task.h"

static struct error error;
static struct task_spec spec;

static enum err read_as(const char *text, bool is_line)
{
    struct document document;
    struct codec codec = {
        .bounds = &bounds, .document = &document, .arena = arena, .error = &error};

    error = (struct error){.code = OK};

    enum err code = document_open(&document, bytes_of(text), DOCUMENT_LIFT, &bounds, arena, &error);

    if (code == OK)
        code = task_spec_read(&codec, NULL, document.root, is_line, &spec);
    document_close(&document);
    return code;
}

static enum err read_spec(const char *text)
{
    return read_as(text, false);
}

static void refuses(const char *text, enum err code, const char *where)
{
    assert_int_equal(read_spec(text), code);
    assert_string_equal(error.where, where);
}

/* ---- bodies ---- */

static void an_empty_object_is_a_task_of_the_default_queue(void **state)
{
    (void)state;

    assert_int_equal(read_spec("{}"), OK);

    assert_true(bytes_is(spec.queue, "default"));
    assert_true(bytes_is(spec.type, ""));
    assert_null(spec.payload.data.at);
    assert_int_equal(spec.delay_ms, -1);
    assert_int_equal(spec.retry.given, 0);
}

static void a_payload_keeps_its_bytes(void **state)
{
    (void)state;

    assert_int_equal(read_spec("{\"payload\": {\"n\":1234567890123456789012345, \"a\":0.10,"
                               " \"a\":1e400} }"),
                     OK);
    assert_true(
        bytes_is(spec.payload.data, "{\"n\":1234567890123456789012345, \"a\":0.10, \"a\":1e400}"));
    assert_null(spec.payload.content_type.at);
}

static void a_base64_payload_has_its_type(void **state)
{
    (void)state;

    assert_int_equal(read_spec("{\"payload_base64\":\"aGk=\",\"content_type\":\"text/plain\"}"),
                     OK);
    assert_true(bytes_is(spec.payload.data, "hi"));
    assert_true(bytes_is(spec.payload.content_type, "text/plain"));
    refuses("{\"payload_base64\":\"aGk\"}", ERR_INVALID_FIELD, "/payload_base64");
    refuses("{\"payload_base64\":\"aGk=\",\"content_type\":\"a/b\\r\\nX: y\"}", ERR_INVALID_FIELD,
            "/content_type");
    refuses("{\"payload_base64\":\"aGk=\",\"payload\":1}", ERR_INVALID_FIELD, "/payload_base64");
    refuses("{\"payload\":1,\"content_type\":\"a/b\"}", ERR_INVALID_FIELD, "/content_type");
}

static void a_payload_over_a_mebibyte_is_too_large(void **state)
{
    struct bytes parts[] = {BYTES("{\"payload\":\""), BYTES_NONE, BYTES("\"}")};
    size_t fill = (1 << 20) - 2;
    char *text = test_malloc(fill + 64);

    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        size_t len = parts[0].len;

        memcpy(text, parts[0].at, len);
        memset(text + len, 'x', fill + (size_t)extra);
        len += fill + (size_t)extra;
        memcpy(text + len, parts[2].at, parts[2].len + 1);
        assert_int_equal(read_spec(text), extra == 0 ? OK : ERR_TOO_LARGE);
    }
    assert_string_equal(error.where, "/payload");
    test_free(text);
}

static void priorities_have_names_and_bounds(void **state)
{
    (void)state;

    assert_int_equal(read_spec("{\"priority\":\"high\"}"), OK);
    assert_int_equal(spec.priority, 10);
    assert_int_equal(read_spec("{\"priority\":-100}"), OK);
    assert_int_equal(spec.priority, -100);
    refuses("{\"priority\":-101}", ERR_INVALID_FIELD, "/priority");
    refuses("{\"priority\":\"urgent\"}", ERR_INVALID_FIELD, "/priority");
    refuses("{\"priority\":1e2}", ERR_INVALID_FIELD, "/priority");
}

static void tags_are_lines_without_doubles(void **state)
{
    (void)state;

    assert_int_equal(read_spec("{\"tags\":[\"a\",\"b\"]}"), OK);
    assert_true(bytes_is(spec.tags, "a\nb\n"));
    assert_int_equal(read_spec("{\"tags\":[]}"), OK);
    assert_null(spec.tags.at);
    refuses("{\"tags\":[\"a\",\"b\",\"a\"]}", ERR_INVALID_FIELD, "/tags/2");
    refuses("{\"tags\":[\"a b\"]}", ERR_INVALID_FIELD, "/tags/0");
    refuses("{\"tags\":\"a\"}", ERR_INVALID_FIELD, "/tags");
    refuses("{\"tags\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\","
            "\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]}",
            ERR_INVALID_FIELD, "/tags");
}

static void a_delay_and_a_time_exclude_each_other(void **state)
{
    (void)state;

    refuses("{\"delay_s\":1,\"run_at\":\"2026-01-02T03:04:05Z\"}", ERR_INVALID_FIELD, "/run_at");
    assert_int_equal(read_spec("{\"delay_s\":0}"), OK);
    assert_int_equal(spec.delay_ms, 0);
}

static void what_ends_a_task_is_said_in_seconds(void **state)
{
    (void)state;

    assert_int_equal(read_spec("{}"), OK);
    assert_int_equal(spec.expires_ms, -1);
    assert_int_equal(spec.deadline_ms, -1);
    assert_false(spec.at_most_once);
    assert_int_equal(read_spec("{\"expires_s\":1.5,\"deadline_s\":9,\"at_most_once\":true}"), OK);
    assert_int_equal(spec.expires_ms, 1500);
    assert_int_equal(spec.deadline_ms, 9000);
    assert_true(spec.at_most_once);
    refuses("{\"expires_s\":0}", ERR_INVALID_FIELD, "/expires_s");
    refuses("{\"expires_s\":-1}", ERR_INVALID_FIELD, "/expires_s");
    refuses("{\"deadline_s\":0}", ERR_INVALID_FIELD, "/deadline_s");
    refuses("{\"deadline_s\":315360000.001}", ERR_INVALID_FIELD, "/deadline_s");
    refuses("{\"deadline_s\":true}", ERR_INVALID_FIELD, "/deadline_s");
    refuses("{\"at_most_once\":\"yes\"}", ERR_INVALID_FIELD, "/at_most_once");
}

static void headers_without_a_queue_go_nowhere(void **state)
{
    (void)state;

    refuses("{\"headers\":{\"a\":1}}", ERR_UNROUTABLE, "");
    assert_int_equal(read_spec("{\"headers\":{\"a\":1},\"queue\":\"q\"}"), OK);
}

static void members_of_later_versions_say_so(void **state)
{
    (void)state;

    refuses("{\"shield\":true}", ERR_UNKNOWN_MEMBER, "/shield");
    assert_string_equal(error.detail, "not available in this version");
    refuses("{\"retry\":{\"max_atempts\":2}}", ERR_UNKNOWN_MEMBER, "/retry/max_atempts");
    assert_non_null(strstr(error.detail, "max_attempts"));
}

static void words_of_other_queues_are_answered_with_ours(void **state)
{
    (void)state;

    refuses("{\"eta\":\"2026-01-02T03:04:05Z\"}", ERR_UNKNOWN_MEMBER, "/eta");
    assert_string_equal(error.detail, "there is no member eta here; it is called run_at");
    refuses("{\"max_retries\":3}", ERR_UNKNOWN_MEMBER, "/max_retries");
    assert_non_null(strstr(error.detail, "retry.max_attempts"));
    refuses("{\"data\":{\"a\":1}}", ERR_UNKNOWN_MEMBER, "/data");
    assert_non_null(strstr(error.detail, "payload"));
    refuses("{\"retry\":{\"retries\":3}}", ERR_UNKNOWN_MEMBER, "/retry/retries");
    assert_non_null(strstr(error.detail, "called max_attempts"));
    refuses("{\"priority\":\"urgent\"}", ERR_INVALID_FIELD, "/priority");
    assert_non_null(strstr(error.detail, "high, normal, low"));
}

static void only_a_line_has_an_idempotency_key(void **state)
{
    (void)state;

    assert_int_equal(read_as("{\"idempotency_key\":\"k\"}", true), OK);
    assert_true(bytes_is(spec.idempotency_key, "k"));
    refuses("{\"idempotency_key\":\"k\"}", ERR_UNKNOWN_MEMBER, "/idempotency_key");
}

static void junk_in_traceparent_is_dropped(void **state)
{
    (void)state;

    assert_int_equal(read_spec("{\"traceparent\":\"junk\"}"), OK);
    assert_null(spec.traceparent.at);
    assert_int_equal(
        read_spec("{\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}"),
        OK);
    assert_non_null(spec.traceparent.at);
}

/* ---- queries ---- */

static enum err read_query(const struct query_pair *pairs, size_t len)
{
    const struct codec codec = {.bounds = &bounds, .arena = arena, .error = &error};

    error = (struct error){.code = OK};
    return task_spec_read_query(&codec, pairs, len, &spec);
}

#define PAIR(n, v)                                                                                 \
    {                                                                                              \
        BYTES(n), BYTES(v)                                                                         \
    }

static void a_query_says_the_same_as_a_body(void **state)
{
    const struct query_pair pairs[] = {
        PAIR("type", "resize"),          PAIR("priority", "high"),
        PAIR("delay_s", "1.5"),          PAIR("tags", "a,b"),
        PAIR("retry.max_attempts", "1"), PAIR("retry.delays_s", "1,2.5"),
        PAIR("headers.kind", "raw"),     PAIR("expires_s", "2"),
        PAIR("at_most_once", "1"),       PAIR("limits", "gpu,db:main"),
        PAIR("fairness_weight", "0.5"),  PAIR("dedup.key", "7"),
        PAIR("dedup.scope", "window"),   PAIR("dedup.window_s", "60"),
        PAIR("ordering_key", "konto 7"), PAIR("on_order_failure", "block"),
    };
    const struct query_pair neither[] = {PAIR("at_most_once", "maybe")};

    (void)state;

    assert_int_equal(read_query(neither, 1), ERR_INVALID_FIELD);
    assert_int_equal(read_query(pairs, ARRAY_LEN(pairs)), OK);

    assert_int_equal(spec.expires_ms, 2000);
    assert_true(spec.at_most_once);
    assert_true(bytes_is(spec.rules.limits, "db:main 1\ngpu 1\n"));
    assert_int_equal(spec.rules.weight_milli, 500);
    assert_true(bytes_is(spec.rules.dedup.key, "7"));
    assert_int_equal(spec.rules.dedup.window_ms, 60000);
    assert_true(bytes_is(spec.rules.ordering_key, "konto 7"));
    assert_int_equal(spec.rules.on_order_failure, ORDER_BLOCK);
    assert_true(bytes_is(spec.type, "resize"));
    assert_int_equal(spec.priority, 10);
    assert_int_equal(spec.delay_ms, 1500);
    assert_true(bytes_is(spec.tags, "a\nb\n"));
    assert_int_equal(spec.retry.max_attempts, 1);
    assert_int_equal(spec.retry.delays_len, 2);
    assert_int_equal(spec.retry.delays_ms[1], 2500);
    assert_true(bytes_is(spec.headers, "{\"kind\":\"raw\"}"));
}

static void refuses_query(struct query_pair pair, const char *where)
{
    assert_int_equal(read_query(&pair, 1), ERR_INVALID_FIELD);
    assert_string_equal(error.where, where);
}

static void a_bad_parameter_is_named(void **state)
{
    (void)state;

    refuses_query((struct query_pair)PAIR("delay_s", "soon"), "?delay_s");
    refuses_query((struct query_pair)PAIR("delay_s", ""), "?delay_s");
    refuses_query((struct query_pair)PAIR("retry.max_attempts", "0"), "?retry.max_attempts");
    refuses_query((struct query_pair)PAIR("tags", "a,b c"), "?tags.1");
    refuses_query((struct query_pair)PAIR("retry", "1"), "?retry");
    refuses_query((struct query_pair)PAIR("tpye", "a"), "?tpye");
    refuses_query((struct query_pair)PAIR("payload", "1"), "?payload");
    refuses_query((struct query_pair)PAIR("type", "\xff"), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_object_is_a_task_of_the_default_queue),
        cmocka_unit_test(a_payload_keeps_its_bytes),
        cmocka_unit_test(a_base64_payload_has_its_type),
        cmocka_unit_test(a_payload_over_a_mebibyte_is_too_large),
        cmocka_unit_test(priorities_have_names_and_bounds),
        cmocka_unit_test(tags_are_lines_without_doubles),
        cmocka_unit_test(a_delay_and_a_time_exclude_each_other),
        cmocka_unit_test(what_ends_a_task_is_said_in_seconds),
        cmocka_unit_test(headers_without_a_queue_go_nowhere),
        cmocka_unit_test(members_of_later_versions_say_so),
        cmocka_unit_test(words_of_other_queues_are_answered_with_ours),
        cmocka_unit_test(only_a_line_has_an_idempotency_key),
        cmocka_unit_test(junk_in_traceparent_is_dropped),
        cmocka_unit_test(a_query_says_the_same_as_a_body),
        cmocka_unit_test(a_bad_parameter_is_named),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
