/* Forwarded: nobody but a trusted proxy says who somebody else is. */
#include "client.h"

#include "forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { HEADERS_MAX = 3 };

static void assert_from(const char *peer, const char *const lists[], const char *expected)
{
    struct field fields[HEADERS_MAX + 1] = {{BYTES("X-Other"), BYTES("9.9.9.9")}};
    struct fields headers = {.at = fields, .len = 1};
    struct network_address address;
    struct networks trusted;
    struct error error;
    char text[NETWORK_TEXT_LEN];

    for (unsigned i = 0; i < HEADERS_MAX && lists[i] != NULL; i++)
        fields[headers.len++] = (struct field){BYTES("X-Forwarded-FOR"), bytes_of(lists[i])};
    assert_int_equal(networks_read("10.0.0.0/8,fd00::/8", &trusted, &error), OK);
    assert_true(network_address_read(bytes_of(peer), &address));
    address = forwarded_address(&address, &trusted, &headers);
    network_address_text(&address, text);
    assert_string_equal(text, expected);
    networks_free(&trusted);
}

#define LISTS(...) ((const char *const[HEADERS_MAX + 1]){__VA_ARGS__})

static void strangers_are_not_believed(void **state)
{
    (void)state;
    assert_from("1.2.3.4", LISTS("5.6.7.8"), "1.2.3.4");
    assert_from("2001:db8::1", LISTS("10.0.0.1"), "2001:db8::1");
}

static void the_rightmost_stranger_counts(void **state)
{
    (void)state;
    assert_from("10.0.0.1", LISTS(NULL), "10.0.0.1");
    assert_from("10.0.0.1", LISTS("5.6.7.8"), "5.6.7.8");
    assert_from("10.0.0.1", LISTS("127.0.0.1, 5.6.7.8 ,10.9.9.9"), "5.6.7.8");
    assert_from("::ffff:10.0.0.1", LISTS("5.6.7.8"), "5.6.7.8");
    assert_from("fd00::1", LISTS("[2001:db8::7]:1234, 10.1.1.1:80"), "2001:db8::7");
    assert_from("10.0.0.1", LISTS("10.0.0.2, 10.0.0.3"), "10.0.0.2");
}

static void headers_are_joined_in_order(void **state)
{
    (void)state;
    assert_from("10.0.0.1", LISTS("1.1.1.1", "2.2.2.2, 10.0.0.9", "10.0.0.8"), "2.2.2.2");
    assert_from("10.0.0.1", LISTS("3.3.3.3", "10.0.0.9"), "3.3.3.3");
}

static void junk_ends_the_search(void **state)
{
    (void)state;
    assert_from("10.0.0.1", LISTS("unknown"), "10.0.0.1");
    assert_from("10.0.0.1", LISTS(""), "10.0.0.1");
    assert_from("10.0.0.1", LISTS("1.1.1.1,"), "10.0.0.1");
    assert_from("10.0.0.1", LISTS("1.1.1.1, <script>, 10.0.0.7"), "10.0.0.7");
    assert_from("10.0.0.1", LISTS("1.1.1.1", "junk", "10.0.0.7"), "10.0.0.7");
}

static void no_more_than_a_hundred_hops_are_looked_at(void **state)
{
    char list[2048] = "6.6.6.6";

    (void)state;
    for (int i = 0; i < 99; i++)
        (void)snprintf(list + strlen(list), sizeof(list) - strlen(list), ",10.0.0.%d", i + 1);
    assert_from("10.9.9.9", LISTS(list), "6.6.6.6");
    (void)snprintf(list + strlen(list), sizeof(list) - strlen(list), ",10.0.0.200");
    assert_from("10.9.9.9", LISTS(list), "10.0.0.1");
}

static void handlers_see_it(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;
    struct answer answer;

    (void)state;
    options.trusted_proxies = "127.0.0.0/8";
    harness = harness_start(&options);
    answer = client_ask(harness, "GET /v1/address HTTP/1.1\r\nHost: localhost\r\n"
                                 "X-Forwarded-For: 7.7.7.7\r\nX-Forwarded-For: 8.8.8.8\r\n\r\n");
    assert_string_equal(answer.body, "8.8.8.8");
    answer = client_ask(harness, "GET /v1/address HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_string_equal(answer.body, "127.0.0.1");
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_not_believed),
        cmocka_unit_test(the_rightmost_stranger_counts),
        cmocka_unit_test(headers_are_joined_in_order),
        cmocka_unit_test(junk_ends_the_search),
        cmocka_unit_test(no_more_than_a_hundred_hops_are_looked_at),
        cmocka_unit_test(handlers_see_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
