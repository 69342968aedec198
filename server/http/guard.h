/* Guard: what no handler should ever see: broken framing, hostile paths, requests that were meant
 * for somebody else. libmicrohttpd at discipline level 1 refuses a malformed head or chunk before
 * us, with an HTML page of its own that cannot be replaced: CL with TE, repeated or unreadable CL,
 * unknown or repeated TE, TE on HTTP/1.0, folded or bare-LF lines, NUL, bad names, two Hosts or
 * none, versions other than 1.x. Those connections are closed. */
#pragma once

#include "request_struct.h"

/* Cut the target into path and query; ret_authority is NONE but for the absolute form. */
MUST_CHECK enum err guard_target(struct request *request, struct bytes *ret_authority,
                                 struct error *error);
MUST_CHECK enum err guard_headers(struct request *request, struct error *error);
/* Cut the path into segments and take the namespace off. */
MUST_CHECK enum err guard_path(struct request *request, struct error *error);
/* Is the request meant for us, and not sent by a foreign page? Asked once its route is known, as
 * some are served under any name. */
MUST_CHECK enum err guard_host(struct request *request, struct bytes authority,
                               struct error *error);
