/* Access: who asks, and whether they may. */
#pragma once

#include "api/api.h"

/* Who was admitted; principal_open where nobody was asked. */
const struct principal *access_caller(const struct request *request);
/* May they still, whoever was admitted before? */
bool access_is_valid(const struct api *api, const struct principal *who);
/* The same for a request. A body can come long after its head, and the token may have ended, or the
 * first one been made, meanwhile. Not OK: the request is to be refused, its answer has the header.
 */
MUST_CHECK enum err access_check_again(const struct api *api, struct request *request,
                                       struct error *error);
