/* Namespaces: the operations on them. */
#include "handlers.h"

void op_list_namespaces(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}

void op_get_namespace(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}

void op_put_namespace(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}
