/* Serve: the broker as a command: `sluice serve` and `sluice config`. */
#pragma once

/* argv[0] is the command's own word, behind the last is NULL. Return the process's exit code. */
int serve_main(int argc, char **argv);
int config_main(int argc, char **argv);
