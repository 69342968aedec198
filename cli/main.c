/* Main: finds the command that was asked for; `sluice` is one program for the broker and for its
 * users. */
#include "main/serve.h"

#include "base/arena.h"
#include "base/compiler.h"
#include "commands.h"
#include "exit_code.h"
#include "message.h"
#include "suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int help_main(int argc, char **argv);

static const struct command command_serve = {
    .name = "serve", .arguments = "", .summary = "Run the broker.", .main = serve_main};
static const struct command command_config = {.name = "config",
                                              .arguments = "",
                                              .summary = "Check or show the broker's options.",
                                              .main = config_main};
static const struct command command_help = {.name = "help",
                                            .arguments = "[COMMAND]",
                                            .summary = "Show what a command does.",
                                            .main = help_main};

static const struct command *const commands[] = {
    &command_serve,
    &command_config,
    &command_work,
    &command_submit,
    &command_wait,
    &command_watch,
    &command_task_list,
    &command_task_show,
    &command_task_why,
    &command_task_result,
    &command_task_cancel,
    &command_task_retry,
    &command_queue_list,
    &command_queue_show,
    &command_queue_set,
    &command_queue_pause,
    &command_queue_resume,
    &command_limit_list,
    &command_limit_show,
    &command_limit_set,
    &command_limit_delete,
    &command_schedule_list,
    &command_schedule_show,
    &command_schedule_set,
    &command_schedule_delete,
    &command_schedule_trigger,
    &command_schedule_next,
    &command_schedule_pause,
    &command_schedule_resume,
    &command_namespace_list,
    &command_namespace_show,
    &command_namespace_set,
    &command_worker_list,
    &command_worker_show,
    &command_worker_create,
    &command_worker_delete,
    &command_worker_pause,
    &command_worker_run,
    &command_worker_rotate_secret,
    &command_token_create,
    &command_token_list,
    &command_token_show,
    &command_token_rotate,
    &command_token_revoke,
    &command_token_new,
    &command_token_line,
    &command_whoami,
    /* its verb first: a name of one word takes all that begin with it */
    &command_audit_verify,
    &command_audit,
    &command_hook_list,
    &command_hook_show,
    &command_hook_create,
    &command_hook_delete,
    &command_hook_enable,
    &command_hook_disable,
    &command_hook_test,
    &command_hook_deliveries,
    &command_hook_redeliver,
    &command_hook_listen,
    &command_hook_sign,
    &command_hook_verify,
    &command_health,
    &command_version,
    &command_help,
};

/* How many words of argv a command's name takes up: 1, 2 for a group and its verb, 0 when it is
 * another one. */
static int name_words(const char *name, int argc, char **argv)
{
    const char *blank = strchr(name, ' ');
    size_t first_len = blank != NULL ? (size_t)(blank - name) : strlen(name);

    if (argc < 1 || strlen(argv[0]) != first_len || strncmp(argv[0], name, first_len) != 0)
        return 0;
    if (blank == NULL)
        return 1;
    return argc > 1 && strcmp(argv[1], blank + 1) == 0 ? 2 : 0;
}

static bool is_group(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strncmp(commands[i]->name, word, len) == 0 && commands[i]->name[len] == ' ')
            return true;
    return false;
}

static const struct command *find_command(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        int words = name_words(commands[i]->name, argc, argv);

        if (words > 0) {
            *ret_words = words;
            return commands[i];
        }
    }
    return NULL;
}

/* All commands, or those of one group. */
static void print_commands(const char *group)
{
    size_t len = group != NULL ? strlen(group) : 0;
    size_t width = 0;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strlen(commands[i]->name) > width)
            width = strlen(commands[i]->name);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (group == NULL ||
            (strncmp(commands[i]->name, group, len) == 0 && commands[i]->name[len] == ' '))
            printf("  %-*s  %s\n", (int)width, commands[i]->name, commands[i]->summary);
}

