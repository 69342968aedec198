/* Killed: the parent lets the child go from one system call to the next. */
#include "killed.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void be_traced(void (*run)(void *ctx), void *ctx)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(1);
    (void)raise(SIGSTOP);
    run(ctx);
    _exit(0);
}

enum killed killed_at(unsigned nth, void (*run)(void *ctx), void *ctx)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        be_traced(run, ctx);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return KILLED_CANNOT;
    for (unsigned i = 0; i < nth; i++) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0 || waitpid(child, &status, 0) != child)
            return KILLED_CANNOT;
        if (!WIFSTOPPED(status))
            return KILLED_NOT;
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    return KILLED;
}
