/* Secret: made once, the same after a restart and a crash, another in another store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

static void a_secret_outlives_restarts(void **state)
{
    struct stage *stage = *state;
    uint8_t first[ENGINE_SECRET_LEN], later[ENGINE_SECRET_LEN];
    const uint8_t nothing[ENGINE_SECRET_LEN] = {0};

    engine_secret(stage->engine, first);
    assert_memory_not_equal(first, nothing, sizeof(first));
    stage_restart(stage);
    engine_secret(stage->engine, later);
    assert_memory_equal(first, later, sizeof(first));
    stage_kill(stage);
    engine_secret(stage->engine, later);
    assert_memory_equal(first, later, sizeof(first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_secret_outlives_restarts, stage_setup, stage_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
