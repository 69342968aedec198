/* Audit: the operation that lists the record. */
#include "handlers.h"

void op_list_audit(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}
