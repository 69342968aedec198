/* Serve: the command line of the broker, its settings and its log; lifecycle.c does the rest. */
#include "main/serve.h"

#include "base/log.h"
#include "config.h"
#include "exit_code.h"
#include "lifecycle.h"
#include "usage.h"

#include <stdio.h>
#include <unistd.h>

static void warn_of_unknown_env(void)
{
    size_t at = 0;
    struct bytes name;

    while (config_unknown_env(environ, &at, &name)) {
        enum knob nearest = knob_nearest(name);
        char meant[KNOB_NAME_MAX] = "";

        if (nearest != KNOB_MAX)
            knob_env(nearest, meant);
        log_event(LOG_WARN, "config.unknown", "a variable is not a setting",
                  LOG_TEXT_FIELD("variable", name),
                  LOG_TEXT_FIELD("did_you_mean", bytes_of(meant)), );
    }
}

int serve_main(int argc, char **argv)
{
    struct config_args args;
    struct config config;
    struct error error = {0};
    int exit_code = EXIT_CODE_REFUSED;

    if (config_args_read(&args, argc, argv, false, &error) != OK)
        return usage_refuse("serve", error.detail);
    if (args.help)
        return usage_print_serve();
    if (config_load(&config, &args, environ, &error) != OK) {
        (void)fprintf(stderr, "sluice serve: %s: %s\n", error.where, error.detail);
    } else {
        log_configure(config_choice(&config, KNOB_LOG_LEVEL),
                      config_choice(&config, KNOB_LOG_FORMAT));
        warn_of_unknown_env();
        exit_code = lifecycle_run(&config);
    }
    config_fini(&config);
    return exit_code;
}
