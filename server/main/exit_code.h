/* Exit code: how the broker's process ends, after sysexits.h; sluice(1) lists them. */
#pragma once

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_USAGE = 64,   /* a flag or argument is wrong */
    EXIT_CODE_IN_USE = 69,  /* the address or the data folder is another's */
    EXIT_CODE_SYSTEM = 71,  /* memory, threads or another resource of the system is missing */
    EXIT_CODE_IO = 74,      /* the disk */
    EXIT_CODE_REFUSED = 78, /* the configuration cannot be served */
};
