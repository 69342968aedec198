/* Base64 (RFC 4648): the standard alphabet with padding for bodies, the URL one without for tokens
 * and cursors. */
#pragma once

#include "base/arena.h"

size_t base64_len(size_t data_len);                   /* with padding */
void base64_write(char *ret_text, struct bytes data); /* base64_len() bytes, no NUL */
/* Strict: padding needed, no blanks. False when it is not base64. */
bool base64_read(struct bytes text, struct arena *arena, struct bytes *ret_data);
struct bytes base64url_make(struct bytes data, struct arena *arena);
bool base64url_read(struct bytes text, struct arena *arena, struct bytes *ret_data);
