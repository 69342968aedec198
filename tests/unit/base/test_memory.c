/* Memory: zeroed, never NULL, and out of it means exit 71. */
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A sanitizer's allocator would stop the program before we can. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void memory_is_zeroed(void **state)
{
    char *memory = mem_alloc(1000);

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(memory[i], 0);
    free(memory);
}

static void nothing_is_something_too(void **state)
{
    void *memory = mem_alloc(0);

    (void)state;
    assert_non_null(memory);
    memory = mem_resize(memory, 0);
    assert_non_null(memory);
    free(memory);
}

static void resizing_keeps_what_was_there(void **state)
{
    char *memory = mem_resize(NULL, 4);

    (void)state;
    memcpy(memory, "abc", 4);
    memory = mem_resize(memory, 100000);
    assert_string_equal(memory, "abc");
    free(memory);
}

static int exit_code_of_asking_for_too_much(bool by_resizing)
{
    volatile size_t too_much = (size_t)PTRDIFF_MAX - 100;
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)close(STDERR_FILENO);
        void *memory = by_resizing ? mem_resize(NULL, too_much) : mem_alloc(too_much);

        free(memory);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void running_out_exits_with_71(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of_asking_for_too_much(false), 71);
    assert_int_equal(exit_code_of_asking_for_too_much(true), 71);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed),
        cmocka_unit_test(nothing_is_something_too),
        cmocka_unit_test(resizing_keeps_what_was_there),
        cmocka_unit_test(running_out_exits_with_71),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
