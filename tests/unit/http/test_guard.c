/* Guard: the corpus of broken and hostile heads. Each row gets a refusal of its class or is cut,
 * and none hurts the server. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POST        "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n"

enum {
    CUT = 0,        /* closed without an answer, as libmicrohttpd does with what is hardly HTTP */
    REFUSED = 1000, /* any 4xx or 501, or cut */
};

struct row {
    const char *name;
    struct bytes text; /* may hold NUL */
    int status;
    const char *code; /* of the problem; NULL when the answer is libmicrohttpd's */
};

#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct row rows[] = {
    {"B1 CL and TE", T(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400, NULL},
    {"B2 TE twice",
     T(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
     NULL},
    {"B3 CL twice, equal", T(POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), 400, NULL},
    {"B4 CL twice", T(POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), 400, NULL},
    {"B5 CL list", T(POST "Content-Length: 2, 2\r\n\r\n{}"), 400, NULL},
    {"B6 +2", T(POST "Content-Length: +2\r\n\r\n{}"), 400, NULL},
    {"B7 -1", T(POST "Content-Length: -1\r\n\r\n{}"), 400, NULL},
    {"B8 0x2", T(POST "Content-Length: 0x2\r\n\r\n{}"), 400, NULL},
    {"B9 blank in it", T(POST "Content-Length: 2 \t2\r\n\r\n{}"), 400, NULL},
    {"B10 empty CL", T(POST "Content-Length:\r\n\r\n{}"), 400, NULL},
    {"B11 10^23", T(POST "Content-Length: 100000000000000000000000\r\n\r\n{}"), REFUSED, NULL},
    {"B12 2^63", T(POST "Content-Length: 9223372036854775808\r\n\r\n{}"), 413, "too_large"},
    {"B13 2^64+3", T(POST "Content-Length: 18446744073709551619\r\n\r\n{}"), REFUSED, NULL},
    {"B14 blank before colon", T(POST "Content-Length : 2\r\n\r\n{}"), 400, NULL},
    {"B15 fold", T(POST "X-A: b\r\n Content-Length: 2\r\n\r\n{}"), 400, NULL},
    {"B16 xchunked", T(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 501, NULL},
    {"B17 gzip, chunked", T(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501, NULL},
    {"B18 chunked, identity", T(POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
     REFUSED, NULL},
    {"B19 Chunked", T(POST "Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), 200, NULL},
    {"B20 VT chunked",
     T(POST "Transfer-Encoding: \x0b"
            "chunked\r\n\r\n0\r\n\r\n"),
     REFUSED, NULL},
    {"B21 TE on 1.0", T("POST /v1/echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400, NULL},
    {"B22 chunk 0x2", T(POST "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"), 400,
     NULL},
    {"B23 chunk -1", T(POST "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n"), 400, NULL},
    {"B24 chunk blank", T(POST "Transfer-Encoding: chunked\r\n\r\n 2\r\n{}\r\n0\r\n\r\n"), 400,
     NULL},
    {"B25 huge chunk", T(POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n"),
     REFUSED, NULL},
    {"B28 LF chunks", T(POST "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n"), 400, NULL},
    {"B31 bare LF", T("GET /v1/things/1 HTTP/1.1\nHost: localhost\n\n"), REFUSED, NULL},
    {"B32 bare CR", T("GET /v1/things/1 HTTP/1.1\r\nHost: localhost\rX-A: b\r\n\r\n"), 400, NULL},
    {"B33 NUL in name", T("GET / HTTP/1.1\r\nHost: localhost\r\nX\0A: b\r\n\r\n"), REFUSED, NULL},
    {"B34 NUL in value", T("GET / HTTP/1.1\r\nHost: localhost\r\nXA: \0b\r\n\r\n"), REFUSED, NULL},
    {"B34 control in value", T("GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\x01z\r\n\r\n"), 400,
     "malformed"},
    {"B34 DEL in value", T("GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\x7fz\r\n\r\n"), 400,
     "malformed"},
    {"B35 control in name",
     T("GET / HTTP/1.1\r\nHost: localhost\r\nX\x01"
       "A: b\r\n\r\n"),
     400, NULL},
    {"B35 high byte in name", T("GET / HTTP/1.1\r\nHost: localhost\r\nX\xe9: b\r\n\r\n"), 400,
     NULL},
    {"B36 no colon", T("GET / HTTP/1.1\r\nHost: localhost\r\nfoo\r\n\r\n"), 400, NULL},
    {"B37 empty name", T("GET / HTTP/1.1\r\nHost: localhost\r\n: b\r\n\r\n"), 400, NULL},
    {"B41 lower-case method", T("get / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 501,
     "not_implemented"},
    {"B41 unknown method", T("BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 501, "not_implemented"},
    {"B43 CONNECT", T("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n"), 405,
     "method_not_allowed"},
    {"B43 TRACE", T("TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 405, "method_not_allowed"},
    {"B43 PRI", T("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, NULL},
    {"B44 HTTP/0.9", T("GET /\r\n"), REFUSED, NULL},
    {"B45 HTTP/2.0", T("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"), 505, NULL},
    {"B45 HTTP/9.9", T("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"), 505, NULL},
    {"B46 HTTP/1.1x", T("GET / HTTP/1.1x\r\nHost: localhost\r\n\r\n"), 400, NULL},
    {"B47 no Host", T("GET / HTTP/1.1\r\n\r\n"), 400, NULL},
    {"B48 two Hosts", T("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"), 400, NULL},
    {"B49 foreign Host", T("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421, "misdirected"},
    {"B49 near miss", T("GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n"), 421,
     "misdirected"},
    {"B49 loopback", T("GET / HTTP/1.1\r\nHost: 127.9.9.9:80\r\n\r\n"), 200, NULL},
    {"B49 loopback V6", T("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 200, NULL},
    {"B49 not loopback", T("GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"), 421, "misdirected"},
    {"B50 Host with path", T("GET / HTTP/1.1\r\nHost: localhost/a\r\n\r\n"), 400, "malformed"},
    {"B50 Host with user", T("GET / HTTP/1.1\r\nHost: a@localhost\r\n\r\n"), 400, "malformed"},
    {"B50 empty Host", T("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, "malformed"},
    {"B51 absolute, foreign", T("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
     421, "misdirected"},
    {"B51 absolute, ours",
     T("GET http://localhost/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200, NULL},
    {"B51 absolute, bare", T("GET http://localhost?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200,
     NULL},
    {"B52 * on GET", T("GET * HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400, "malformed"},
    {"B53 blank in path", T("GET /v1/things/a b HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400, NULL},
    {"B54 %00", T(GET("/v1/things/a%00b")), 400, "malformed"},
    {"B54 %00 in the query", T(GET("/v1/things/a?b=%00")), 400, "malformed"},
    {"B54 %0a", T(GET("/v1/things/a%0ab")), 400, "malformed"},
    {"B55 raw NUL", T("GET /v1/things/a\0b HTTP/1.1\r\nHost: localhost\r\n\r\n"), CUT, NULL},
    {"B55 raw control",
     T(GET("/v1/things/a\x01"
           "b")),
     400, "malformed"},
    {"B55 raw high byte", T(GET("/v1/things/\xc3\xa4")), 400, "malformed"},
    {"B56 %zz", T(GET("/v1/things/%zz")), 400, "malformed"},
    {"B56 %", T(GET("/v1/things/a%")), 400, "malformed"},
    {"B56 %4", T(GET("/v1/things/a%4")), 400, "malformed"},
    {"B56 % in the query", T(GET("/v1/things/a?b=%")), 400, "malformed"},
    {"B57 ..", T(GET("/v1/things/../things/1")), 404, "not_found"},
    {"B57 %2e%2e", T(GET("/v1/things/%2e%2E")), 404, "not_found"},
    {"B57 .", T(GET("/v1/./things/1")), 404, "not_found"},
    {"B57 //", T(GET("//v1/things/1")), 404, "not_found"},
    {"B57 inner //", T(GET("/v1//things/1")), 404, "not_found"},
    {"B57 last /", T(GET("/v1/things/1/")), 404, "not_found"},
    {"B57 deep", T(GET("/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a")), 404, "not_found"},
    {"B58 matrix", T(GET("/v1/things;x=1/1")), 404, "not_found"},
    {"B59 overlong", T(GET("/v1/things/%c0%af")), 400, "malformed"},
    {"B59 %ff", T(GET("/v1/things/%ff")), 400, "malformed"},
    {"B62 repeated key", T(GET("/v1/things/1?a=1&b=2&a=3")), 400, "invalid_field"},
    {"ns cut short", T(GET("/v1/ns/a")), 404, "not_found"},
    {"ns empty", T(GET("/v1/ns//things/1")), 404, "not_found"},
    {"fragment", T(GET("/v1/things/1#a")), 400, "malformed"},
    {"two types", T(POST "Content-Type: application/json\r\ncontent-type: text/plain\r\n\r\n"), 400,
     "malformed"},
    {"two keys", T(POST "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n"), 400, "malformed"},
    {"two unknown ones", T(POST "X-A: a\r\nX-A: b\r\n\r\n"), 200, NULL},
    {"Origin, foreign", T(POST "Origin: http://evil.example\r\n\r\n"), 403, "forbidden"},
    {"Origin, null", T(POST "Origin: null\r\n\r\n"), 403, "forbidden"},
    {"Origin, other port", T(POST "Origin: http://localhost:1\r\n\r\n"), 403, "forbidden"},
    {"Origin, ours", T(POST "Origin: http://localhost\r\n\r\n"), 200, NULL},
    {"cross-site", T(POST "Sec-Fetch-Site: cross-site\r\n\r\n"), 403, "forbidden"},
    {"same-origin", T(POST "Sec-Fetch-Site: same-origin\r\n\r\n"), 200, NULL},
    {"B127 Upgrade", T(POST "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), 200, NULL},
    {"B180 banner", T("SSH-2.0-OpenSSH_9.2\r\n"), CUT, NULL},
    {"B180 redis", T("*1\r\n$4\r\nPING\r\n"), CUT, NULL},
    {"B179 TLS hello", T("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"), CUT, NULL},
};

static int start(void **state)
{
    *state = harness_start(NULL);
    return 0;
}

static int stop(void **state)
{
    harness_stop(*state);
    return 0;
}

static bool is_as_said(const struct row *row, const struct answer *answer)
{
    if (row->status == REFUSED)
        return answer->status == 0 || (answer->status >= 400 && answer->status <= 501);
    if (answer->status != row->status)
        return false;
    if (row->code == NULL)
        return true;
    return answer_has(answer, row->code) &&
           strcmp(answer_header(answer, "Content-Type"), "application/problem+json") == 0 &&
           strlen(answer_header(answer, "Request-Id")) > 0;
}

static void each_row_of_the_corpus_is_refused_as_said(void **state)
{
    unsigned failed = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct answer answer = client_ask_bytes(*state, row->text.at, row->text.len);

        if (!is_as_said(row, &answer)) {
            print_error("%s: %d, not %d; %s\n", row->name, answer.status, row->status, answer.body);
            failed++;
        }
        answer = client_ask(*state, GET("/v1/things/1"));
        assert_int_equal(answer.status, 200);
    }
    assert_int_equal(failed, 0);
}

static struct answer ask_with(struct harness *harness, const char *before, char filler, size_t len,
                              const char *after)
{
    size_t all = strlen(before) + len + strlen(after);
    char *text = malloc(all);
    struct answer answer;

    memcpy(text, before, strlen(before));
    memset(text + strlen(before), filler, len);
    memcpy(text + strlen(before) + len, after, strlen(after));
    answer = client_ask_bytes(harness, text, all);
    free(text);
    return answer;
}

static void long_lines_and_heads_are_414_and_431(void **state)
{
    struct answer answer =
        ask_with(*state, "GET /v1/things/", 'a', 5120, " HTTP/1.1\r\nHost: localhost\r\n\r\n");

    assert_int_equal(answer.status, 414);
    assert_true(answer_has(&answer, "uri_too_long"));
    answer =
        ask_with(*state, "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", 'a', 17 * 1024, "\r\n\r\n");
    assert_int_equal(answer.status, 431);
    assert_true(answer_has(&answer, "headers_too_large"));
    answer =
        ask_with(*state, "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", 'a', 15 * 1024, "\r\n\r\n");
    assert_int_equal(answer.status, 200);
    answer = ask_with(*state, "", 'A', 64 * 1024, " / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(answer.status == 0 || answer.status >= 400);
    answer = ask_with(*state, "GET /", 'a', 200 * 1024, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(answer.status == 0 || answer.status == 414);
}

static void more_than_64_headers_are_431(void **state)
{
    char text[4096] = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    size_t len = strlen(text);

    for (int i = 0; i < 63; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "X-%d: a\r\n", i);
    memcpy(text + len, "\r\n", 3);
    assert_int_equal(client_ask(*state, text).status, 200);
    memcpy(text + len, "Y: a\r\n\r\n", 9);
    assert_int_equal(client_ask(*state, text).status, 431);
}

static void a_smuggled_request_is_not_served(void **state)
{
    int fd = client_open(*state);
    struct answer answer;

    client_say(fd, POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "0\r\n\r\nGET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 400);
    assert_true(client_is_closed(fd, 2000));
    client_close(fd);
    fd = client_open(*state);
    client_say(fd, POST "Content-Length: 2\r\n\r\n{}xyz\r\n\r\n"); /* B39 */
    assert_int_equal(client_read(fd, false).status, 200);
    answer = client_read(fd, false);
    assert_true(answer.status == 0 || answer.status == 400);
    client_close(fd);
}

static void chunk_extensions_have_an_end(void **state)
{
    struct answer answer = ask_with(*state, POST "Transfer-Encoding: chunked\r\n\r\n2;", 'a',
                                    64 * 1024, "\r\n{}\r\n0\r\n\r\n");

    assert_true(answer.status == 0 || answer.status == 400 || answer.status == 413);
}

static void without_the_loopback_rule_other_hosts_are_served(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;

    (void)state;
    options.loopback_only_hosts = false;
    harness = harness_start(&options);
    assert_int_equal(client_ask(harness, "GET / HTTP/1.1\r\nHost: jobs.example\r\n\r\n").status,
                     200);
    assert_int_equal(
        client_ask(harness, "GET / HTTP/1.1\r\nHost: jobs.example\r\nOrigin: http://a\r\n\r\n")
            .status,
        403);
    assert_int_equal(
        client_ask(harness, "GET http://a/ HTTP/1.1\r\nHost: jobs.example\r\n\r\n").status, 421);
    harness_stop(harness);
}

static int status_of(struct harness *harness, const char *headers)
{
    char text[512];

    (void)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n%s\r\n\r\n", headers);
    return client_ask(harness, text).status;
}

static void allowed_hosts_are_served_besides_loopback(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;

    (void)state;
    options.allowed_hosts = "jobs.example, other.example:8443";
    harness = harness_start(&options);
    assert_int_equal(status_of(harness, "Host: localhost"), 200);
    assert_int_equal(status_of(harness, "Host: Jobs.Example"), 200);
    assert_int_equal(status_of(harness, "Host: jobs.example:80"), 200);
    assert_int_equal(status_of(harness, "Host: other.example:8443"), 200);
    assert_int_equal(status_of(harness, "Host: other.example"), 421);
    assert_int_equal(status_of(harness, "Host: other.example:80"), 421);
    assert_int_equal(status_of(harness, "Host: evil.example"), 421);
    assert_int_equal(status_of(harness, "Host: jobs.example.evil"), 421);
    harness_stop(harness);
}

static void allowed_hosts_are_the_only_ones_without_the_loopback_rule(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;

    (void)state;
    options.loopback_only_hosts = false;
    options.allowed_hosts = "jobs.example";
    harness = harness_start(&options);
    assert_int_equal(status_of(harness, "Host: jobs.example"), 200);
    assert_int_equal(status_of(harness, "Host: localhost"), 421);
    assert_int_equal(status_of(harness, "Host: evil.example"), 421);
    harness_stop(harness);
}

static struct answer ask_probe(struct harness *harness, const char *headers)
{
    char text[512];

    (void)snprintf(text, sizeof(text), "GET /probe HTTP/1.1\r\n%s\r\n\r\n", headers);
    return client_ask(harness, text);
}

static void probes_come_by_any_name_but_not_from_foreign_pages(void **state)
{
    struct http_server_options options = harness_options();

    (void)state;
    for (int with_loopback_rule = 0; with_loopback_rule < 2; with_loopback_rule++) {
        struct harness *harness;

        options.loopback_only_hosts = with_loopback_rule != 0;
        options.allowed_hosts = "jobs.example";
        harness = harness_start(&options);
        assert_int_equal(ask_probe(harness, "Host: 10.0.0.7:8080").status, 200);
        assert_int_equal(status_of(harness, "Host: 10.0.0.7:8080"), 421);
        assert_int_equal(
            ask_probe(harness, "Host: 10.0.0.7\r\nOrigin: https://evil.example").status, 403);
        assert_int_equal(ask_probe(harness, "Host: a/b").status, 400);
        harness_stop(harness);
    }
}

/* Cut, since it may be 4 KiB long. */
static void a_refusal_names_the_host_and_the_setting(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;
    struct answer reply;
    char text[400];

    (void)state;
    options.loopback_only_hosts = false;
    options.allowed_hosts = "jobs.example";
    harness = harness_start(&options);
    reply = client_ask(harness, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_non_null(strstr(reply.body, "evil.example is not served"));
    assert_non_null(strstr(reply.body, "allowed_hosts"));
    (void)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %0300d\r\n\r\n", 7);
    reply = client_ask(harness, text);
    assert_int_equal(reply.status, 421);
    assert_non_null(strstr(reply.body, "0… is not served"));
    harness_stop(harness);
}

static void pages_of_this_and_of_allowed_hosts_may_ask(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;

    (void)state;
    options.loopback_only_hosts = false;
    options.allowed_hosts = "jobs.example,board.example";
    harness = harness_start(&options);
    assert_int_equal(status_of(harness, "Host: jobs.example\r\nOrigin: https://jobs.example"), 200);
    assert_int_equal(status_of(harness, "Host: jobs.example\r\nOrigin: https://board.example\r\n"
                                        "Sec-Fetch-Site: cross-site"),
                     200);
    assert_int_equal(status_of(harness, "Host: jobs.example\r\nOrigin: https://evil.example"), 403);
    assert_int_equal(status_of(harness, "Host: jobs.example\r\nOrigin: null"), 403);
    assert_int_equal(status_of(harness, "Host: jobs.example\r\nSec-Fetch-Site: cross-site"), 403);
    assert_int_equal(status_of(harness, "Host: jobs.example\r\nSec-Fetch-Site: same-origin"), 200);
    assert_int_equal(
        client_ask(harness, "GET / HTTP/1.0\r\nOrigin: https://evil.example\r\n\r\n").status, 403);
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_corpus_is_refused_as_said),
        cmocka_unit_test(long_lines_and_heads_are_414_and_431),
        cmocka_unit_test(more_than_64_headers_are_431),
        cmocka_unit_test(a_smuggled_request_is_not_served),
        cmocka_unit_test(chunk_extensions_have_an_end),
        cmocka_unit_test(without_the_loopback_rule_other_hosts_are_served),
        cmocka_unit_test(allowed_hosts_are_served_besides_loopback),
        cmocka_unit_test(allowed_hosts_are_the_only_ones_without_the_loopback_rule),
        cmocka_unit_test(probes_come_by_any_name_but_not_from_foreign_pages),
        cmocka_unit_test(a_refusal_names_the_host_and_the_setting),
        cmocka_unit_test(pages_of_this_and_of_allowed_hosts_may_ask),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
