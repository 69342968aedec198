/* Hosts: names that a Host header may have, as they are set. */
#include "hosts.h"

#include "base/bytes.h"
#include "base/parse.h"

#include <string.h>

enum { PORT_MAX = 65535, SHOWN_MAX = 80 };

static bool are_all_of(struct bytes text, const char *letters)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '\0' || strchr(letters, text.at[i]) == NULL)
            return false;
    return text.len > 0;
}

static bool is_name(struct bytes name)
{
    if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
        return are_all_of((struct bytes){name.at + 1, name.len - 2}, "0123456789abcdefABCDEF:.");
    return are_all_of(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
}

/* A colon within brackets begins no port. */
static bool is_host(struct bytes host)
{
    const char *colon = memrchr(host.at, ':', host.len);
    int64_t port;

    if (colon == NULL || host.at[host.len - 1] == ']')
        return is_name(host);
    return parse_int((struct bytes){colon + 1, host.len - (size_t)(colon + 1 - host.at)}, 0,
                     PORT_MAX, &port) &&
           is_name((struct bytes){host.at, (size_t)(colon - host.at)});
}

enum err hosts_check(const char *key, const char *hosts, struct error *error)
{
    struct bytes rest = bytes_of(hosts), host;

    while (bytes_split(&rest, ',', &host)) {
        host = bytes_trim(host);
        if (host.len == 0 || is_host(host))
            continue;
        host.len = host.len < SHOWN_MAX ? host.len : SHOWN_MAX;
        return error_set(error, ERR_INVALID_FIELD, key,
                         "%.*s is not HOST or HOST:PORT as a Host header has it (no scheme, no "
                         "path, no *; IPv6 in brackets)",
                         BYTES_ARG(host));
    }
    return OK;
}
