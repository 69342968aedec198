/* Target: the server under test. */
#include "common/target.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "common/die.h"

struct sockaddr_in target_read(const char *target)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *colon = strchr(target, ':');
    char host[INET_ADDRSTRLEN] = {0};
    uint32_t port = 0;

    if (!colon || (size_t)(colon - target) >= sizeof host)
        die("the target must be ADDRESS:PORT, not %s", target);
    memcpy(host, target, (size_t)(colon - target));
    for (const char *digit = colon + 1; *digit >= '0' && *digit <= '9' && port <= UINT16_MAX;
         digit++)
        port = port * 10 + (uint32_t)(*digit - '0');
    address.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || port == 0 || port > UINT16_MAX)
        die("the target must be ADDRESS:PORT, not %s", target);
    return address;
}
