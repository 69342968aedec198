/* Suggest: which known word a mistyped one was probably meant to be. */
#pragma once

struct suggestion {
    const char *typed;
    const char *best; /* NULL: nothing is near enough */
    unsigned distance;
};

struct suggestion suggestion_for(const char *typed);
void suggestion_offer(struct suggestion *suggestion, const char *candidate);
