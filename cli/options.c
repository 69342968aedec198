/* Options: one table per command says what it takes; parsing, checking and --help all read that
 * table. */
#include "options.h"

#include "base/assert.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/time_text.h"
#include "duration.h"
#include "message.h"
#include "suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 512, TABLES = 6, HELP_COLUMN = 30, DATE_LEN = 10, TIME_LEN = 20 };

struct option_value {
    const struct option_spec *spec;
    const char *text; /* NULL: a flag, or an optional value left out */
    int64_t number;
    bool was_typed;          /* not from the environment or a default */
    char time[TIME_LEN + 1]; /* what a date alone stands for */
};

struct options {
    const struct command *command;
    struct option_value values[VALUES_MAX];
    unsigned values_len;
    const char **arguments;
    unsigned arguments_len;
    char *const *rest;
};

struct word_list {
    char **at;
    int len;
    int next;
};

static const struct option_spec help_option[] = {
    {.name = "help", .letter = 'h', .help = "Show this page."},
    {.name = NULL},
};

static const struct option_spec client_options[] = {
    {.name = "url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .help = "Where the broker answers.",
     .env = "SLUICE_URL",
     .fallback = "http://127.0.0.1:8080"},
    {.name = "token-file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "File whose first line is the access token.",
     .env = "SLUICE_TOKEN_FILE"},
    {.name = NULL},
};

static const struct option_spec tls_options[] = {
    {.name = "ca-file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Certificates of the authorities to believe, instead of the system's; also "
             "SSL_CERT_FILE, CURL_CA_BUNDLE.",
     .env = "SLUICE_CA_FILE"},
    {.name = "cert-file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Certificate to show to the broker.",
     .env = "SLUICE_CERT_FILE"},
    {.name = "key-file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Its key, if that is a file of its own.",
     .env = "SLUICE_KEY_FILE"},
    {.name = "insecure", .help = "Believe any broker, whatever certificate it has."},
    {.name = NULL},
};

static const struct option_spec ns_options[] = {
    {.name = "ns",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "The namespace; otherwise the token's only one, or 'default'.",
     .env = "SLUICE_NS"},
    {.name = NULL},
};

static const struct option_spec json_option[] = {
    {.name = "json", .help = "Print the broker's JSON untouched."},
    {.name = NULL},
};

static const struct option_spec color_option[] = {
    {.name = "color",
     .kind = OPTION_TEXT,
     .value = "WHEN",
     .help = "auto, always or never.",
     .fallback = "auto"},
    {.name = NULL},
};

/* The n-th of the tables that make up what a command takes; NULL when it is not part of it. */
static const struct option_spec *table_of(const struct command *command, unsigned n)
{
    switch (n) {
    case 0:
        return command->options;
    case 1:
        return (command->common & OPTIONS_JSON) != 0 ? json_option : NULL;
    case 2:
        return (command->common & OPTIONS_COLOR) != 0 ? color_option : NULL;
    case 3:
        return (command->common & OPTIONS_NS) != 0 ? ns_options : NULL;
    case 4:
        return (command->common & OPTIONS_CLIENT) != 0 ? client_options : NULL;
    case 5:
        return (command->common & (OPTIONS_CLIENT | OPTIONS_TLS)) != 0 ? tls_options : NULL;
    default:
        return help_option;
    }
}

/* Walk every option of a command: start with *table = 0 and *row = 0. */
static const struct option_spec *spec_each(const struct command *command, unsigned *table,
                                           unsigned *row)
{
    for (; *table <= TABLES; (*table)++, *row = 0) {
        const struct option_spec *specs = table_of(command, *table);

        if (specs != NULL && specs[*row].name != NULL)
            return &specs[(*row)++];
    }
    return NULL;
}

static const struct option_spec *spec_by_name(const struct command *command, struct bytes name)
{
    unsigned table = 0;
    unsigned row = 0;
    const struct option_spec *spec;

    while ((spec = spec_each(command, &table, &row)) != NULL)
        if (bytes_is(name, spec->name))
            return spec;
    return NULL;
}

static const struct option_spec *spec_by_letter(const struct command *command, char letter)
{
    unsigned table = 0;
    unsigned row = 0;
    const struct option_spec *spec;

    while ((spec = spec_each(command, &table, &row)) != NULL)
        if (spec->letter == letter)
            return spec;
    return NULL;
}

static bool wrong(const struct command *command, const char *what, const char *word)
{
    message_error("%s%s", what, word);
    message_note("Try 'sluice %s --help'.", command->name);
    return false;
}

static bool unknown_option(const struct command *command, const char *word)
{
    struct suggestion suggestion = suggestion_for(word + (word[1] == '-' ? 2 : 1));
    const struct option_spec *spec;
    unsigned table = 0;
    unsigned row = 0;

    while ((spec = spec_each(command, &table, &row)) != NULL)
        suggestion_offer(&suggestion, spec->name);
    message_error("'%s' is not an option of 'sluice %s'", word, command->name);
    if (suggestion.best != NULL)
        message_note("Did you mean '--%s'?", suggestion.best);
    else
        message_note("Try 'sluice %s --help'.", command->name);
    return false;
}

