/* sluice work: a worker made of any program: the payload goes to its stdin, what it prints is the
 * result. */
#include "client.h"
#include "commands.h"
#include "message.h"
#include "work.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONCURRENCY_MAX = 1000, NAME_LEN_MAX = 128, HOST_LEN_MAX = 64, KILL_AFTER_MS = 10 * 1000 };

/* Names on the wire are [A-Za-z0-9._:-]; a host's may be anything. */
static void host_name(char ret_name[HOST_LEN_MAX + 1])
{
    ret_name[HOST_LEN_MAX] = '\0';
    if (gethostname(ret_name, HOST_LEN_MAX) != 0 || ret_name[0] == '\0')
        memcpy(ret_name, "worker", sizeof("worker"));
    for (char *c = ret_name; *c != '\0'; c++) {
        bool is_ok = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || *c == '.' || *c == '-' || *c == '_';

        if (!is_ok)
            *c = '-';
    }
}

static bool is_executable(const char *path)
{
    return access(path, X_OK) == 0;
}

/* Better now than once for every task. */
static bool program_is_there(const char *program, struct arena *arena)
{
    const char *path = getenv("PATH");
    struct bytes rest = bytes_of(path != NULL ? path : "/usr/bin:/bin");
    struct bytes folder;

    if (strchr(program, '/') != NULL) {
        if (is_executable(program))
            return true;
        message_error("--exec: cannot run %s: %s", program, strerror(errno));
        return false;
    }
    while (bytes_split(&rest, ':', &folder))
        if (is_executable(arena_printf(arena, "%.*s/%s",
                                       BYTES_ARG(folder.len > 0 ? folder : BYTES(".")), program)
                              .at))
            return true;
    message_error("--exec: no program '%s' in PATH", program);
    return false;
}

static const char **all_of(const struct options *options, const char *name, struct arena *arena)
{
    unsigned len = 0;

    while (options_each(options, name, len) != NULL)
        len++;

    const char **all = arena_alloc(arena, (len + 1) * sizeof(*all));

    for (unsigned i = 0; i < len; i++)
        all[i] = options_each(options, name, i);
    return all;
}

static struct work_config config_of(const struct options *options, const struct http_target *target,
                                    struct arena *arena)
{
    struct random_source random = random_system();
    const char *identity = options_text(options, "identity");
    char host[HOST_LEN_MAX + 1];

    host_name(host);
    return (struct work_config){
        .target = *target,
        .identity = identity != NULL ? identity : arena_string(arena, bytes_of(host)),
        .instance =
            arena_printf(arena, "%s:%d:%08x", host, (int)getpid(), (unsigned)random_u64(&random))
                .at,
        .queues = all_of(options, "queue", arena),
        .types = all_of(options, "type", arena),
        .argv = options_rest(options),
        .concurrency = (unsigned)options_number(options, "concurrency", 1),
        .kill_after_ms = options_number(options, "kill-after", KILL_AFTER_MS),
        .tasks_max = options_number(options, "max-tasks", -1),
        .idle_exit_ms = options_number(options, "exit-when-idle", -1),
    };
}

/* What the programs submit goes to the same broker in the same way, unless they are to have no
 * access of their own. */
static void hand_on_access(const struct options *options, const struct http_target *target)
{
    static const char *const secrets[] = {"SLUICE_TOKEN_FILE", "SLUICE_CERT_FILE",
                                          "SLUICE_KEY_FILE"};

    if (options_text(options, "token-file") != NULL)
        setenv("SLUICE_TOKEN_FILE", options_text(options, "token-file"), 1);
    trust_hand_on(&target->trust);
    for (size_t i = 0; options_has(options, "no-token") && i < ARRAY_LEN(secrets); i++)
        unsetenv(secrets[i]);
}

static int run_with(const struct options *options, struct arena *arena)
{
    struct work_config config;
    struct http_target target;
    char *token;
    int exit_code;

    if (options_text(options, "queue") == NULL || options_rest(options) == NULL) {
        message_error("missing: --%s", options_rest(options) == NULL ? "exec" : "queue");
        message_note("Try 'sluice work --help'.");
        return EXIT_CODE_USAGE;
    }
    if (!program_is_there(options_rest(options)[0], arena))
        return EXIT_CODE_FAILURE;
    exit_code = client_target(options, &target, &token);
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    hand_on_access(options, &target);
    config = config_of(options, &target, arena);
    log_configure(LOG_INFO, LOG_TEXT);
    exit_code = work_run(&config);
    free(token);
    return exit_code;
}

static int run(const struct options *options)
{
    struct arena *arena = arena_new();
    int exit_code = run_with(options, arena);

    arena_free(arena);
    return exit_code;
}

static const struct option_spec specs[] = {
    {.name = "queue",
     .kind = OPTION_TEXT,
     .value = "QUEUE",
     .help = "Take tasks from here.",
     .repeats = true},
    {.name = "type",
     .kind = OPTION_TEXT,
     .value = "TYPE",
     .help = "Only tasks of this type.",
     .repeats = true},
    {.name = "concurrency",
     .kind = OPTION_INT,
     .value = "N",
     .help = "How many at the same time.",
     .fallback = "1",
     .min = 1,
     .max = CONCURRENCY_MAX},
    {.name = "identity",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "What it is called; the host's name if not given."},
    {.name = "kill-after",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "From SIGTERM to SIGKILL; a cancel brings its own time.",
     .fallback = "10"},
    {.name = "max-tasks",
     .kind = OPTION_INT,
     .value = "N",
     .help = "Leave after this many.",
     .min = 1},
    {.name = "exit-when-idle",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "Leave after this time without a task."},
    {.name = "no-token",
     .help = "Keep the token file and the client certificate from the program."},
    {.name = "exec",
     .kind = OPTION_REST,
     .value = "CMD [ARG...]",
     .help = "The program; everything behind is its own."},
    {.name = NULL},
};

const struct command command_work = {
    .name = "work",
    .arguments = "",
    .summary = "Run a program on each task of a queue.",
    .details =
        "The payload is the program's stdin; TASK_ID, TASK_TYPE, TASK_ATTEMPT and others are in\n"
        "its environment; what it prints is the result, its stderr the task's log. Exit status 0\n"
        "is success, 75 asks for another try, 65 and 100 for none; any other is a failure.\n"
        "Lines on descriptor 3: 'progress 0.4 TEXT', 'log TEXT', 'result JSON', 'retry-after 30'.\n"
        "\n"
        "SIGTERM or SIGINT: finishes what runs and leaves; a second one stops at once.\n"
        "\n"
        "  sluice work --queue thumbs --concurrency 4 --exec ./make-thumb --width 200",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS,
    .run = run,
};
