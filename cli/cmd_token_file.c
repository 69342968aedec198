/* sluice token new, token line: tokens for the broker's token file, made without a broker. */
#include "commands.h"
#include "exit_code.h"
#include "file.h"
#include "message.h"
#include "output.h"
#include "secret_file.h"
#include "token_text.h"

#include "base/clock.h"
#include "base/time_text.h"
#include "domain/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_ID_AT = 4 };
#define LIFE_MS_MAX (INT64_C(100) * 365 * 86400000)

/* " word=value", or nothing for NULL. */
static struct bytes word_of(const char *name, const char *value, struct arena *arena)
{
    return value != NULL ? arena_printf(arena, " %s=%s", name, value) : BYTES("");
}

/* When it ends, as --expires or --expires-in say it; NULL: never. */
static const char *end_of(const struct options *options, struct arena *arena)
{
    int64_t life_ms = options_number(options, "expires-in", -1);
    struct clock clock = clock_system();
    char at[TIME_TEXT_LEN + 1];

    if (life_ms < 0)
        return options_text(options, "expires");
    time_write(clock.now(clock.ctx).wall_ms + life_ms, at);
    return arena_string(arena, bytes_of(at));
}

/* "sha256:HEX ROLE id=... name=... ns=... queue=... expires=..." and a line end. The id of a token
 * that Sluice made stands in it, and is how lists and the record call it. */
static struct bytes line_of(const struct options *options, struct bytes token, struct arena *arena)
{
    const char *id = NULL;
    char hex[DIGEST_LEN * 2 + 1];

    if (token_is_ours(token))
        id = arena_string(arena, (struct bytes){token.at + TOKEN_ID_AT, TOKEN_ID_LEN});
    digest_hex(token_hash(token), hex);
    return arena_printf(arena, "sha256:%s %s%.*s%.*s%.*s%.*s%.*s\n", hex,
                        options_argument(options, 0), BYTES_ARG(word_of("id", id, arena)),
                        BYTES_ARG(word_of("name", options_text(options, "name"), arena)),
                        BYTES_ARG(word_of("ns", options_text(options, "ns"), arena)),
                        BYTES_ARG(word_of("queue", options_text(options, "queue"), arena)),
                        BYTES_ARG(word_of("expires", end_of(options, arena), arena)));
}

static bool options_fit(const struct options *options)
{
    if (!role_is_ok("ROLE", options_argument(options, 0)))
        return false;
    if (!options_has(options, "expires") || !options_has(options, "expires-in"))
        return true;
    message_error("--expires and --expires-in: one of the two");
    return false;
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

static int print_new(const struct options *options, struct bytes token, struct secret_file *out,
                     struct arena *arena)
{
    const char *file = options_text(options, "add-to");
    struct bytes line = line_of(options, token, arena);

    if (!line_is_ok(line))
        return EXIT_CODE_USAGE;
    if (!secret_file_open(out, options_text(options, "out")))
        return EXIT_CODE_FAILURE;
    if (file != NULL && !append(file, line))
        return EXIT_CODE_FAILURE;
    if (!secret_file_write(out, token))
        return EXIT_CODE_FAILURE;
    if (file == NULL)
        message_note("Its line for the broker's token file, which does not hold the token itself:\n"
                     "%.*s",
                     (int)line.len - 1, line.at);
    return EXIT_CODE_OK;
}

static int run_new(const struct options *options)
{
    struct random_source random = random_system();
    struct secret_file out = {.fd = -1};
    struct arena *arena = arena_new();
    char token[TOKEN_TEXT_LEN + 1];
    int exit_code;

    token_make(&random, token);
    exit_code = options_fit(options)
                    ? print_new(options, (struct bytes){token, TOKEN_TEXT_LEN}, &out, arena)
                    : EXIT_CODE_USAGE;
    secret_file_close(&out);
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

    if (!options_fit(options)) {
        arena_free(arena);
        return EXIT_CODE_USAGE;
    }
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
        {.name = "name", .kind = OPTION_TEXT, .value = "NAME", .help = "What people call it."},    \
        {.name = "expires", .kind = OPTION_TIME, .value = "TIME", .help = "Valid until then."},    \
    {                                                                                              \
        .name = "expires-in", .kind = OPTION_DURATION, .value = "TIME",                            \
        .help = "Valid for so long: 90d.", .min = 1000, .max = LIFE_MS_MAX                         \
    }

static const struct option_spec new_specs[] = {
    GRANT_OPTIONS,
    OUT_OPTION,
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
    .details = "  sluice token new admin --add-to tokens --out admin.token\n"
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
