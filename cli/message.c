/* Message: what a command says to the person at the terminal; always stderr, stdout is for data. */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

static void say(const char *prefix, const char *format, va_list args) PRINTF_LIKE(2, 0);

static void say(const char *prefix, const char *format, va_list args)
{
    fputs(prefix, stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void message_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("sluice: ", format, args);
    va_end(args);
}

void message_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("", format, args);
    va_end(args);
}
