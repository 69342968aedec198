/* Migrate: steps are applied in order, once, wholly or not at all, and a copy is kept before. The
 * migrations of this program are its own: they stand in for the library's. */
#include "migrate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "raw_sql.h"
#include "scratch.h"

static const char first[] =
    "CREATE TABLE one (number {{key}}, x {{i64}} DEFAULT {{CANCELLED}}, b {{bytes}}) {{strict}};";
static const char second[] =
    "CREATE TABLE two (name TEXT PRIMARY KEY) {{clustered}}; INSERT INTO two VALUES ('kept');";
static char third[128]; /* each test writes its own; blanks behind */

const struct embedded_file embedded_migrations[] = {
    {"0001_one.sql", (const unsigned char *)first, sizeof(first) - 1},
    {"0002_two.sql", (const unsigned char *)second, sizeof(second) - 1},
    {"0003_three.sql", (const unsigned char *)third, sizeof(third) - 1},
};
const size_t embedded_migrations_len = 3;

struct place {
    struct scratch scratch;
    struct folder folder;
    struct db *db;
    enum db_failure failure;
    struct error error;
    char path[4096];
};

static void third_is(const char *sql)
{
    memset(third, ' ', sizeof(third) - 1);
    memcpy(third, sql, strlen(sql));
}

static void open_place(struct place *place, const char *name)
{
    assert_true(folder_open(&place->folder, scratch_path(&place->scratch, name), &place->failure,
                            &place->error));
    folder_file(&place->folder, "sluice.db", place->path, sizeof(place->path));

    struct db_options options = {.path = place->path};

    assert_true(db_open_sqlite(&options, &place->db, &place->failure, &place->error));
}

static void close_place(struct place *place)
{
    db_close(place->db);
    place->db = NULL;
    folder_close(&place->folder);
}

static int make(void **state)
{
    struct place *place = mem_alloc(sizeof(*place));

    scratch_make(&place->scratch);
    open_place(place, "data");
    third_is("CREATE TABLE three (x);");
    *state = place;
    return 0;
}

static int unmake(void **state)
{
    struct place *place = *state;

    close_place(place);
    scratch_remove(&place->scratch);
    free(place);
    return 0;
}

/* As a start of the program does: with a connection of its own. */
static bool start(struct place *place)
{
    close_place(place);
    open_place(place, "data");
    place->failure = DB_FINE;
    return migrate(place->db, &place->folder, &place->failure, &place->error);
}

static void a_fresh_store_gets_every_step_and_no_copy(void **state)
{
    struct place *place = *state;

    assert_true(start(place));
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM migrations"), 3);
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM three"), 0);
    assert_false(scratch_has(&place->scratch, "data/sluice.db.before-0001"));
}

static void steps_are_applied_once(void **state)
{
    struct place *place = *state;

    assert_true(start(place));
    assert_true(start(place));
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM two"), 1);
}

static void words_in_braces_become_the_dialect_s_and_the_states_numbers(void **state)
{
    struct place *place = *state;

    assert_true(start(place));
    assert_true(raw_exec(place->path, "INSERT INTO one (b) VALUES (x'00')"));
    assert_int_equal(raw_number(place->path, "SELECT x FROM one"), 9);
    assert_false(raw_exec(place->path, "INSERT INTO one (x) VALUES ('strict')"));
}

static void a_word_that_is_none_stops_the_step(void **state)
{
    static const char *const bad[] = {"SELECT {{nonsense}};", "SELECT {{READ}};", "SELECT {{key;",
                                      "SELECT {{}};"};
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        third_is(bad[i]);
        assert_false(start(place));
        assert_int_equal(place->failure, DB_IO);
        assert_non_null(strstr(place->error.detail, "0003_three.sql"));
    }
}

static void a_step_that_breaks_leaves_nothing_of_itself(void **state)
{
    struct place *place = *state;

    third_is("CREATE TABLE three (x); nonsense;");
    assert_false(start(place));
    assert_int_equal(place->failure, DB_IO);
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM migrations"), 2);
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM three"), -1);
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM two"), 1);
}

static void a_mended_step_goes_on_where_it_stopped(void **state)
{
    struct place *place = *state;

    third_is("nonsense;");
    assert_false(start(place));
    third_is("CREATE TABLE three (x);");
    assert_true(start(place));
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM migrations"), 3);
}

