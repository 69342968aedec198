/* Peer: what the kernel knows of the other end of a socket. A file of its own, as <linux/tcp.h>,
 * which alone has the byte counters, cannot stand beside <netinet/tcp.h>, which libuv includes. */
#include "peer.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { ESTABLISHED = 1 }; /* of tcpi_state; its name is in the other header */

struct peer peer_look(int fd)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    memset(&info, 0, sizeof(info));
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return (struct peer){.is_there = false};
    return (struct peer){
        .is_there = info.tcpi_state == ESTABLISHED,
        .bytes = info.tcpi_bytes_received,
    };
}

bool peer_has_sent(int fd)
{
    int len = 0;

    return ioctl(fd, FIONREAD, &len) == 0 && len > 0;
}
