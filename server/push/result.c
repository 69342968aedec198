/* Result: JSON is kept as JSON where it is, anything else byte for byte with its type. */
#include "result.h"

#include "base/json_out.h"
#include "base/json_scan.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

enum {
    SAID_MAX = 2048, /* of a text answer, in an error */
    FAILURE_MAX = 16384,
    KEPT_DEPTH_MAX = 512,
};

/* The type without its parameters. */
static struct bytes media_of(const struct reception *reception)
{
    struct bytes rest = bytes_of(reception->content_type), media = BYTES_NONE;

    (void)bytes_split(&rest, ';', &media);
    return bytes_trim(media);
}

static bool ends_with(struct bytes text, const char *end)
{
    size_t len = strlen(end);

    return text.len >= len && strncasecmp(text.at + text.len - len, end, len) == 0;
}

static bool is_json_type(struct bytes media)
{
    return (media.len == strlen("application/json") && ends_with(media, "application/json")) ||
           ends_with(media, "+json");
}

static bool is_text_type(struct bytes media)
{
    return media.len == 0 || is_json_type(media) ||
           (media.len > 5 && strncasecmp(media.at, "text/", 5) == 0);
}

static bool is_json(struct bytes text)
{
    static const struct json_limits limits = {
        .depth_max = KEPT_DEPTH_MAX, .lifted_depth_max = KEPT_DEPTH_MAX, .nodes_max = UINT32_MAX};
    struct error error;

    return json_check_kept(text, &limits, &error) == OK;
}

void result_write(struct outcome *outcome, const struct reception *reception, struct arena *mem)
{
    struct bytes said = buffer_bytes(&reception->body);
    struct bytes media = media_of(reception);

    if (said.len == 0)
        return;
    outcome->result.data = arena_bytes(mem, said);
    if ((media.len == 0 || is_json_type(media)) && is_json(said))
        return;
    if (media.len == 0 || is_json_type(media))
        outcome->result.content_type = utf8_is_valid(said) ? BYTES("text/plain; charset=utf-8")
                                                           : BYTES("application/octet-stream");
    else
        outcome->result.content_type = arena_bytes(mem, bytes_of(reception->content_type));
}

/* ---- failures ---- */

static const char *message_of(const struct push_answer *answer)
{
    static const char *const messages[] = {
        [PUSH_DENIED] = "the endpoint's address may not be called",
        [PUSH_NOT_REACHED] = "the endpoint could not be reached",
        [PUSH_UNTRUSTED] = "the endpoint's certificate or TLS is not right",
        [PUSH_TIMED_OUT] = "the endpoint did not answer in time",
        [PUSH_BROKEN] = "the endpoint's answer was broken off, or is no HTTP",
        [PUSH_GIVEN_UP] = "the request was given up",
    };

    return messages[answer->failure];
}

/* What of it may go into an error: text, and not in the middle of a character. */
static struct bytes said_of(const struct reception *reception)
{
    struct bytes said = buffer_bytes(&reception->body);

    if (!is_text_type(media_of(reception)))
        return BYTES_NONE;
    if (said.len > SAID_MAX) {
        said.len = SAID_MAX;
        while (said.len > SAID_MAX - 4 && ((unsigned char)said.at[said.len] & 0xc0) == 0x80)
            said.len--;
    }
    return utf8_is_valid(said) ? said : BYTES_NONE;
}

static struct bytes quoted(struct bytes text, struct arena *mem)
{
    struct buffer buffer;
    struct json_out out;
    struct bytes json;

    buffer_init(&buffer, FAILURE_MAX);
    json_out_init(&out, &buffer);
    json_out_text(&out, text);
    json = arena_bytes(mem, buffer_bytes(&buffer));
    buffer_fini(&buffer);
    return json;
}

static struct bytes data_of(const struct push_answer *answer, const struct reception *reception,
                            struct arena *mem)
{
    struct bytes said = said_of(reception), json;
    struct buffer buffer;
    struct json_out out;

    buffer_init(&buffer, FAILURE_MAX);
    json_out_init(&out, &buffer);
    json_out_object(&out);
    json_member_int(&out, "status", answer->status);
    if (said.len > 0)
        json_member_text(&out, "body", said);
    json_out_object_end(&out);
    json = arena_bytes(mem, buffer_bytes(&buffer));
    buffer_fini(&buffer);
    return json;
}

void result_write_failure(struct outcome *outcome, const struct push_answer *answer,
                          const struct reception *reception, struct arena *mem)
{
    struct bytes message;

    outcome->failure_type = bytes_of(push_failure_type(answer->failure));
    outcome->failure.type = quoted(outcome->failure_type, mem);
    if (answer->failure == PUSH_ANSWERED) {
        message = arena_printf(mem, "the endpoint answered %d", answer->status);
        outcome->failure.data = data_of(answer, reception, mem);
    } else {
        message = bytes_of(message_of(answer));
    }
    outcome->failure.message = quoted(message, mem);
}

void result_keep(struct outcome *outcome, struct arena *mem)
{
    struct bytes *said[] = {
        &outcome->lease,        &outcome->result.data,     &outcome->result.content_type,
        &outcome->failure.type, &outcome->failure.message, &outcome->failure.trace,
        &outcome->failure.data, &outcome->failure_type,
    };

    for (unsigned i = 0; i < ARRAY_LEN(said); i++)
        *said[i] = arena_bytes(mem, *said[i]);
}
