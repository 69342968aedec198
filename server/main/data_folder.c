/* Data folder: where the broker keeps everything; its owner's only, and on a disk that keeps its
 * word. */
#include "data_folder.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MODE_OTHERS = 077, MODE_OWNER = 0700 };

/* ---- the disk ---- */

const char *data_folder_unsafe_disk(unsigned type)
{
    static const struct {
        unsigned type;
        const char *name;
    } disks[] = {
        {0x6969, "NFS"},       {0xff534d42, "CIFS"},   {0xfe534d42, "SMB"},  {0x517b, "SMB"},
        {0x01021997, "9p"},    {0x65735546, "FUSE"},   {0x5346414f, "AFS"},  {0x6b414653, "AFS"},
        {0x00c36400, "Ceph"},  {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"}, {0x73757245, "Coda"},
        {0x7461636f, "OCFS2"}, {0x01161970, "GFS2"},
    };

    for (size_t i = 0; i < ARRAY_LEN(disks); i++)
        if (disks[i].type == type)
            return disks[i].name;
    return NULL;
}

/* The folder itself or the nearest one above it that is there. */
static bool find_there(const char *path, char ret_there[PATH_MAX])
{
    struct stat stat_of;
    size_t len = strlen(path);

    if (len >= PATH_MAX)
        return false;
    memcpy(ret_there, path, len + 1);
    while (stat(ret_there, &stat_of) != 0) {
        if (errno != ENOENT)
            return false;
        while (len > 0 && ret_there[len - 1] == '/')
            len--;
        while (len > 0 && ret_there[len - 1] != '/')
            len--;
        (void)snprintf(ret_there + len, PATH_MAX - len, "%s", len == 0 ? "." : "");
    }
    return true;
}

bool data_folder_disk(const char *path, unsigned *ret_type)
{
    char there[PATH_MAX];
    struct statfs disk;

    if (!find_there(path, there) || statfs(there, &disk) != 0)
        return false;
    *ret_type = (unsigned)disk.f_type;
    return true;
}

enum err data_folder_check_disk(const char *path, struct error *error)
{
    unsigned type = 0;
    const char *name = data_folder_disk(path, &type) ? data_folder_unsafe_disk(type) : NULL;

    if (name == NULL)
        return OK;
    return error_set(error, ERR_FORBIDDEN, "data",
                     "%.100s is on %s, where locks and flushes are not sure: use a local disk, or "
                     "--allow-network-data for data that may be lost",
                     path, name);
}

/* ---- the folder ---- */

/* The entry of a new folder is its parent's content. */
static bool flush_parent(const char *path)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd;
    bool is_flushed;

    if (slash == NULL)
        (void)snprintf(parent, sizeof(parent), ".");
    else
        (void)snprintf(parent, sizeof(parent), "%.*s/", (int)(slash - path), path);
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    is_flushed = fsync(fd) == 0;
    close(fd);
    return is_flushed;
}

static bool make_one(const char *path)
{
    if (mkdir(path, MODE_OWNER) == 0)
        return flush_parent(path);
    return errno == EEXIST;
}

/* What the operator has to mend, apart from what the disk does. */
static enum err refuse(struct error *error, const char *path)
{
    bool is_forbidden = errno == EACCES || errno == EPERM || errno == EROFS;

    if (is_forbidden)
        return error_set(error, ERR_FORBIDDEN, "data", "%.150s cannot be written by user %u: %s",
                         path, (unsigned)geteuid(), strerrordesc_np(errno));
    return error_set(error, ERR_STORE_UNAVAILABLE, "data", "%.150s: %s", path,
                     strerrordesc_np(errno));
}

static enum err make_all(char *path, size_t len, struct error *error)
{
    for (size_t at = 1; at <= len; at++) {
        char kept = path[at];

        if (kept != '/' && kept != '\0')
            continue;
        path[at] = '\0';
        if (!make_one(path))
            return refuse(error, path);
        path[at] = kept;
    }
    return OK;
}

/* Through the open folder, so that what was looked at is what is changed. */
static enum err close_to_others(int fd, const char *path, mode_t mode, struct error *error)
{
    if ((mode & MODE_OTHERS) == 0)
        return OK;
    if (fchmod(fd, MODE_OWNER) != 0)
        return refuse(error, path);
    log_event(LOG_WARN, "data.closed", "the data folder was open to others; now it is its owner's",
              LOG_TEXT_FIELD("data", bytes_of(path)), );
    return OK;
}

static enum err refuse_owner(struct error *error, const char *path, uid_t owner)
{
    return error_set(error, ERR_FORBIDDEN, "data",
                     "%.120s belongs to user %u and this runs as user %u: name a folder inside it, "
                     "or give it to that user",
                     path, (unsigned)owner, (unsigned)geteuid());
}

static enum err check_folder(int fd, const char *path, struct error *error)
{
    struct stat stat_of;

    if (fstat(fd, &stat_of) != 0)
        return refuse(error, path);
    if (stat_of.st_uid != geteuid())
        return refuse_owner(error, path, stat_of.st_uid);
    if (close_to_others(fd, path, stat_of.st_mode, error) != OK)
        return error->code;
    return faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0 ? OK : refuse(error, path);
}

enum err data_folder_make(const char *path, struct error *error)
{
    char own[PATH_MAX];
    size_t len = strlen(path);
    enum err err;
    int fd;

    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len == 0 || len >= sizeof(own))
        return error_set(error, ERR_INVALID_FIELD, "data", "the path's length cannot be used");
    memcpy(own, path, len);
    own[len] = '\0';
    if (make_all(own, len, error) != OK)
        return error->code;
    fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR)
        return error_set(error, ERR_STORE_UNAVAILABLE, "data", "%.150s is not a folder", own);
    if (fd < 0)
        return refuse(error, own);
    err = check_folder(fd, own, error);
    close(fd);
    return err;
}

enum err data_folder_check(const char *path, unsigned *ret_owner, struct error *error)
{
    char there[PATH_MAX];
    struct stat stat_of;
    bool is_itself;

    *ret_owner = geteuid();
    if (!find_there(path, there) || stat(there, &stat_of) != 0)
        return refuse(error, path);
    is_itself = strcmp(there, path) == 0;
    if (!S_ISDIR(stat_of.st_mode))
        return error_set(error, ERR_STORE_UNAVAILABLE, "data", "%.150s is not a folder", there);
    if (is_itself && geteuid() != 0 && stat_of.st_uid != geteuid())
        return refuse_owner(error, path, stat_of.st_uid);
    if (is_itself)
        *ret_owner = (unsigned)stat_of.st_uid;
    return faccessat(AT_FDCWD, there, W_OK | X_OK, AT_EACCESS) == 0 ? OK : refuse(error, there);
}

bool data_folder_has_store(const char *path)
{
    char file[PATH_MAX];
    int len = snprintf(file, sizeof(file), "%s/sluice.db", path);

    return len > 0 && (size_t)len < sizeof(file) && access(file, F_OK) == 0;
}
