/* Config command: `sluice config check` and `show`, so that settings can be tried without a start.
 */
#include "main/serve.h"

#include "base/json_out.h"
#include "checkup.h"
#include "config.h"
#include "exit_code.h"
#include "usage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 20 };

/* The value as the file would have it. */
static void write_value(struct buffer *out, enum knob knob, const char *text)
{
    enum knob_kind kind = knob_facts(knob)->kind;

    if (kind == KNOB_KIND_NUMBER || kind == KNOB_KIND_SWITCH) {
        buffer_append_text(out, text);
        return;
    }
    buffer_append_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, *text);
    }
    buffer_append_char(out, '"');
}

/* Knobs of a section stand together in the table, those without one first. */
static void write_toml(struct buffer *out, const struct config *config, bool with_origin)
{
    struct bytes section = BYTES("");

    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        const char *key = knob_facts(knob)->key;
        struct bytes own = {key, (size_t)(knob_name(knob) - key)};
        char origin[CONFIG_ORIGIN_MAX];

        if (knob_facts(knob)->kind == KNOB_KIND_LATER)
            continue;
        if (own.len > 0 && !bytes_equal(own, section)) {
            buffer_printf(out, "\n[%.*s]\n", (int)own.len - 1, own.at);
            section = own;
        }
        buffer_printf(out, "%s = ", knob_name(knob));
        write_value(out, knob, config_text(config, knob));
        config_origin(config, knob, origin);
        buffer_printf(out, with_origin ? " # %s\n" : "\n", origin);
    }
}

static void write_json(struct buffer *out, const struct config *config)
{
    struct json_out json;

    json_out_init(&json, out);
    json_out_object(&json);
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        char origin[CONFIG_ORIGIN_MAX];

        if (knob_facts(knob)->kind == KNOB_KIND_LATER)
            continue;
        config_origin(config, knob, origin);
        json_out_key(&json, knob_facts(knob)->key);
        json_out_object(&json);
        json_member_text(&json, "value", bytes_of(config_text(config, knob)));
        json_member_text(&json, "origin", bytes_of(origin));
        json_out_object_end(&json);
    }
    json_out_object_end(&json);
    buffer_append_char(out, '\n');
}

static int show(const struct config *config, const struct config_args *args)
{
    struct buffer out;
    bool was_written;

    buffer_init(&out, OUTPUT_MAX);
    if (args->json)
        write_json(&out, config);
    else
        write_toml(&out, config, args->origin);
    was_written = fwrite(out.at, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buffer_fini(&out);
    return was_written ? EXIT_CODE_OK : EXIT_CODE_IO;
}

static void warn_of_unknown_env(void)
{
    size_t at = 0;
    struct bytes name;

    while (config_unknown_env(environ, &at, &name))
        (void)fprintf(stderr, "sluice: warning: %.*s is not a setting\n", BYTES_ARG(name));
}

int config_main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    bool shows = strcmp(verb, "show") == 0;
    struct config_args args;
    struct config config;
    struct error error = {0};
    int exit_code = EXIT_CODE_OK;

    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
        return usage_print_config();
    if (!shows && strcmp(verb, "check") != 0)
        return usage_refuse("config", "it is `sluice config check` or `sluice config show`");
    if (config_args_read(&args, argc - 1, argv + 1, shows, &error) != OK)
        return usage_refuse("config", error.detail);
    if (args.help)
        return usage_print_config();
    if (config_load(&config, &args, environ, &error) != OK) {
        (void)fprintf(stderr, "sluice: %s: %s\n", error.where, error.detail);
        exit_code = EXIT_CODE_REFUSED;
    } else {
        warn_of_unknown_env();
        exit_code = shows ? show(&config, &args) : checkup_run(&config);
    }
    config_fini(&config);
    return exit_code;
}
