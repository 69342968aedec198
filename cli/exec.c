/* Exec: one run of a program as a child in its own process group, talked to over pipes without
 * blocking. */
#include "exec.h"

#include "base/assert.h"
#include "base/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    READS_A_TURN = 16,
    EXIT_CANNOT_EXEC = 127,
    DESCRIPTORS_A_CHILD = 8,
    DESCRIPTORS_SPARE = 64
};

/* Both ends of the pipes to a child that is being made. */
struct pipes {
    int ours[CHILD_STREAMS];
    int theirs[CHILD_STREAMS];
    int exec_error[2]; /* the child says why it could not become the program */
};

/* Each child takes our ends of its pipes, and an exchange or two. */
static void raise_descriptor_limit(unsigned children)
{
    rlim_t wanted = (rlim_t)children * DESCRIPTORS_A_CHILD + DESCRIPTORS_SPARE;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void child_prepare(unsigned children)
{
    int fd;

    raise_descriptor_limit(children);
    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd < CHILD_STREAMS);
    if (fd >= 0)
        close(fd);
    signal(SIGPIPE, SIG_IGN); /* NOLINT(bugprone-signal-handler): a child that does not read is no
                                 reason to die */
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void close_all(int *fds, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static void pipes_close(struct pipes *pipes)
{
    close_all(pipes->ours, CHILD_STREAMS);
    close_all(pipes->theirs, CHILD_STREAMS);
    close_all(pipes->exec_error, 2);
}

static int pipes_open(struct pipes *pipes)
{
    int pair[2];

    for (unsigned i = 0; i < CHILD_STREAMS; i++)
        pipes->ours[i] = pipes->theirs[i] = -1;
    pipes->exec_error[0] = pipes->exec_error[1] = -1;
    for (unsigned i = 0; i < CHILD_STREAMS; i++) {
        bool is_input = i == CHILD_INPUT;

        if (pipe2(pair, O_CLOEXEC) != 0)
            return errno;
        pipes->ours[i] = pair[is_input ? 1 : 0];
        pipes->theirs[i] = pair[is_input ? 0 : 1];
        if (fcntl(pipes->ours[i], F_SETFL, O_NONBLOCK) != 0)
            return errno;
    }
    return pipe2(pipes->exec_error, O_CLOEXEC) == 0 ? 0 : errno;
}

/* In the child, between fork and exec: only calls that are safe there. It must not outlive the
 * worker, which answers for it to the broker. */
NORETURN static void become(const struct child_program *program, const struct pipes *pipes,
                            pid_t parent)
{
    sigset_t none;
    int failure;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL); /* NOLINT(bugprone-signal-handler) */
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 0; i < CHILD_STREAMS; i++)
        if (dup2(pipes->theirs[i], i) < 0)
            goto out;
    if (getppid() == parent)
        execvpe(program->argv[0], program->argv, program->env);
out:
    failure = errno;
    if (write(pipes->exec_error[1], &failure, sizeof(failure)) < 0)
        _exit(EXIT_CANNOT_EXEC); /* nobody is left to be told */
    _exit(EXIT_CANNOT_EXEC);
}

static int exec_failure(int fd)
{
    int failure;
    ssize_t len;

    do {
        len = read(fd, &failure, sizeof(failure));
    } while (len < 0 && errno == EINTR);
    return len == (ssize_t)sizeof(failure) ? failure : 0;
}

static void on_input_ready(struct watch *watch)
{
    struct child *child = watch->owner;
    ssize_t len = child->input.len > 0 ? write(watch->fd, child->input.at, child->input.len) : 0;

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len >= 0) {
        child->input.at += len;
        child->input.len -= (size_t)len;
    }
    if (len < 0 || child->input.len == 0)
        loop_close(child->loop, watch);
}

/* False at its end, for now or for ever. */
static bool read_some(struct child *child, enum child_stream stream)
{
    struct watch *watch = &child->streams[stream];
    char data[READ_BYTES];
    ssize_t len = watch->fd >= 0 ? read(watch->fd, data, sizeof(data)) : -1;

    if (len > 0)
        child->on_output(child->owner, stream, (struct bytes){data, (size_t)len});
    else if (watch->fd >= 0 && (len == 0 || (errno != EAGAIN && errno != EINTR)))
        loop_close(child->loop, watch);
    return len > 0;
}

static void on_output_ready(struct watch *watch)
{
    struct child *child = watch->owner;
    enum child_stream stream = (enum child_stream)(watch - child->streams);

    for (unsigned i = 0; i < READS_A_TURN && read_some(child, stream); i++)
        ;
}

static void adopt(struct child *child, struct pipes *pipes)
{
    for (unsigned i = 0; i < CHILD_STREAMS; i++) {
        bool is_input = i == CHILD_INPUT;

        child->streams[i] = (struct watch){
            .fd = pipes->ours[i],
            .on_ready = is_input ? on_input_ready : on_output_ready,
            .owner = child,
        };
        pipes->ours[i] = -1;
        loop_add(child->loop, &child->streams[i], is_input);
    }
}

int child_start(struct child *child, struct loop *loop, const struct child_program *program)
{
    pid_t parent = getpid();
    struct pipes pipes;
    int failure = pipes_open(&pipes);
    pid_t pid;

    if (failure != 0) {
        pipes_close(&pipes);
        return failure;
    }
    pid = fork();
    if (pid == 0)
        become(program, &pipes, parent);
    failure = pid < 0 ? errno : 0;
    close(pipes.exec_error[1]);
    pipes.exec_error[1] = -1;
    if (pid > 0) {
        setpgid(
            pid,
            pid); /* the child does it too; whoever comes first, the group is there when we go on */
        failure = exec_failure(pipes.exec_error[0]);
    }
    if (failure == 0) {
        child->pid = pid;
        child->loop = loop;
        child->input = program->input;
        adopt(child, &pipes);
    } else if (pid > 0) {
        waitpid(pid, NULL, 0);
    }
    pipes_close(&pipes);
    return failure;
}

void child_signal(const struct child *child, int signal)
{
    if (child->pid > 0)
        kill(-child->pid, signal);
}

int child_reap(struct child *child)
{
    int status = 0;

    ASSERT(child->pid > 0);
    /* Its zombie still holds the number, so the group cannot be somebody else's. */
    child_signal(child, SIGKILL);
    for (enum child_stream i = CHILD_OUTPUT; i < CHILD_STREAMS; i++)
        while (read_some(child, i))
            ;
    waitpid(child->pid, &status, 0);
    child->pid = 0;
    for (unsigned i = 0; i < CHILD_STREAMS; i++)
        loop_close(child->loop, &child->streams[i]);
    return status;
}

pid_t child_ended(void)
{
    siginfo_t info = {.si_pid = 0};

    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return 0;
    return info.si_pid;
}
