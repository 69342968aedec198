/* Access: who asks, and whether they may. */
#include "handlers.h"

void op_whoami(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}
