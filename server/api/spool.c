/* Spool: plain blocking writes; they are rare, sequential, and go to the page cache. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY_MAX = 1 << 20 };

void spool_init(struct spool *spool, const char *folder)
{
    *spool = (struct spool){.folder = folder, .fd = -1};
    buffer_init(&spool->buffer, (size_t)MEMORY_MAX * 4);
}

void spool_fini(struct spool *spool)
{
    buffer_fini(&spool->buffer);
    if (spool->fd >= 0)
        (void)close(spool->fd);
    spool->fd = -1;
}

static bool write_all(int fd, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t len = write(fd, bytes.at, bytes.len);

        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return false;
        bytes = (struct bytes){bytes.at + len, bytes.len - (size_t)len};
    }
    return true;
}

static void flush(struct spool *spool)
{
    if (spool->fd < 0)
        spool->fd = open(spool->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (spool->fd < 0 || !write_all(spool->fd, buffer_bytes(&spool->buffer)))
        spool->failed = true;
    spool->file_size += spool->buffer.len;
    buffer_clear(&spool->buffer);
}

void spool_settle(struct spool *spool)
{
    if (spool->buffer.len >= MEMORY_MAX)
        flush(spool);
}

bool spool_finish(struct spool *spool)
{
    if (spool->fd >= 0)
        flush(spool);
    return !spool->failed && !spool->buffer.overflowed;
}

int spool_take(struct spool *spool)
{
    int fd = spool->fd;

    spool->fd = -1;
    return fd;
}
