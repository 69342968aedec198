/* Library: libmicrohttpd as this layer uses it, and what versions before 1.0 lack; those serve
 * loopback only. */
#pragma once

#include <microhttpd.h>
#include <sys/socket.h>

/* The first version whose parser cannot be used for request smuggling and that starves no
 * connection. */
#define LIBRARY_SAFE_VERSION 0x01000500

#if MHD_VERSION < 0x01000000

#define LIBRARY_STRICT MHD_OPTION_STRICT_FOR_CLIENT

static inline enum MHD_Result library_timeout(struct MHD_Daemon *daemon, uint64_t *ret_ms)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    enum MHD_Result result = MHD_get_timeout(daemon, &wait_ms);

    *ret_ms = wait_ms;
    return result;
}

static inline uint32_t library_version(void)
{
    return MHD_VERSION;
}

#else

#define LIBRARY_STRICT MHD_OPTION_CLIENT_DISCIPLINE_LVL

static inline enum MHD_Result library_timeout(struct MHD_Daemon *daemon, uint64_t *ret_ms)
{
    return MHD_get_timeout64(daemon, ret_ms);
}

static inline uint32_t library_version(void)
{
    return MHD_get_version_bin();
}

#endif
