/* Wire of access: tokens and the record, as they go out. */
#pragma once

#include "api/keyring.h"
#include "wire.h"

void wire_token(struct json_out *out, const struct key_facts *token);
/* The only answer with its secret. */
void wire_token_made(struct json_out *out, const struct key_facts *token, struct bytes secret);
void wire_audit(struct json_out *out, const struct audit_view *row);
