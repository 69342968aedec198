/* Bounds: the rules for names and other short texts. */
#include "domain/bounds.h"

#include "base/utf8.h"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '-';
}

bool name_is_valid(struct bytes name)
{
    if (name.len == 0 || name.len > NAME_LEN_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_char(name.at[i]))
            return false;
    return true;
}

/* C0, DEL and C1 (c2 80 .. c2 9f in UTF-8). */
static bool has_control(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c < 0x20 || c == 0x7f)
            return true;
        if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.at[i + 1] < 0xa0)
            return true;
    }
    return false;
}

bool label_is_valid(struct bytes label)
{
    return label.len > 0 && label.len <= TYPE_LEN_MAX && utf8_is_valid(label) &&
           !has_control(label);
}
