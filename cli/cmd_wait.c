/* sluice wait: block until tasks have ended. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "message.h"
#include "output.h"
#include "waiting.h"

#include "base/clock.h"

#include <stdio.h>

static int64_t now_mono_ms(void)
{
    struct clock clock = clock_system();

    return clock.now(clock.ctx).mono_ms;
}

static void print_task(const struct options *options, struct client *client, struct bytes task)
{
    struct arena *arena = client_arena(client);

    if (options_has(options, "json"))
        output_line(task);
    else
        printf("%.*s %.*s\n", BYTES_ARG(json_text_of(task, "id", arena)),
               BYTES_ARG(json_text_of(task, "state", arena)));
    fflush(stdout); /* who waits for several wants each as it ends; main() asks ferror() */
}

static int wait_for(const struct options *options, struct client *client, const char *id,
                    int64_t timeout_ms)
{
    struct bytes task;
    int exit_code = waiting_run(client, id, timeout_ms, &task);

    if (exit_code == EXIT_CODE_WAIT_TIMEOUT)
        message_error("task %s is still %.*s", id,
                      BYTES_ARG(json_text_of(task, "state", client_arena(client))));
    if (exit_code == EXIT_CODE_OK || exit_code == EXIT_CODE_WAIT_TIMEOUT)
        print_task(options, client, task);
    return exit_code == EXIT_CODE_OK ? waiting_tell(client, task) : exit_code;
}

static int run(const struct options *options)
{
    int64_t timeout_ms = options_number(options, "timeout", -1);
    int64_t end_ms = now_mono_ms() + timeout_ms;
    int first_bad = EXIT_CODE_OK;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    for (unsigned i = 0; i < options_arguments_len(options) && exit_code != EXIT_CODE_INTERRUPTED;
         i++) {
        int64_t left_ms = end_ms - now_mono_ms();

        exit_code = wait_for(options, client, options_argument(options, i),
                             timeout_ms < 0 ? -1 : (left_ms > 0 ? left_ms : 0));
        if (first_bad == EXIT_CODE_OK || exit_code == EXIT_CODE_INTERRUPTED)
            first_bad = exit_code;
    }
    client_close(client);
    return first_bad;
}

static const struct option_spec specs[] = {
    {.name = "timeout",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "Give up after this time (exit code 9); all tasks share it."},
    {.name = NULL},
};

const struct command command_wait = {
    .name = "wait",
    .arguments = "ID...",
    .summary = "Wait until tasks have ended and print their states.",
    .details =
        "The exit code is the first task's that did not succeed: 7 failed, 8 cancelled or expired.",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = OPTIONS_ANY_NUMBER,
    .run = run,
};
