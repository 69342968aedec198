/* Reserve: allocated blocks, not a sparse file; an early sign of a full disk is that it cannot be
 * made again. */
#include "reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char reserve_name[] = "RESERVE";

bool reserve_is_kept(const struct folder *folder)
{
    struct stat status;

    return fstatat(folder->fd, reserve_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           (int64_t)status.st_blocks * 512 >= RESERVE_BYTES;
}

bool reserve_keep(const struct folder *folder)
{
    if (reserve_is_kept(folder))
        return true;
    /* Twice its size must be free, or the reserve would itself fill the disk. */
    if (folder_free_bytes(folder) < 2 * RESERVE_BYTES)
        return false;

    int fd = openat(folder->fd, reserve_name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return false;

    bool is_kept = posix_fallocate(fd, 0, RESERVE_BYTES) == 0;

    (void)close(fd);
    if (!is_kept)
        reserve_release(folder);
    return is_kept;
}

void reserve_release(const struct folder *folder)
{
    (void)unlinkat(folder->fd, reserve_name, 0);
}
