/* Folder: opens, makes and locks the data folder. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool refuse(enum db_failure *ret_failure, enum db_failure failure, struct error *error,
                   const char *doing, const char *path)
{
    *ret_failure = failure;
    (void)error_set(error, ERR_STORE_UNAVAILABLE, "data", "cannot %s %.200s: %s", doing, path,
                    strerror(errno));
    return false;
}

/* Write our process id into the lock file, for people; the lock itself is the kernel's. */
static void sign_lock(int fd)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

    if (ftruncate(fd, 0) == 0)
        (void)!write(fd, text, (size_t)len);
}

static bool lock(struct folder *folder, enum db_failure *ret_failure, struct error *error)
{
    char path[4096];

    folder_file(folder, "LOCK", path, sizeof(path));
    folder->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (folder->lock_fd < 0)
        return refuse(ret_failure, DB_IO, error, "open", path);
    if (flock(folder->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        *ret_failure = DB_LOCKED;
        (void)error_set(error, ERR_STORE_UNAVAILABLE, "data",
                        "another broker uses the data folder %.200s", folder->path);
        return false;
    }
    sign_lock(folder->lock_fd);
    return true;
}

/* The path without symbolic links: people may link the data folder to another disk, and the
 * database follows none. */
static bool resolve(struct folder *folder, const char *path)
{
    char *real = realpath(path, NULL);
    bool fits = real != NULL && strlen(real) < sizeof(folder->path);

    if (fits)
        (void)snprintf(folder->path, sizeof(folder->path), "%s", real);
    else if (real != NULL)
        errno = ENAMETOOLONG;
    free(real);
    return fits;
}

/* A new folder survives a power cut only when its name in the one above is flushed. Above may be
 * closed to us. */
static bool sync_parent(const struct folder *folder)
{
    int fd = openat(folder->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd < 0 ? errno == EACCES : fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    return is_synced;
}

bool folder_open(struct folder *folder, const char *path, enum db_failure *ret_failure,
                 struct error *error)
{
    folder->fd = folder->lock_fd = -1;
    if (strlen(path) >= sizeof(folder->path)) {
        errno = ENAMETOOLONG;
        return refuse(ret_failure, DB_IO, error, "use", path);
    }
    bool is_made = mkdir(path, 0700) == 0;

    if (!is_made && errno != EEXIST)
        return refuse(ret_failure, DB_IO, error, "make", path);
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0)
        return refuse(ret_failure, DB_IO, error, "open", path);
    if (!resolve(folder, path))
        return refuse(ret_failure, DB_IO, error, "resolve", path);
    if (is_made && !sync_parent(folder))
        return refuse(ret_failure, DB_IO, error, "flush the folder above", path);
    return lock(folder, ret_failure, error);
}

void folder_close(struct folder *folder)
{
    if (folder->lock_fd >= 0)
        (void)close(folder->lock_fd);
    if (folder->fd >= 0)
        (void)close(folder->fd);
    folder->fd = folder->lock_fd = -1;
}

bool folder_sync(const struct folder *folder, struct error *error)
{
    if (fsync(folder->fd) == 0)
        return true;
    (void)error_set(error, ERR_STORE_UNAVAILABLE, "data", "cannot flush %.200s: %s", folder->path,
                    strerror(errno));
    return false;
}

void folder_file(const struct folder *folder, const char *name, char *ret_path, size_t path_size)
{
    (void)snprintf(ret_path, path_size, "%s/%s", folder->path, name);
}

int64_t folder_free_bytes(const struct folder *folder)
{
    struct statvfs status;

    if (fstatvfs(folder->fd, &status) != 0)
        return INT64_MAX;
    return (int64_t)status.f_bavail * (int64_t)status.f_frsize;
}
