/* Tests of the push room as a whole: a real engine, a real endpoint on loopback. */
#include "floor.h"

static void a_task_is_posted_and_its_answer_is_the_result(void **state)
{
    struct floor *floor = *state;
    char said[ENDPOINT_TEXT_MAX];
    const struct task *task;

    (void)floor_worker(floor, "/say/[1,2]", 4);
    task = floor_await(floor, floor_submit(floor, "{\"a\":1}"), TASK_SUCCEEDED);
    assert_true(bytes_is(task->result.data, "[1,2]"));
    assert_null(task->result.content_type.at);
    endpoint_last(floor->endpoint, said);
    assert_non_null(strstr(said, "POST /say/[1,2] HTTP/1.1\r\n"));
    assert_non_null(strstr(said, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(said, "\r\nwebhook-id: "));
    assert_non_null(strstr(said, "\r\nwebhook-timestamp: "));
    assert_non_null(strstr(said, "\r\nwebhook-signature: v1,"));
    assert_non_null(strstr(said, "\r\nTask-Attempt: 1\r\n"));
    assert_non_null(strstr(said, "\r\nUser-Agent: Sluice/0\r\n"));
    assert_null(strstr(said, "Expect:"));
    assert_non_null(strstr(said, "\r\n\r\n{\"a\":1}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_task_is_posted_and_its_answer_is_the_result, floor_set_up,
                                        floor_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
