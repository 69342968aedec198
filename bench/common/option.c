/* Option: `--name VALUE` pairs of a benchmark tool, from a table that is also its help. */
#include "common/option.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

#define EXIT_USAGE 64

static struct option *find(struct option *table, const char *name)
{
    for (struct option *option = table; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

__attribute__((noreturn)) static void usage(const struct option *table, const char *program)
{
    fprintf(stderr, "usage: %s [--name VALUE]...\n", program);
    for (const struct option *option = table; option->name; option++)
        fprintf(stderr, "  --%-12s %s [%s]\n", option->name, option->help, option->value);
    exit(EXIT_USAGE);
}

void option_read(struct option *table, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        struct option *option = strncmp(argv[i], "--", 2) == 0 ? find(table, argv[i] + 2) : NULL;

        if (!option || i + 1 == argc)
            usage(table, argv[0]);
        option->value = argv[i + 1];
    }
}

const char *option_text(const struct option *table, const char *name)
{
    for (const struct option *option = table; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option->value;
    die("no option --%s", name);
}

int64_t option_number(const struct option *table, const char *name)
{
    const char *text = option_text(table, name);
    int64_t number = 0;

    for (const char *digit = text; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || number > INT64_MAX / 100)
            die("--%s wants a whole number, not \"%s\"", name, text);
        number = number * 10 + (*digit - '0');
    }
    return number;
}

unsigned option_count(const struct option *table, const char *name)
{
    int64_t number = option_number(table, name);

    if (number < 1 || number > INT_MAX)
        die("--%s must be at least 1", name);
    return (unsigned)number;
}
