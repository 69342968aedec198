/* Guard: what a name resolves to is known only here, so what was judged when the URL was registered
 * cannot be outwitted by an answer of DNS that changes. */
#include "guard.h"

#include <netinet/in.h>
#include <sys/socket.h>

static unsigned port_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    if (address->sa_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return 0;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *asked)
{
    struct guard *guard = ctx;
    struct network_address address = network_address_of(&asked->addr);

    if (purpose != CURLSOCKTYPE_IPCXN || (asked->family != AF_INET && asked->family != AF_INET6) ||
        push_address_refusal(guard->policy, guard->is_https, &address, port_of(&asked->addr)) !=
            NULL) {
        guard->has_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(asked->family, asked->socktype | SOCK_CLOEXEC, asked->protocol);
}

void guard_set(CURL *easy, struct guard *guard)
{
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, guard);
}
