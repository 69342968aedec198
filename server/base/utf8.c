/* UTF-8: validity of whole texts. */
#include "base/utf8.h"

#include "utf8_step.h"

bool utf8_is_valid(struct bytes text)
{
    if (text.len == 0)
        return true;

    const unsigned char *at = (const unsigned char *)text.at;
    const unsigned char *end = at + text.len;

    while (at < end) {
        size_t len = utf8_step(at, end);

        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

size_t utf8_sequence(struct bytes text)
{
    if (text.len == 0)
        return 0;

    const unsigned char *at = (const unsigned char *)text.at;

    return utf8_step(at, at + text.len);
}