static void print_overview(void)
{
    fputs("Usage: sluice COMMAND [OPTION]...\n"
          "\n"
          "Background jobs over plain HTTP.\n"
          "\n"
          "Commands:\n",
          stdout);
    print_commands(NULL);
    fputs(
        "\n"
        "'sluice COMMAND --help' shows the options of one.\n"
        "Exit codes: 0 fine, 1 failure, 3 not found, 4 conflict, 5 not allowed, 6 broker away,\n"
        "7 task failed, 8 cancelled or expired, 9 wait timed out, 10 limit reached, 64 usage, 130 interrupted.\n",
        stdout);
}

static void print_group(const char *group)
{
    printf("Usage: sluice %s COMMAND [OPTION]...\n\nCommands:\n", group);
    print_commands(group);
}

static int unknown_command(int argc, char **argv)
{
    bool has_group = is_group(argv[0]) && argc > 1;
    struct arena *arena = arena_new();
    struct bytes typed = has_group ? arena_printf(arena, "%s %s", argv[0], argv[1])
                                   : arena_printf(arena, "%s", argv[0]);
    struct suggestion suggestion = suggestion_for(typed.at);

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        suggestion_offer(&suggestion, commands[i]->name);
    message_error("'%.*s' is not a command", BYTES_ARG(typed));
    if (suggestion.best != NULL)
        message_note("Did you mean 'sluice %s'?", suggestion.best);
    else
        message_note("Try 'sluice%s%s --help'.", has_group ? " " : "", has_group ? argv[0] : "");
    arena_free(arena);
    return EXIT_CODE_USAGE;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

static int help_main(int argc, char **argv)
{
    const struct command *command;
    int words;

    if (argc < 2 || asks_for_help(argv[1])) {
        print_overview();
        return EXIT_CODE_OK;
    }
    command = find_command(argc - 1, argv + 1, &words);
    if (command == NULL && is_group(argv[1]) && argc == 2) {
        print_group(argv[1]);
        return EXIT_CODE_OK;
    }
    if (command == NULL)
        return unknown_command(argc - 1, argv + 1);
    if (command == &command_help) {
        print_overview();
        return EXIT_CODE_OK;
    }
    if (command->main != NULL)
        return command->main(2, (char *[]){argv[1], (char[]){"--help"}, NULL});
    options_print_help(command);
    return EXIT_CODE_OK;
}

static int run(const struct command *command, int args_len, char **args)
{
    struct options *options;
    int exit_code;

    switch (options_parse(command, args_len, args, &options)) {
    case OPTIONS_HELP:
        options_print_help(command);
        return EXIT_CODE_OK;
    case OPTIONS_READY:
        exit_code = command->run(options);
        options_free(options);
        return exit_code;
    case OPTIONS_WRONG:
    default:
        return EXIT_CODE_USAGE;
    }
}

/* Data that did not reach its reader is a failure, whatever the command thought. */
static int flushed(int exit_code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    message_error("cannot write the output");
    return exit_code == EXIT_CODE_OK ? EXIT_CODE_FAILURE : exit_code;
}

static int dispatch(int argc, char **argv)
{
    const struct command *command;
    int words;

    if (argc < 2 || asks_for_help(argv[1])) {
        print_overview();
        return argc < 2 ? EXIT_CODE_USAGE : EXIT_CODE_OK;
    }
    if (strcmp(argv[1], "--version") == 0)
        return run(&command_version, 0, argv + argc);
    command = find_command(argc - 1, argv + 1, &words);
    if (command == NULL && is_group(argv[1]) && (argc == 2 || asks_for_help(argv[2]))) {
        print_group(argv[1]);
        return argc == 2 ? EXIT_CODE_USAGE : EXIT_CODE_OK;
    }
    if (command == NULL)
        return unknown_command(argc - 1, argv + 1);
    if (command->main != NULL)
        return command->main(argc - 1, argv + 1);
    return run(command, argc - 1 - words, argv + 1 + words);
}

int main(int argc, char **argv)
{
    return flushed(dispatch(argc, argv));
}
