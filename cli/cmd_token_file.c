/* sluice token new, token line: tokens for the broker's token file, made without a broker. */
#include "commands.h"
#include "exit_code.h"
#include "file.h"
#include "message.h"
#include "output.h"
#include "token_text.h"

#include "domain/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "sha256:HEX ROLE ns=... queue=... expires=..." and a line end. */
static struct bytes line_of(const struct options *options, struct bytes token, struct arena *arena)
{
    const char *ns = options_text(options, "ns");
    const char *queue = options_text(options, "queue");
    const char *expires = options_text(options, "expires");
    char hex[DIGEST_LEN * 2 + 1];

    digest_hex(token_hash(token), hex);
    return arena_printf(arena, "sha256:%s %s%s%s%s%s%s%s\n", hex, options_argument(options, 0),
                        ns != NULL ? " ns=" : "", ns != NULL ? ns : "",
                        queue != NULL ? " queue=" : "", queue != NULL ? queue : "",
                        expires != NULL ? " expires=" : "", expires != NULL ? expires : "");
}

/* What the broker would say to it when it starts. */
static bool line_is_ok(struct bytes line)
{
    struct bytes text = {line.at, line.len - 1};
    struct token_line read;
    struct error error = {.code = OK};
    bool is_empty = false;

    if (token_line_read(text, &read, &is_empty, &error) == OK && !is_empty)
        return true;
    message_error("%s", error.detail);
    return false;
}

/* Readable to nobody else, and one write, so that nobody ever reads half a line. */
static bool append(const char *file, struct bytes line)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool is_ok = fd >= 0 && write(fd, line.at, line.len) == (ssize_t)line.len;

    if (fd >= 0 && close(fd) != 0)
        is_ok = false;
    if (!is_ok)
        message_error("cannot write %s: %s", file, strerror(errno));
    return is_ok;
}

static int print_new(const struct options *options, struct bytes token, struct arena *arena)
{
    const char *file = options_text(options, "add-to");
    struct bytes line = line_of(options, token, arena);

    if (!line_is_ok(line))
        return EXIT_CODE_USAGE;
    if (file != NULL && !append(file, line))
        return EXIT_CODE_FAILURE;
    output_line(token);
    if (file == NULL)
        message_note("Its line for the broker's token file, which does not hold the token itself:\n"
                     "%.*s",
                     (int)line.len - 1, line.at);
    return EXIT_CODE_OK;
}

static int run_new(const struct options *options)
{
    struct random_source random = random_system();
    struct arena *arena = arena_new();
    char token[TOKEN_TEXT_LEN + 1];
    int exit_code;

    token_make(&random, token);
    exit_code = print_new(options, (struct bytes){token, TOKEN_TEXT_LEN}, arena);
    explicit_bzero(token, sizeof(token));
    arena_free(arena);
    return exit_code;
}

static int run_line(const struct options *options)
{
    struct arena *arena = arena_new();
    struct bytes content, token, line;
    const char *complaint;
    int exit_code = EXIT_CODE_USAGE;

    if (!file_read("-", arena, &content)) {
        arena_free(arena);
        return EXIT_CODE_FAILURE;
    }
    token = token_text_of(content);
    complaint = token_text_complaint(token);
    line = complaint == NULL ? line_of(options, token, arena) : BYTES_NONE;
    if (complaint != NULL)
        message_error("standard input %s", complaint);
    else if (line_is_ok(line)) {
        output_bytes(line);
        exit_code = EXIT_CODE_OK;
    }
    arena_free(arena);
    return exit_code;
}

#define GRANT_OPTIONS                                                                              \
    {.name = "ns",                                                                                 \
     .kind = OPTION_TEXT,                                                                          \
     .value = "GLOBS",                                                                             \
     .help = "Only these namespaces: a, team-*."},                                                 \
        {.name = "queue", .kind = OPTION_TEXT, .value = "GLOBS", .help = "Only these queues."},    \
    {                                                                                              \
        .name = "expires", .kind = OPTION_TIME, .value = "TIME", .help = "Valid until then."       \
    }

static const struct option_spec new_specs[] = {
    GRANT_OPTIONS,
    {.name = "add-to",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Add its line to this token file instead of showing it."},
    {.name = NULL},
};

static const struct option_spec line_specs[] = {GRANT_OPTIONS, {.name = NULL}};

const struct command command_token_new = {
    .name = "token new",
    .arguments = "ROLE",
    .summary = "Make a token for the broker's token file; no broker is asked.",
    .details = "  sluice token new admin --add-to tokens > admin.token\n"
               "  sluice serve --token-file tokens",
    .options = new_specs,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_new,
};

const struct command command_token_line = {
    .name = "token line",
    .arguments = "ROLE",
    .summary = "Print the token file's line for a token from standard input.",
    .details = "  sluice token line admin < admin.token >> tokens",
    .options = line_specs,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_line,
};
