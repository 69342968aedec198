/* Usage: what `sluice serve --help` and `sluice config --help` print, from the table of knobs. */
#pragma once

/* On stdout; the exit code to end with. */
int usage_print_serve(void);
int usage_print_config(void);
/* Says on stderr what is wrong and where help is; EXIT_CODE_USAGE. */
int usage_refuse(const char *command, const char *why);
