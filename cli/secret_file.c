/* Secret file: where a token is written that nobody but its owner may read. */
#include "secret_file.h"

#include "message.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWNER_ONLY = 0600, OTHERS = 0077 };

bool secret_file_open(struct secret_file *file, const char *name)
{
    *file = (struct secret_file){.name = name, .fd = -1};
    if (name == NULL)
        return true;
    file->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ONLY);
    file->is_new = file->fd >= 0;
    if (file->fd < 0 && errno == EEXIST)
        file->fd = open(name, O_WRONLY | O_CLOEXEC);
    if (file->fd >= 0)
        return true;
    message_error("cannot write %s: %s", name, strerror(errno));
    return false;
}

/* A redirection makes files that everybody may read; what is a secret wants better. */
static void warn_of_readers(void)
{
    struct stat facts;

    if (fstat(STDOUT_FILENO, &facts) == 0 && S_ISREG(facts.st_mode) &&
        (facts.st_mode & OTHERS) != 0)
        message_note("Others on this machine may read the file that this was written to: 'chmod "
                     "600' it, or use --out FILE instead of '>'.");
}

static bool write_whole(int fd, struct bytes line)
{
    return fchmod(fd, OWNER_ONLY) == 0 && ftruncate(fd, 0) == 0 &&
           write(fd, line.at, line.len) == (ssize_t)line.len && write(fd, "\n", 1) == 1 &&
           fsync(fd) == 0;
}

bool secret_file_write(struct secret_file *file, struct bytes line)
{
    if (file->name == NULL) {
        output_line(line);
        warn_of_readers();
        return true;
    }
    file->is_new = false;
    if (write_whole(file->fd, line))
        return true;
    message_error("cannot write %s: %s", file->name, strerror(errno));
    return false;
}

bool secret_file_show(struct secret_file *file, struct bytes secret)
{
    if (secret.at == NULL) {
        if (file->name != NULL)
            message_note("No secret was set: nothing was written to %s.", file->name);
        return true;
    }
    if (file->name == NULL)
        output_bytes(BYTES("\nsecret  "));
    if (!secret_file_write(file, secret))
        return false;
    if (file->name != NULL)
        message_note("The secret is in %s; it is not shown again.", file->name);
    else
        message_note(
            "The secret is shown this once: give it to the endpoint now. --out FILE writes "
            "it to a file instead.");
    return true;
}

void secret_file_close(struct secret_file *file)
{
    if (file->fd < 0)
        return;
    (void)close(file->fd); /* fsync() has said whether it is there */
    if (file->is_new)
        (void)unlink(file->name);
    file->fd = -1;
}
