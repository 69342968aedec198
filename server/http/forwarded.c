/* Forwarded: whom a request comes from, seen through the proxies that are trusted. */
#include "forwarded.h"

#include <string.h>
#include <strings.h>

enum { HOPS_MAX = 100 };

static const char header_name[] = "x-forwarded-for";

static bool is_forwarded_for(const struct field *header)
{
    return header->name.len == sizeof(header_name) - 1 &&
           strncasecmp(header->name.at, header_name, header->name.len) == 0;
}

/* Cut the part behind the last comma off *rest; false when nothing was left. */
static bool cut_last(struct bytes *rest, struct bytes *ret_part)
{
    size_t at = rest->len;

    if (rest->at == NULL)
        return false;
    while (at > 0 && rest->at[at - 1] != ',')
        at--;
    *ret_part = bytes_trim((struct bytes){rest->at + at, rest->len - at});
    *rest = at > 0 ? (struct bytes){rest->at, at - 1} : BYTES_NONE;
    return true;
}

/* False when the search ends here. */
static bool follow(struct bytes list, const struct networks *trusted, unsigned *hops,
                   struct network_address *address)
{
    struct bytes part;

    while (cut_last(&list, &part)) {
        struct network_address hop;

        if (++*hops > HOPS_MAX || !network_address_read(part, &hop))
            return false;
        *address = hop;
        if (!networks_have(trusted, &hop))
            return false;
    }
    return true;
}

struct network_address forwarded_address(const struct network_address *peer,
                                         const struct networks *trusted,
                                         const struct fields *headers)
{
    struct network_address address = *peer;
    unsigned hops = 0;

    if (!networks_have(trusted, peer))
        return address;
    for (unsigned i = headers->len; i > 0; i--) {
        const struct field *header = &headers->at[i - 1];

        if (is_forwarded_for(header) && !follow(header->value, trusted, &hops, &address))
            break;
    }
    return address;
}