static bool number_is_ok(const struct option_spec *spec, const char *text, int64_t *ret_number)
{
    struct bytes bytes = bytes_of(text);
    int64_t max = spec->max != 0 ? spec->max : INT64_MAX;

    switch (spec->kind) {
    case OPTION_INT:
        return parse_int(bytes, spec->min, max, ret_number);
    case OPTION_DURATION:
        return duration_read(bytes, max, ret_number) && *ret_number >= spec->min;
    case OPTION_TIME:
        return time_read(bytes, ret_number);
    case OPTION_FLAG:
    case OPTION_TEXT:
    case OPTION_REST:
    default:
        return true;
    }
}

static void explain_duration(const struct option_spec *spec, const char *text)
{
    struct arena *arena = arena_new();
    struct bytes bounds = BYTES("");

    if (spec->max != 0)
        bounds =
            arena_printf(arena, ", from %.*s to %.*s", BYTES_ARG(duration_text(spec->min, arena)),
                         BYTES_ARG(duration_text(spec->max, arena)));
    else if (spec->min != 0)
        bounds = arena_printf(arena, ", at least %.*s", BYTES_ARG(duration_text(spec->min, arena)));
    message_error("--%s: '%s' is not a time like 30, 1.5, 250ms, 30s, 5m, 2h, 7d, 2w or 1y%.*s",
                  spec->name, text, BYTES_ARG(bounds));
    arena_free(arena);
}

static void explain_number(const struct option_spec *spec, const char *text)
{
    switch (spec->kind) {
    case OPTION_INT:
        message_error("--%s: '%s' is not a whole number from %lld to %lld", spec->name, text,
                      (long long)spec->min, (long long)spec->max);
        return;
    case OPTION_DURATION:
        explain_duration(spec, text);
        return;
    case OPTION_TIME:
        message_error("--%s: '%s' is not a time like 2026-01-02T03:04:05Z or 2026-01-02",
                      spec->name, text);
        return;
    case OPTION_FLAG:
    case OPTION_TEXT:
    case OPTION_REST:
    default:
        return;
    }
}

/* "2026-01-02" is the midnight, UTC, that it begins with. */
static void complete_time(struct option_value *value)
{
    if (value->spec->kind != OPTION_TIME || strlen(value->text) != DATE_LEN)
        return;
    (void)snprintf(value->time, sizeof(value->time), "%sT00:00:00Z", value->text);
    value->text = value->time;
}

/* source names where the value stands when that is not the command line. */
static bool value_add(struct options *options, const struct option_spec *spec, const char *text,
                      const char *source)
{
    struct option_value *value = &options->values[options->values_len];

    if (options->values_len == VALUES_MAX)
        return wrong(options->command, "too many options, at ", spec->name);
    *value = (struct option_value){.spec = spec, .text = text, .was_typed = source == NULL};
    if (text != NULL)
        complete_time(value);
    if (text != NULL && !number_is_ok(spec, value->text, &value->number)) {
        explain_number(spec, text);
        if (source != NULL)
            message_note("It comes from %s.", source);
        return false;
    }
    if (value->was_typed && !spec->repeats && options_has(options, spec->name))
        return wrong(options->command, "given twice: --", spec->name);
    options->values_len++;
    return true;
}

static bool parse_option(struct options *options, struct word_list *words, const char *word)
{
    bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    struct bytes name = {word + 2, equals != NULL ? (size_t)(equals - word - 2)
                                                  : strlen(word) - (is_long ? 2 : 1)};
    const struct option_spec *spec =
        is_long ? spec_by_name(options->command, name) : spec_by_letter(options->command, word[1]);

    if (spec == NULL || (!is_long && word[2] != '\0'))
        return unknown_option(options->command, word);
    if (spec->kind == OPTION_FLAG)
        return equals == NULL ? value_add(options, spec, NULL, NULL)
                              : wrong(options->command, "takes no value: --", spec->name);
    if (spec->kind == OPTION_REST && equals == NULL) {
        options->rest = words->at + words->next;
        words->next = words->len;
        return options->rest[0] != NULL
                   ? value_add(options, spec, options->rest[0], NULL)
                   : wrong(options->command, "needs a command: --", spec->name);
    }
    if (equals != NULL)
        return value_add(options, spec, equals + 1, NULL);
    if (spec->value_is_optional)
        return value_add(options, spec, NULL, NULL);
    if (words->next == words->len)
        return wrong(options->command, "needs a value: --", spec->name);
    return value_add(options, spec, words->at[words->next++], NULL);
}

