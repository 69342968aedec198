/* Tests of the push room with a name server that takes its time: getaddrinfo() is this program's.
 */
#include "floor.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <unistd.h>

enum { HANG_MS = 2500 };

static atomic_int looking;

typedef int look_up(const char *node, const char *service, const struct addrinfo *hints,
                    struct addrinfo **ret_addresses);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_addresses)
{
    look_up *real;

    if (node == NULL || strcmp(node, "hangs.example") != 0) {
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        return real(node, service, hints, ret_addresses);
    }
    atomic_fetch_add(&looking, 1);
    (void)usleep(HANG_MS * 1000);
    atomic_fetch_sub(&looking, 1);
    return EAI_AGAIN;
}

static int wait_for_look_ups(void **state)
{
    (void)state;
    for (int tries = 0; tries < 1000 && atomic_load(&looking) > 0; tries++)
        (void)usleep(10000);
    (void)usleep(100000); /* libcurl's thread gives its memory back */
    return 0;
}

static void a_slow_name_server_holds_up_nobody_else(void **state)
{
    struct floor *floor = *state;
    struct id tasks[3];
    unsigned succeeded = 0;

    (void)floor_worker_at(floor, "http://hangs.example:8080/", 4);
    for (int i = 0; i < 3; i++)
        tasks[i] = floor_submit(floor, "1");
    for (int tries = 0; tries < 1000 && atomic_load(&looking) == 0; tries++)
        floor_run(floor, 1);
    assert_int_equal(atomic_load(&looking), 1);
    (void)floor_worker(floor, "/say/1", 4);
    floor_run(floor, 500);
    for (int i = 0; i < 3; i++)
        succeeded += floor_look(floor, tasks[i])->state == TASK_SUCCEEDED;
    assert_int_equal(succeeded, 2);
    assert_int_equal(atomic_load(&looking), 1);
}

static void a_slow_name_server_holds_up_no_stop(void **state)
{
    struct floor *floor = *state;
    int64_t began_ms;

    (void)floor_worker_at(floor, "http://hangs.example:8080/", 4);
    (void)floor_submit(floor, "1");
    for (int tries = 0; tries < 1000 && atomic_load(&looking) == 0; tries++)
        floor_run(floor, 1);
    assert_int_equal(atomic_load(&looking), 1);
    began_ms = clock_system().now(NULL).mono_ms;
    push_close(floor->push);
    floor->push = NULL;
    assert_in_range(clock_system().now(NULL).mono_ms - began_ms, 0, 1000);
    assert_int_equal(atomic_load(&looking), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, floor_set_up, floor_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slow_name_server_holds_up_nobody_else),
        TEST(a_slow_name_server_holds_up_no_stop),
    };

    return cmocka_run_group_tests(tests, NULL, wait_for_look_ups);
}
