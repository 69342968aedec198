/* Wire: the pieces that several objects share. */
#include "wire.h"

#include "domain/labels.h"

void wire_member_id(struct json_out *out, const char *key, struct id id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    json_member_text(out, key, (struct bytes){text, ID_TEXT_LEN});
}

void wire_member_labels(struct json_out *out, const char *key, struct bytes labels)
{
    struct label label;

    json_out_key(out, key);
    json_out_object(out);
    while (labels_next(&labels, &label)) {
        json_out_key_bytes(out, label.name);
        json_out_text(out, label.value);
    }
    json_out_object_end(out);
}

void wire_member_priority_or_null(struct json_out *out, const char *key, int32_t min_priority)
{
    json_out_key(out, key);
    if (min_priority == MIN_PRIORITY_NONE)
        json_out_null(out);
    else
        json_out_int(out, min_priority);
}

void wire_list(struct json_out *out)
{
    json_out_object(out);
    json_out_key(out, "items");
    json_out_array(out);
}

void wire_list_end(struct json_out *out, struct bytes next_cursor)
{
    json_out_array_end(out);
    json_member_text_or_null(out, "next_cursor", next_cursor);
    json_out_object_end(out);
}

void wire_problem(struct json_out *out, const struct error *error)
{
    const char *where = error->where;

    json_out_object(out);
    json_member_text(out, "title", bytes_of(err_title(error->code)));
    json_member_int(out, "status", err_status(error->code));
    json_member_text(out, "code", bytes_of(err_code(error->code)));
    if (error->detail[0] != 0)
        json_member_text(out, "detail", bytes_of(error->detail));
    if (where[0] != 0) {
        json_out_key(out, "errors");
        json_out_array(out);
        json_out_object(out);
        if (where[0] == '?')
            json_member_text(out, "parameter", bytes_of(where + 1));
        else
            json_member_text(out, where[0] == '/' ? "pointer" : "header", bytes_of(where));
        json_member_text(out, "detail", bytes_of(error->detail));
        json_out_object_end(out);
        json_out_array_end(out);
    }
    json_out_object_end(out);
}
