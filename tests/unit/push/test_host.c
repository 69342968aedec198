/* Tests of hosts: one for those that share it, gone with the last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host.h"

static void targets_of_one_host_and_port_share_it(void **state)
{
    struct hosts hosts;
    struct push_url url = {.host = BYTES("a.example"), .port = 443}, other = url;
    struct list_node starving = {NULL, NULL};
    struct host *host;

    (void)state;
    hosts_init(&hosts);
    host = host_hold(&hosts, &url);
    other.host = BYTES("A.Example");
    assert_ptr_equal(host_hold(&hosts, &other), host);
    other.port = 8443;
    assert_ptr_not_equal(host_hold(&hosts, &other), host);
    host_let_go(&hosts, host);
    assert_int_equal(map_len(hosts.by_name), 2);
    list_push_back(&host->starved, &starving);
    host_let_go(&hosts, host);
    assert_int_equal(map_len(hosts.by_name), 1);
    assert_false(list_is_linked(&starving));
    host_let_go(&hosts, map_get(hosts.by_name, BYTES("a.example:8443")));
    assert_int_equal(map_len(hosts.by_name), 0);
    hosts_fini(&hosts);
}

static void a_host_that_failed_its_last_guest_takes_one_at_a_time(void **state)
{
    struct hosts hosts;
    struct push_url url = {.host = BYTES("a.example"), .port = 443};
    struct host *host;

    (void)state;
    hosts_init(&hosts);
    host = host_hold(&hosts, &url);
    host->guests = HOST_GUESTS_MAX - 1;
    assert_true(host_takes_guest(host));
    host->guests = HOST_GUESTS_MAX;
    assert_false(host_takes_guest(host));
    host_judge(&hosts, host, true);
    host_judge(&hosts, host, true);
    host->guests = 1;
    assert_false(host_takes_guest(host));
    host->guests = 0;
    assert_true(host_takes_guest(host));
    host_let_go(&hosts, host);
    assert_ptr_equal(host_hold(&hosts, &url), host); /* it is remembered without users */
    host_judge(&hosts, host, false);
    host->guests = 1;
    assert_true(host_takes_guest(host));
    host_let_go(&hosts, host);
    assert_int_equal(map_len(hosts.by_name), 0);
    hosts_fini(&hosts);
}

static void the_more_a_failing_host_turns_away_the_later_they_come_again(void **state)
{
    struct hosts hosts;
    struct push_url url = {.host = BYTES("a.example"), .port = 443};
    struct host *host;

    (void)state;
    hosts_init(&hosts);
    host = host_hold(&hosts, &url);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(host_turn_away(host), HOST_TURN_AWAY_MS);
    host_judge(&hosts, host, true);
    for (int i = 0; i < HOST_GUESTS_MAX; i++)
        assert_int_equal(host_turn_away(host), HOST_TURN_AWAY_MS);
    assert_int_equal(host_turn_away(host), 2 * HOST_TURN_AWAY_MS);
    for (int i = 0; i < 10000; i++)
        assert_true(host_turn_away(host) <= HOST_TURN_AWAY_MAX_MS);
    assert_int_equal(host_turn_away(host), HOST_TURN_AWAY_MAX_MS);
    host_judge(&hosts, host, true);
    assert_int_equal(host_turn_away(host), HOST_TURN_AWAY_MAX_MS);
    host_judge(&hosts, host, false);
    assert_int_equal(host_turn_away(host), HOST_TURN_AWAY_MS);
    host_let_go(&hosts, host);
    hosts_fini(&hosts);
}

static void so_many_are_remembered_and_no_more(void **state)
{
    struct hosts hosts;
    struct push_url url = {.host = BYTES("a.example")};

    (void)state;
    hosts_init(&hosts);
    for (url.port = 1; url.port <= HOST_DOUBTED_MAX + 1; url.port++) {
        struct host *host = host_hold(&hosts, &url);

        host_judge(&hosts, host, true);
        host_let_go(&hosts, host);
    }
    assert_int_equal(map_len(hosts.by_name), HOST_DOUBTED_MAX);
    assert_null(map_get(hosts.by_name, BYTES("a.example:1")));
    hosts_fini(&hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_of_one_host_and_port_share_it),
        cmocka_unit_test(a_host_that_failed_its_last_guest_takes_one_at_a_time),
        cmocka_unit_test(the_more_a_failing_host_turns_away_the_later_they_come_again),
        cmocka_unit_test(so_many_are_remembered_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
