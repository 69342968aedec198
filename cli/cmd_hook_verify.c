/* sluice hook sign, hook verify: signatures of Standard Webhooks made and checked; no broker is
 * asked. */
#include "commands.h"
#include "exit_code.h"
#include "file.h"
#include "hook_key.h"
#include "message.h"
#include "output.h"

#include "base/clock.h"
#include "base/parse.h"

#include <stdio.h>

static int64_t now_s(void)
{
    struct clock clock = clock_system();

    return clock.now(clock.ctx).wall_ms / 1000;
}

static bool read_body(const struct options *options, struct arena *arena, struct bytes *ret_body)
{
    const char *name = options_argument(options, 0);

    return file_read(name != NULL ? name : "-", arena, ret_body);
}

static bool are_given(const struct options *options, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (options_has(options, *names))
            continue;
        message_error("--%s is missing", *names);
        return false;
    }
    return true;
}

/* ---- verify ---- */

static int verify(const struct options *options, struct arena *arena)
{
    struct bytes at = bytes_of(options_text(options, "timestamp"));
    int64_t seen_s = now_s();
    struct signature_key key;
    struct bytes body;
    const char *refusal;

    if (!hook_key_read(options, &key) || !read_body(options, arena, &body))
        return EXIT_CODE_FAILURE;
    if (options_has(options, "any-time") && !parse_int(at, 0, INT64_MAX, &seen_s))
        seen_s = 0;
    refusal = signature_refusal(&key, bytes_of(options_text(options, "id")), at, body,
                                bytes_of(options_text(options, "signature")), seen_s);
    if (refusal != NULL) {
        message_error("%s", refusal);
        return EXIT_CODE_FAILURE;
    }
    puts("OK");
    return EXIT_CODE_OK;
}

static int run_verify(const struct options *options)
{
    static const char *const needed[] = {"secret-file", "id", "timestamp", "signature", NULL};
    struct arena *arena;
    int exit_code;

    if (!are_given(options, needed))
        return EXIT_CODE_USAGE;
    arena = arena_new();
    exit_code = verify(options, arena);
    arena_free(arena);
    return exit_code;
}

/* ---- sign ---- */

static int sign(const struct options *options, struct arena *arena)
{
    struct bytes id = bytes_of(options_text(options, "id"));
    int64_t at_s = options_number(options, "timestamp", -1);
    struct signature_key key;
    struct bytes body;

    if (!hook_key_read(options, &key) || !read_body(options, arena, &body))
        return EXIT_CODE_FAILURE;
    if (at_s < 0)
        at_s = now_s();
    output_bytes(
        arena_printf(arena, "webhook-id: %s\nwebhook-timestamp: %lld\n", id.at, (long long)at_s));
    output_bytes(BYTES("webhook-signature: "));
    output_line(signature_write(&key, 1, id, at_s, body, arena));
    return EXIT_CODE_OK;
}

/* What goes into a header may not begin another. */
static bool is_id(struct bytes id)
{
    for (size_t i = 0; i < id.len; i++)
        if (id.at[i] <= ' ' || id.at[i] > '~')
            return false;
    return id.len > 0;
}

static int run_sign(const struct options *options)
{
    static const char *const needed[] = {"secret-file", "id", NULL};
    struct arena *arena;
    int exit_code;

    if (!are_given(options, needed))
        return EXIT_CODE_USAGE;
    if (!is_id(bytes_of(options_text(options, "id")))) {
        message_error("--id: visible ASCII characters only");
        return EXIT_CODE_USAGE;
    }
    arena = arena_new();
    exit_code = sign(options, arena);
    arena_free(arena);
    return exit_code;
}

static const struct option_spec verify_specs[] = {
    HOOK_KEY_OPTION,
    {.name = "id", .kind = OPTION_TEXT, .value = "ID", .help = "The header webhook-id."},
    {.name = "timestamp",
     .kind = OPTION_TEXT,
     .value = "S",
     .help = "The header webhook-timestamp."},
    {.name = "signature",
     .kind = OPTION_TEXT,
     .value = "SIG",
     .help = "The header webhook-signature."},
    {.name = "any-time",
     .kind = OPTION_FLAG,
     .help = "Also one that is more than five minutes old."},
    {.name = NULL},
};

static const struct option_spec sign_specs[] = {
    HOOK_KEY_OPTION,
    {.name = "id", .kind = OPTION_TEXT, .value = "ID", .help = "What is signed is called so."},
    {.name = "timestamp",
     .kind = OPTION_INT,
     .value = "S",
     .help = "Seconds since 1970; now if absent.",
     .min = 0,
     .max = INT64_C(253402300799)},
    {.name = NULL},
};

const struct command command_hook_verify = {
    .name = "hook verify",
    .arguments = "[BODY-FILE]",
    .summary = "Check the signature of something that was pushed; no broker is asked.",
    .details = "BODY-FILE is what came, byte for byte; without one, or as -, standard input.",
    .options = verify_specs,
    .arguments_max = 1,
    .run = run_verify,
};

const struct command command_hook_sign = {
    .name = "hook sign",
    .arguments = "[BODY-FILE]",
    .summary = "Print the headers that sign a body, to try out a receiver.",
    .details =
        "  sluice hook sign --secret-file F --id try-1 body.json > headers\n"
        "  curl -H @headers -H 'Content-Type: application/json' --data-binary @body.json \\\n"
        "      http://127.0.0.1:9000/",
    .options = sign_specs,
    .arguments_max = 1,
    .run = run_sign,
};
