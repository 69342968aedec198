/* File facts: whose a file is, who may do what with it, and when it was changed last. */
#include "file_facts.h"

enum { S_TO_MS = 1000, NS_TO_MS = 1000000 };

struct file_facts file_facts_of(const struct stat *stat_of)
{
    return (struct file_facts){
        .modified_at_ms =
            (int64_t)stat_of->st_mtim.tv_sec * S_TO_MS + stat_of->st_mtim.tv_nsec / NS_TO_MS,
        .is_for_anybody = (stat_of->st_mode & (S_IROTH | S_IWOTH)) != 0,
    };
}

bool file_facts_read(const char *path, struct file_facts *ret_facts)
{
    struct stat stat_of;

    *ret_facts = (struct file_facts){.modified_at_ms = -1};
    if (stat(path, &stat_of) != 0)
        return false;
    *ret_facts = file_facts_of(&stat_of);
    return true;
}
