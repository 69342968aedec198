/* The attacker: drives a broker in one of several hostile ways and prints one JSON result line. */
#include <string.h>

#include "attack/attack.h"
#include "common/die.h"
#include "common/option.h"

static void run(const char *mode, const struct attack *attack)
{
    if (strcmp(mode, "drip") == 0)
        attack_drip(attack);
    else if (strcmp(mode, "connect") == 0)
        attack_connect(attack);
    else if (strcmp(mode, "flood") == 0)
        attack_flood(attack);
    else
        die("no mode %s", mode);
}

int main(int argc, char **argv)
{
    struct option options[] = {
        {"mode", "flood", "drip, connect or flood"},
        {"target", "127.0.0.1:8080", "address and port of the broker"},
        {"token", "", "token to send; a throwaway of this run, as arguments can be seen"},
        {"queue", "flood", "queue to submit to"},
        {"ids", "", "file for the ids of acknowledged tasks"},
        {"connections", "640", "open at the same time"},
        {"connects", "50000", "connections in all, of connect"},
        {"pause-ms", "1000", "between two bytes of a drip"},
        {"run-ms", "10000", "how long"},
        {NULL, NULL, NULL},
    };

    option_read(options, argc, argv);
    const struct attack attack = {
        .target = option_text(options, "target"),
        .token = option_text(options, "token"),
        .queue = option_text(options, "queue"),
        .ids = option_text(options, "ids"),
        .connections = option_count(options, "connections"),
        .connects = option_number(options, "connects"),
        .pause_ms = option_number(options, "pause-ms"),
        .run_ms = option_number(options, "run-ms"),
    };
    run(option_text(options, "mode"), &attack);
    return 0;
}
