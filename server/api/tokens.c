/* Tokens: the operations on them. */
#include "handlers.h"

void op_list_tokens(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}

void op_make_token(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}

void op_get_token(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}

void op_revoke_token(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}

void op_rotate_token(struct request *request)
{
    request_answer(request, 204, NULL, NULL);
}
