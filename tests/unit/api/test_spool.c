/* Tests of answer lines that outgrow memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "spool.h"

static void little_stays_in_memory(void **state)
{
    struct spool spool;

    (void)state;

    spool_init(&spool, "/tmp");
    buffer_append(&spool.buffer, BYTES("line\n"));
    spool_settle(&spool);

    assert_true(spool_finish(&spool));
    assert_int_equal(spool.fd, -1);
    assert_int_equal(spool.buffer.len, 5);
    spool_fini(&spool);
}

static void much_goes_to_a_file_without_a_name(void **state)
{
    static char line[4096];
    struct spool spool;
    struct stat facts;

    (void)state;

    spool_init(&spool, "/tmp");
    for (int i = 0; i < 600; i++) {
        buffer_append(&spool.buffer, (struct bytes){line, sizeof(line)});
        spool_settle(&spool);
    }

    assert_true(spool_finish(&spool));
    assert_int_equal(spool.file_size, 600 * sizeof(line));
    assert_int_equal(fstat(spool.fd, &facts), 0);
    assert_int_equal(facts.st_size, 600 * sizeof(line));
    assert_int_equal(facts.st_nlink, 0);
    spool_fini(&spool);
}

static void a_folder_that_is_none_fails_at_the_end(void **state)
{
    static char much[2 << 20];
    struct spool spool;

    (void)state;

    spool_init(&spool, "/nowhere");
    buffer_append(&spool.buffer, (struct bytes){much, sizeof(much)});
    spool_settle(&spool);

    assert_false(spool_finish(&spool));
    spool_fini(&spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_stays_in_memory),
        cmocka_unit_test(much_goes_to_a_file_without_a_name),
        cmocka_unit_test(a_folder_that_is_none_fails_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
