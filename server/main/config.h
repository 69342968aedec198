/* Config: what every knob is set to and who set it: default < file < environment < flag. */
#pragma once

#include "knob.h"

enum config_origin { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENV, CONFIG_FLAG };

struct config {
    struct config_value {
        char *text; /* as it was given */
        int64_t number;
        enum config_origin origin;
        int line; /* in the file */
    } values[KNOB_MAX];
    char *file; /* that was read, or NULL */
};

/* What the command line says; texts are borrowed from argv. */
struct config_args {
    const char *file;
    const char *flags[KNOB_MAX];
    bool help, origin, json;
};

/* shows: --origin and --json are known too. An error is one of usage. */
MUST_CHECK enum err config_args_read(struct config_args *args, int argc, char **argv, bool shows,
                                     struct error *error);

/* error.where is a key, a flag, a variable or "file:line:column". config_fini() is needed in any
 * case. */
MUST_CHECK enum err config_load(struct config *config, const struct config_args *args,
                                char **environment, struct error *error);
void config_fini(struct config *config);

const char *config_text(const struct config *config, enum knob knob);
int64_t config_number(const struct config *config, enum knob knob);
/* Of a CHOICE: the place of the word. */
unsigned config_choice(const struct config *config, enum knob knob);

/* Who set it: "default", "FILE:LINE", the variable or the flag. */
enum { CONFIG_ORIGIN_MAX = 512 };
void config_origin(const struct config *config, enum knob knob, char ret_text[CONFIG_ORIGIN_MAX]);

/* Walk the SLUICE_ variables that nothing reads: start with *at = 0; false at the end. */
bool config_unknown_env(char **environment, size_t *at, struct bytes *ret_name);
bool config_switch(const struct config *config, enum knob knob);
/* No address is served that others than this machine's users reach. */
bool config_is_loopback_only(const struct config *config);