static bool parse_words(struct options *options, struct word_list *words)
{
    bool options_ended = false;

    while (words->next < words->len) {
        const char *word = words->at[words->next++];

        if (!options_ended && strcmp(word, "--") == 0)
            options_ended = true;
        else if (options_ended || word[0] != '-' || word[1] == '\0')
            options->arguments[options->arguments_len++] = word;
        else if (!parse_option(options, words, word))
            return false;
    }
    return true;
}

/* What was not typed may come from the environment, or else from the table. */
static bool fill_in(struct options *options)
{
    unsigned table = 0;
    unsigned row = 0;
    const struct option_spec *spec;

    while ((spec = spec_each(options->command, &table, &row)) != NULL) {
        const char *env = spec->env != NULL ? getenv(spec->env) : NULL;

        if (options_has(options, spec->name))
            continue;
        if (env != NULL && env[0] != '\0' && !value_add(options, spec, env, spec->env))
            return false;
        if (!options_has(options, spec->name) && spec->fallback != NULL &&
            !value_add(options, spec, spec->fallback, "the default"))
            return false;
    }
    return true;
}

static bool arguments_fit(const struct options *options)
{
    const struct command *command = options->command;

    if (options->arguments_len < command->arguments_min)
        return wrong(command, "missing: ", command->arguments);
    if (options->arguments_len > command->arguments_max)
        return wrong(command, "one word too many: ", options->arguments[command->arguments_max]);
    return true;
}

enum options_parsed options_parse(const struct command *command, int args_len, char **args,
                                  struct options **ret_options)
{
    struct options *options = mem_alloc(sizeof(*options));
    struct word_list words = {.at = args, .len = args_len};
    enum options_parsed result = OPTIONS_WRONG;

    options->command = command;
    options->arguments = mem_alloc(((size_t)args_len + 1) * sizeof(*options->arguments));
    if (parse_words(options, &words)) {
        if (options_has(options, "help"))
            result = OPTIONS_HELP;
        else if (fill_in(options) && arguments_fit(options))
            result = OPTIONS_READY;
    }
    if (result != OPTIONS_READY) {
        options_free(options);
        return result;
    }
    *ret_options = options;
    return OPTIONS_READY;
}

void options_free(struct options *options)
{
    if (options == NULL)
        return;
    free(options->arguments);
    free(options);
}

static const struct option_value *value_at(const struct options *options, const char *name,
                                           unsigned index)
{
    ASSERT(spec_by_name(options->command, bytes_of(name)) != NULL);
    for (unsigned i = 0; i < options->values_len; i++)
        if (strcmp(options->values[i].spec->name, name) == 0 && index-- == 0)
            return &options->values[i];
    return NULL;
}

bool options_has(const struct options *options, const char *name)
{
    return value_at(options, name, 0) != NULL;
}

bool options_was_typed(const struct options *options, const char *name)
{
    const struct option_value *value = value_at(options, name, 0);

    return value != NULL && value->was_typed;
}

const char *options_text(const struct options *options, const char *name)
{
    return options_each(options, name, 0);
}

const char *options_each(const struct options *options, const char *name, unsigned index)
{
    const struct option_value *value = value_at(options, name, index);

    return value != NULL ? value->text : NULL;
}

int64_t options_number(const struct options *options, const char *name, int64_t otherwise)
{
    const struct option_value *value = value_at(options, name, 0);

    return value != NULL && value->text != NULL ? value->number : otherwise;
}

const char *options_ns(const struct options *options)
{
    return (options->command->common & OPTIONS_NS) != 0 ? options_text(options, "ns") : NULL;
}

char *const *options_rest(const struct options *options)
{
    return options->rest;
}

unsigned options_arguments_len(const struct options *options)
{
    return options->arguments_len;
}

const char *options_argument(const struct options *options, unsigned index)
{
    return index < options->arguments_len ? options->arguments[index] : NULL;
}

static void print_option(const struct option_spec *spec)
{
    int column = spec->letter != 0 ? printf("  -%c, --%s", spec->letter, spec->name)
                                   : printf("      --%s", spec->name);

    if (spec->value != NULL)
        column += printf(spec->value_is_optional ? "[=%s]" : " %s", spec->value);
    if (column >= HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s%s", HELP_COLUMN - column, "", spec->help);
    if (spec->repeats)
        fputs(" May be repeated.", stdout);
    if (spec->env != NULL)
        printf(" [%s]", spec->env);
    if (spec->fallback != NULL)
        printf(" [default: %s]", spec->fallback);
    putchar('\n');
}

void options_print_help(const struct command *command)
{
    unsigned table = 0;
    unsigned row = 0;
    const struct option_spec *spec;

    printf("Usage: sluice %s [OPTION]...%s%s\n\n%s\n", command->name,
           command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary);
    if (command->details != NULL)
        printf("\n%s\n", command->details);
    fputs("\nOptions:\n", stdout);
    while ((spec = spec_each(command, &table, &row)) != NULL)
        print_option(spec);
}
