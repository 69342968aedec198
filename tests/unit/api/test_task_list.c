/* Tests of the list of tasks: filters, order, pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct request *list_with(const char *name, const char *value)
{
    struct request *request = fake_begin();

    request->path = "/v1/tasks";
    if (name != NULL)
        request->query[0] = (struct fake_pair){name, value};
    return request;
}

static void nothing_said_is_everything_oldest_first(void **state)
{
    const struct list_query *query;

    (void)state;

    op_list_tasks(list_with(NULL, NULL));
    query = &fake_command()->in.list;
    assert_int_equal(query->limit, 50);
    assert_int_equal(query->after_number, -1);
    assert_int_equal(query->observed, -1);
    assert_int_equal(query->created_after_ms, -1);
    assert_false(query->newest_first);
    assert_null(query->queues.at);
    fake_end();
}

static void refuses(const char *name, const char *value)
{
    char part[64];

    (void)snprintf(part, sizeof(part), "invalid_field|?%s|", name);
    op_list_tasks(list_with(name, value));
    assert_true(fake_answered_with(400, part));
    fake_end();
}

static void bad_filters_are_refused(void **state)
{
    (void)state;

    refuses("state", "ready,gone");
    refuses("state", "");
    refuses("queue", "a b");
    refuses("worker", "me");
    refuses("ids", "1,2");
    refuses("observed", "maybe");
    refuses("created_after", "yesterday");
    refuses("sort", "priority");
    refuses("root", "a");
    refuses("error", "");
    refuses("days", "99999999");
    refuses("limit", "501");
}

static void a_page_leads_to_the_next_of_the_same_list(void **state)
{
    struct task tasks[2] = {
        {.number = 10, .queue = BYTES("q"), .type = BYTES(""), .state = TASK_READY},
        {.number = 12, .queue = BYTES("q"), .type = BYTES(""), .state = TASK_READY},
    };
    struct request *request = list_with("state", "ready");
    char cursor[256] = "";

    (void)state;

    op_list_tasks(request);
    fake_command()->reply = (struct reply){.tasks = tasks, .tasks_len = 2, .has_more = true};
    fake_reply();
    assert_int_equal(request->status, 200);
    (void)sscanf(strstr(request->text, "\"next_cursor\":\""), "\"next_cursor\":\"%255[^\"]",
                 cursor);
    fake_end();

    request = list_with("state", "ready");
    request->query[1] = (struct fake_pair){"cursor", cursor};
    op_list_tasks(request);
    assert_int_equal(fake_command()->in.list.after_number, 12);
    fake_end();

    request = list_with("state", "failed");
    request->query[1] = (struct fake_pair){"cursor", cursor};
    op_list_tasks(request);
    assert_true(fake_answered_with(400, "cursor_invalid|?cursor|"));
    fake_end();
}

static void the_end_has_no_cursor(void **state)
{
    (void)state;

    op_list_tasks(list_with("sort", "-created_at"));
    assert_true(fake_command()->in.list.newest_first);
    fake_reply();

    assert_true(fake_answered_with(200, "{\"items\":[],\"next_cursor\":null}"));
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_everything_oldest_first),
        cmocka_unit_test(bad_filters_are_refused),
        cmocka_unit_test(a_page_leads_to_the_next_of_the_same_list),
        cmocka_unit_test(the_end_has_no_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
