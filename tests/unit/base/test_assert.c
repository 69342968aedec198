/* Assert: a broken promise ends the program and says which one it was. */
#include "base/assert.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_broken_promise_aborts_with_its_text(void **state)
{
    int ends[2];
    char text[512] = "";
    int status = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);

    pid_t child = fork();

    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        ASSERT(ends[0] == -7);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(close(ends[1]), 0);
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(waitpid(child, &status, 0), child);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(text, "ends[0] == -7"));
    assert_non_null(strstr(text, "test_assert.c:"));
}

static void a_kept_promise_does_nothing(void **state)
{
    (void)state;
    ASSERT(1 + 1 == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_promise_aborts_with_its_text),
        cmocka_unit_test(a_kept_promise_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
