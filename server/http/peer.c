/* Peer: what the kernel knows of the other end of a socket. A file of its own, as <linux/tcp.h>, which alone has the byte
 * counters, cannot stand beside <netinet/tcp.h>, which libuv includes. */
#include "peer.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

bool peer_is_there(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};

    return poll(&poll_fd, 1, 0) == 0;
}

uint64_t peer_bytes(int fd)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    memset(&info, 0, sizeof(info));
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return 0;
    return info.tcpi_bytes_received;
}
