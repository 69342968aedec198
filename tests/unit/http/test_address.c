/* Address: what can be listened on, and whose Host is ours. */
#include "address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

static void addresses_are_read(void **state)
{
    struct address address;

    (void)state;
    assert_int_equal(address_read("127.0.0.1:8080", &address, NULL), OK);
    assert_string_equal(address.host, "127.0.0.1");
    assert_int_equal(ntohs(address.at.v4.sin_port), 8080);
    assert_int_equal(address_read("[::1]:0", &address, NULL), OK);
    assert_string_equal(address.host, "[::1]");
    assert_int_equal(address_read("localhost:80", &address, NULL), OK);
    assert_int_equal(address_read("0.0.0.0:65535", &address, NULL), OK);
}

static void other_texts_are_refused(void **state)
{
    static const char *const texts[] = {
        "",        "8080",  ":8080",           "127.0.0.1",     "127.0.0.1:",
        "1.2.3:1", "a.b:1", "127.0.0.1:65536", "127.0.0.1:-1",  "127.0.0.1:http",
        "::1:80",  "[::1]", "[::1:80",         "[127.0.0.1]:1", "[]:1"};
    struct address address;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (address_read(texts[i], &address, &error) == OK)
            fail_msg("%s was taken", texts[i]);
    assert_string_equal(error.where, "listen");
}

static void a_taken_port_is_said_so(void **state)
{
    struct address address;
    struct error error = {.detail = ""};
    unsigned port = 0;
    int fd = -1;
    int other = -1;

    (void)state;
    assert_int_equal(address_read("127.0.0.1:0", &address, &error), OK);
    assert_int_equal(address_listen(&address, &fd, &port, &error), OK);
    assert_true(port > 0);
    address.at.v4.sin_port = htons((uint16_t)port);
    assert_int_equal(address_listen(&address, &other, &port, &error), ERR_INTERNAL);
    assert_string_equal(error.where, "listen");
    assert_non_null(strstr(error.detail, "in use"));
    (void)close(fd);
}

static void only_loopback_and_the_listen_address_are_ours(void **state)
{
    static const char *const ours[] = {"localhost", "LOCALHOST:1", "127.0.0.1", "127.1.2.3:80",
                                       "[::1]",     "[::1]:80",    "10.1.2.3",  "10.1.2.3:99"};
    static const char *const others[] = {
        "",     "evil.example", "localhost.", "127.0.0.1.evil.example", "10.1.2.4", "[::2]",
        "[::1", "0x7f000001",   "2130706433"};
    struct address address;

    (void)state;
    assert_int_equal(address_read("10.1.2.3:8080", &address, NULL), OK);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (!address_is_ours(&address, bytes_of(ours[i])))
            fail_msg("%s is ours", ours[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (address_is_ours(&address, bytes_of(others[i])))
            fail_msg("%s is not ours", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(a_taken_port_is_said_so),
        cmocka_unit_test(only_loopback_and_the_listen_address_are_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
