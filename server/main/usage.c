/* Usage: what `sluice serve --help` and `sluice config --help` print, from the table of knobs. */
#include "usage.h"

#include "exit_code.h"
#include "knob.h"

#include <stdio.h>

enum { WIDTH_MAX = 80, INDENT = 6 };

/* Words of a text under an option, as many a line as fit. */
static void print_wrapped(struct bytes text)
{
    struct bytes word;
    size_t column = 0;

    while (bytes_split(&text, ' ', &word)) {
        if (column > 0 && column + 1 + word.len > WIDTH_MAX) {
            putchar('\n');
            column = 0;
        }
        if (column == 0)
            column = (size_t)printf("%*s", INDENT, "") - 1;
        else
            putchar(' ');
        printf("%.*s", BYTES_ARG(word));
        column += 1 + word.len;
    }
    putchar('\n');
}

static int end_output(void)
{
    return fflush(stdout) == 0 ? EXIT_CODE_OK : EXIT_CODE_IO;
}

static void print_options(void)
{
    puts("Options (--drain-timeout is SLUICE_DRAIN_TIMEOUT in the environment):\n"
         "  --config FILE\n"
         "      File of settings, `key = value` a line. A flag wins over the environment,\n"
         "      the environment over the file. [SLUICE_CONFIG]");
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        const struct knob_facts *facts = knob_facts(knob);
        char flag[KNOB_NAME_MAX];
        char help[512];

        knob_flag(knob, flag);
        if (facts->kind == KNOB_KIND_LATER)
            continue;
        (void)snprintf(help, sizeof(help), facts->fallback[0] != '\0' ? "%s [%s]" : "%s",
                       facts->what, facts->fallback);
        printf("  %s%s%s\n", flag, facts->value[0] != '\0' ? " " : "", facts->value);
        print_wrapped(bytes_of(help));
    }
    puts("  --help\n      This text.");
}

int usage_print_serve(void)
{
    puts("Usage: sluice serve [OPTION...]\n"
         "Runs the broker until SIGTERM or SIGINT; it is ready when GET /readyz is 200.\n");
    print_options();
    puts(
        "\nTimes are seconds or carry a unit (250ms 10s 5m 2h), sizes bytes or a unit (64KiB 1MiB).\n"
        "Exit codes: 0 clean, 64 usage, 65 damaged or newer store, 69 data folder or address\n"
        "in use, 71 out of memory or a system resource, 74 I/O, 78 configuration refused.");
    return end_output();
}

int usage_print_config(void)
{
    puts("Usage: sluice config check [OPTION...]\n"
         "       sluice config show [--origin] [--json] [OPTION...]\n"
         "Checks or prints the settings that `sluice serve` would run with, given those options.\n"
         "check also looks at the files they name and the data folder, and opens no store.\n"
         "show prints them as a file that --config takes; --origin says where each comes from.\n");
    print_options();
    return end_output();
}

int usage_refuse(const char *command, const char *why)
{
    (void)fprintf(stderr, "sluice %s: %s\nTry `sluice %s --help`.\n", command, why, command);
    return EXIT_CODE_USAGE;
}
