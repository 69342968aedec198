/* Tests of reasons: what is known becomes a sentence, what is not is told behind it. */
#include "reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void tells(const char *blocker, const char *sentence)
{
    struct arena *arena = arena_new();
    struct bytes told = reason_of(bytes_of(blocker), arena);

    if (!bytes_is(told, sentence))
        fail_msg("%.*s", BYTES_ARG(told));
    arena_free(arena);
}

static void each_kind_has_its_sentence(void **state)
{
    (void)state;
    tells("{\"kind\":\"paused\",\"queue\":\"q\"}", "Queue q is paused.");
    tells("{\"kind\":\"paused\",\"queue\":\"q\",\"until\":\"2026-01-02T03:04:05.000Z\"}",
          "Queue q is paused until 2026-01-02T03:04:05.000Z.");
    tells("{\"kind\":\"queue_cap\",\"queue\":\"q\",\"limit\":2,\"running\":2,"
          "\"holders\":[\"a\",\"b\"]}",
          "Queue q runs as many as it may: 2 of 2. Held by a, b.");
    tells("{\"kind\":\"limit\",\"name\":\"gpu\",\"limit\":4,\"running\":3,\"holders\":[\"a\"]}",
          "Limit gpu is full: 3 of 4 units are in use. Held by a.");
    tells("{\"kind\":\"limit\",\"name\":\"gpu\",\"limit\":4,\"running\":3,\"units\":2}",
          "Limit gpu is full: 3 of 4 units are in use; it takes 2.");
    tells("{\"kind\":\"limit\",\"name\":\"gpu\",\"limit\":4,\"units\":2}",
          "Limit gpu is full; it takes 2. limit: 4.");
    tells(
        "{\"kind\":\"limit\",\"name\":\"gpu\",\"fits\":false,\"limit\":4,\"running\":0,\"units\":9}",
        "Limit gpu can never let it run as it is: it takes 9 units, more than its cap of 4; in use: 0.");
    tells(
        "{\"kind\":\"rate\",\"name\":\"api\",\"fits\":false,\"units\":9}",
        "The rate of limit api can never let it run as it is: it takes 9 units, more than its burst.");
    tells("{\"kind\":\"closed\",\"queue\":\"q\",\"state\":\"purging\"}",
          "Queue q hands out nothing: it is purging.");
    tells("{\"kind\":\"schedule\",\"until\":\"T\"}", "It is not due before T.");
    tells("{\"kind\":\"group\",\"group\":\"g\",\"limit\":1,\"running\":1}",
          "Group g runs as many as it may: 1 of 1.");
    tells("{\"kind\":\"resource\"}", "Its resources are not there yet.");
    tells("{\"kind\":\"rate\",\"name\":\"api\",\"until\":\"T\"}",
          "The rate of limit api is used up until T.");
    tells("{\"kind\":\"rate\",\"queue\":\"q\"}", "The rate of queue q is used up.");
    tells("{\"kind\":\"ordering\",\"key\":\"k\",\"ahead\":2,\"holders\":[\"a\"]}",
          "Earlier tasks of its ordering key k are not over: 2. Held by a.");
    tells("{\"kind\":\"ordering\",\"key\":\"k\",\"holder_state\":\"failed\",\"ahead\":1}",
          "Earlier tasks of its ordering key k are not over: 1; the first is failed.");
    tells("{\"kind\":\"dependency\",\"count\":2,\"holders\":[\"a\",\"b\"]}",
          "Tasks that it depends on are not over: 2. Held by a, b.");
    tells("{\"kind\":\"no_worker\",\"queue\":\"q\",\"type\":\"\",\"workers\":0}",
          "No worker of queue q takes tasks of type ''. Workers there: 0.");
    tells(
        "{\"kind\":\"no_worker\",\"queue\":\"q\",\"type\":\"t\",\"worker\":\"w\",\"workers\":1,"
        "\"unavailable\":2}",
        "No worker of queue q takes tasks of type 't'; only worker w may run it. Workers there: 1. "
        "Lost, quiet or paused: 2.");
    tells(
        "{\"kind\":\"no_worker\",\"name\":\"m\",\"state\":\"resting\",\"queue\":\"q\",\"type\":\"t\","
        "\"until\":\"T\",\"error\":\"it answered 429\",\"workers\":0,\"resting\":2}",
        "The push worker m is resting until T: it answered 429. It runs type 't' of queue q. "
        "Workers there: 0. Push workers that rest: 2.");
    tells(
        "{\"kind\":\"no_worker\",\"name\":\"m\",\"state\":\"disabled\",\"queue\":\"q\",\"type\":\"\","
        "\"disabled\":1}",
        "The push worker m is disabled: its endpoint answered 410. It runs type '' of queue q. "
        "Push workers whose endpoint answered 410: 1.");
    tells("{\"kind\":\"labels\",\"queue\":\"q\",\"requires\":{\"gpu\":\"a\",\"zone\":\"b\"},"
          "\"missing\":{\"gpu\":\"a\"}}",
          "No worker of queue q has all that it requires: gpu=a, zone=b; nobody has gpu=a.");
    tells("{\"kind\":\"labels\",\"queue\":\"q\",\"requires\":{\"a\":\"b\"},\"missing\":{}}",
          "No worker of queue q has all that it requires: a=b.");
    tells("{\"kind\":\"position\",\"ahead\":0}", "It is in line, tasks in front of it: 0.");
    tells("{\"kind\":\"position\",\"queue\":\"q\",\"ahead\":2,\"workers\":1,\"slots\":3,\"free\":0,"
          "\"holders\":[\"a\"]}",
          "It is in line of queue q, tasks in front of it: 2. Workers that may run it: 1. "
          "Slots free: 0 of 3. Held by a.");
}

static void what_is_not_known_is_told_all_the_same(void **state)
{
    (void)state;
    tells("{\"kind\":\"moon\",\"phase\":\"full\",\"since\":null,\"days\":[1,2],\"x\":{}}",
          "moon. phase: full. days: 1, 2.");
    tells("{\"kind\":\"limit\"}", "Limit  is full.");
    tells("{}", ".");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_sentence),
        cmocka_unit_test(what_is_not_known_is_told_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
