/* Tests of hosts: one for those that share it, gone with the last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host.h"

static void targets_of_one_host_and_port_share_it(void **state)
{
    struct map *hosts = map_new();
    struct push_url url = {.host = BYTES("a.example"), .port = 443}, other = url;
    struct list_node starving = {NULL, NULL};
    struct host *host = host_hold(hosts, &url);

    (void)state;
    other.port = 8443;
    assert_ptr_equal(host_hold(hosts, &url), host);
    assert_ptr_not_equal(host_hold(hosts, &other), host);
    host_let_go(hosts, host);
    assert_int_equal(map_len(hosts), 2);
    list_push_back(&host->starved, &starving);
    host_let_go(hosts, host);
    assert_int_equal(map_len(hosts), 1);
    assert_false(list_is_linked(&starving));
    host_let_go(hosts, map_get(hosts, BYTES("a.example:8443")));
    assert_int_equal(map_len(hosts), 0);
    map_free(hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(targets_of_one_host_and_port_share_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