static void a_store_with_data_is_copied_before_a_step(void **state)
{
    struct place *place = *state;
    const char *copy = scratch_path(&place->scratch, "data/sluice.db.before-0003");

    third_is("nonsense;");
    assert_false(start(place));
    assert_true(raw_exec(place->path, "INSERT INTO two VALUES ('data')"));
    third_is("DELETE FROM two;");
    assert_true(start(place));
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM two"), 0);
    assert_int_equal(raw_number(copy, "SELECT count(*) FROM two"), 2);
    assert_int_equal(raw_number(copy, "SELECT count(*) FROM migrations"), 2);
    assert_int_equal(raw_number(copy, "PRAGMA application_id"), 1399616867);
}

static void a_copy_left_by_a_killed_start_is_made_anew(void **state)
{
    struct place *place = *state;
    const char *copy = scratch_path(&place->scratch, "data/sluice.db.before-0003");

    third_is("nonsense;");
    assert_false(start(place));
    scratch_write(&place->scratch, "data/sluice.db.before-0003", "half", 4);
    third_is("CREATE TABLE three (x);");
    assert_true(start(place));
    assert_int_equal(raw_number(copy, "SELECT count(*) FROM migrations"), 2);
}

static void a_folder_s_name_may_hold_a_quote(void **state)
{
    struct place *place = *state;

    close_place(place);
    open_place(place, "it's");
    third_is("nonsense;");
    assert_false(migrate(place->db, &place->folder, &place->failure, &place->error));
    close_place(place);
    open_place(place, "it's");
    third_is("CREATE TABLE three (x);");
    assert_true(migrate(place->db, &place->folder, &place->failure, &place->error));
    assert_true(scratch_has(&place->scratch, "it's/sluice.db.before-0003"));
}

static void without_a_copy_there_is_no_step(void **state)
{
    struct place *place = *state;

    third_is("nonsense;");
    assert_false(start(place));
    third_is("CREATE TABLE three (x);");
    assert_int_equal(mkdir(scratch_path(&place->scratch, "data/sluice.db.before-0003"), 0700), 0);
    assert_false(start(place));
    assert_int_equal(raw_number(place->path, "SELECT count(*) FROM migrations"), 2);
}

static void steps_of_a_later_version_are_refused(void **state)
{
    static const char *const changes[] = {
        "INSERT INTO migrations VALUES (4, 'new', 'x')",
        "UPDATE migrations SET checksum = 'edited' WHERE number = 2",
        "DELETE FROM migrations WHERE number = 2",
        "INSERT INTO migrations VALUES (0, 'odd', 'x')",
    };
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        (void)raw_exec(place->path,
                       "DROP TABLE migrations; DROP TABLE one; DROP TABLE two; DROP TABLE three");
        assert_true(start(place));
        assert_true(raw_exec(place->path, changes[i]));
        assert_false(start(place));
        assert_int_equal(place->failure, DB_NEWER);
    }
}

static void a_step_that_finds_no_room_says_so(void **state)
{
    struct place *place = *state;

    db_exec(place->db, "PRAGMA max_page_count = 3");
    assert_false(migrate(place->db, &place->folder, &place->failure, &place->error));
    assert_int_equal(place->failure, DB_FULL);
    assert_true(start(place));
}

static void in_memory_nothing_is_copied(void **state)
{
    struct db_options options = {.path = "memory:migrate"};
    struct place *place = *state;
    struct db *db;

    assert_true(db_open_sqlite(&options, &db, &place->failure, &place->error));
    third_is("nonsense;");
    assert_false(migrate(db, NULL, &place->failure, &place->error));
    db_close(db);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_PLACE(a_fresh_store_gets_every_step_and_no_copy),
        WITH_PLACE(steps_are_applied_once),
        WITH_PLACE(words_in_braces_become_the_dialect_s_and_the_states_numbers),
        WITH_PLACE(a_word_that_is_none_stops_the_step),
        WITH_PLACE(a_step_that_breaks_leaves_nothing_of_itself),
        WITH_PLACE(a_mended_step_goes_on_where_it_stopped),
        WITH_PLACE(a_store_with_data_is_copied_before_a_step),
        WITH_PLACE(a_copy_left_by_a_killed_start_is_made_anew),
        WITH_PLACE(a_folder_s_name_may_hold_a_quote),
        WITH_PLACE(without_a_copy_there_is_no_step),
        WITH_PLACE(steps_of_a_later_version_are_refused),
        WITH_PLACE(a_step_that_finds_no_room_says_so),
        WITH_PLACE(in_memory_nothing_is_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
