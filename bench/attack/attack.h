/* Attack: what a run is made of; each mode runs one and prints one JSON line. */
#pragma once

#include <stdint.h>

struct attack {
    const char *target; /* ADDRESS:PORT */
    const char *token;  /* "": none */
    const char *queue;
    const char *ids; /* file that the ids of acknowledged tasks go to, one a line; "": none */
    unsigned connections;
    int64_t connects; /* in all, of connect */
    int64_t pause_ms; /* between two bytes of a drip */
    int64_t run_ms;
};

/* Holds connections open by one byte of an endless header now and then. */
void attack_drip(const struct attack *attack);
/* Connects and leaves at once, by turns politely, by reset and in the midst of a request. */
void attack_connect(const struct attack *attack);
/* Submits on every connection as fast as answers come, whatever they are, and keeps what was
 * acknowledged. */
void attack_flood(const struct attack *attack);
