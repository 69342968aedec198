/* Options: one table per command says what it takes; parsing, checking and --help all read that
 * table. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct options;

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_INT,      /* min … max */
    OPTION_DURATION, /* "30", "1.5", "250ms", "5m", "2w"; min … max milliseconds */
    OPTION_TIME,     /* RFC 3339, or a date alone for its midnight, UTC */
    OPTION_REST,     /* takes everything behind it */
};

struct option_spec {
    const char *name;  /* without the dashes; NULL ends a table */
    const char *value; /* what --help calls its value; NULL for flags */
    const char *help;
    const char *env;      /* read when the option is not given, or NULL */
    const char *fallback; /* taken when neither is there, or NULL */
    enum option_kind kind;
    char letter;            /* 0: none */
    bool repeats;           /* may be given more than once */
    bool value_is_optional; /* only "--name=value" gives one */
    int64_t min;
    int64_t max;
};

enum {
    OPTIONS_CLIENT = 1, /* the command talks to a broker: --url, --token-file, and TLS */
    OPTIONS_JSON = 2,   /* --json */
    OPTIONS_COLOR = 4,  /* --color */
    OPTIONS_NS = 8,     /* what it is about lies in one namespace: --ns */
    OPTIONS_TLS = 16,   /* part of OPTIONS_CLIENT: --ca-file, --cert-file, --key-file, --insecure */
};

struct command {
    const char *name;      /* "task list": a group and its verb */
    const char *arguments; /* as --help shows them, "" for none */
    const char *summary;   /* one line */
    const char *details;   /* more lines, or NULL */
    const struct option_spec *options;
    unsigned common; /* OPTIONS_… it also takes */
    unsigned arguments_min;
    unsigned arguments_max;
    int (*run)(const struct options *options);
    int (*main)(int argc, char **argv); /* parses for itself; argv[0] is its name */
};

enum { OPTIONS_ANY_NUMBER = 10000 };

enum options_parsed { OPTIONS_READY, OPTIONS_HELP, OPTIONS_WRONG };

/* args are the words behind the command's name and must outlive the options. WRONG: the message was
 * printed. */
MUST_CHECK enum options_parsed options_parse(const struct command *command, int args_len,
                                             char **args, struct options **ret_options);
void options_free(struct options *options);

/* Asking for a name that the command's table does not have is a programmer's error. */
bool options_has(const struct options *options, const char *name);
/* On the command line, not by the environment or a default. */
bool options_was_typed(const struct options *options, const char *name);
const char *options_text(const struct options *options, const char *name); /* NULL when absent */
const char *options_each(const struct options *options, const char *name, unsigned index);
int64_t options_number(const struct options *options, const char *name, int64_t otherwise);
/* The namespace that the command is about; NULL: none was said, or it is about none. */
const char *options_ns(const struct options *options);
char *const *options_rest(const struct options *options); /* NULL-ended; NULL when absent */

unsigned options_arguments_len(const struct options *options);
const char *options_argument(const struct options *options, unsigned index); /* NULL when absent */

/* The whole --help page of a command, on stdout. */
void options_print_help(const struct command *command);
