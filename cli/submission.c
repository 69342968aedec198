/* Submission: the JSON of a task, made from the options of a command that submits one. */
#include "submission.h"

#include "base/json_out.h"
#include "base/json_scan.h"
#include "base/parse.h"
#include "file.h"
#include "message.h"
#include "submission_rules.h"

#include <string.h>

/* What all the writers need. */
struct submission {
    const struct options *options;
    struct arena *arena;
    struct json_out json;
};

static bool write_data(struct submission *submission, const char *data)
{
    const struct json_limits limits = {.depth_max = 1024, .nodes_max = UINT32_MAX};
    struct bytes content = bytes_of(data);
    struct error error;

    if (data[0] == '@' && !file_read(data + 1, submission->arena, &content))
        return false;
    if (strcmp(data, "-") == 0 && !file_read("-", submission->arena, &content))
        return false;
    if (json_check(content, &limits, &error) != OK) {
        message_error("--data is not JSON: %s", error.detail);
        message_note("Text needs quotes: --data '\"text\"'. Other bytes: --raw FILE.");
        return false;
    }
    json_member_raw(&submission->json, "payload", content);
    return true;
}

static bool write_raw(struct submission *submission, const char *file)
{
    const char *content_type = options_text(submission->options, "content-type");
    struct bytes content;

    if (!file_read(file, submission->arena, &content))
        return false;
    json_out_key(&submission->json, "payload_base64");
    json_out_base64(&submission->json, content);
    json_member_text(&submission->json, "content_type",
                     bytes_of(content_type != NULL ? content_type : "application/octet-stream"));
    return true;
}

static bool write_payload(struct submission *submission)
{
    const char *data = options_text(submission->options, "data");
    const char *raw = options_text(submission->options, "raw");

    if (data != NULL && raw != NULL) {
        message_error("--data and --raw do not go together");
        return false;
    }
    if (raw == NULL && options_has(submission->options, "content-type")) {
        message_error("--content-type goes with --raw; --data is JSON");
        return false;
    }
    if (data != NULL)
        return write_data(submission, data);
    return raw == NULL || write_raw(submission, raw);
}

static bool write_headers(struct submission *submission)
{
    const char *header;

    if (!options_has(submission->options, "header"))
        return true;
    json_out_key(&submission->json, "headers");
    json_out_object(&submission->json);
    for (unsigned i = 0; (header = options_each(submission->options, "header", i)) != NULL; i++) {
        struct bytes value = bytes_of(header);
        struct bytes key;

        if (strchr(header, '=') == NULL || !bytes_split(&value, '=', &key)) {
            message_error("--header: '%s' is not KEY=VALUE", header);
            return false;
        }
        json_out_key_bytes(&submission->json, key);
        json_out_text(&submission->json, value.at != NULL ? value : BYTES(""));
    }
    json_out_object_end(&submission->json);
    return true;
}

static void write_priority(struct submission *submission)
{
    const char *priority = options_text(submission->options, "priority");
    int64_t number;

    if (priority == NULL)
        return;
    if (parse_int(bytes_of(priority), INT32_MIN, INT32_MAX, &number))
        json_member_int(&submission->json, "priority", number);
    else
        json_member_text(&submission->json, "priority", bytes_of(priority));
}

static void write_tags(struct submission *submission)
{
    const char *tag;

    if (!options_has(submission->options, "tag"))
        return;
    json_out_key(&submission->json, "tags");
    json_out_array(&submission->json);
    for (unsigned i = 0; (tag = options_each(submission->options, "tag", i)) != NULL; i++)
        json_out_text(&submission->json, bytes_of(tag));
    json_out_array_end(&submission->json);
}

static void write_text(struct submission *submission, const char *member, const char *text)
{
    if (text != NULL)
        json_member_text(&submission->json, member, bytes_of(text));
}

static void write_seconds(struct submission *submission, const char *member, const char *option)
{
    if (!options_has(submission->options, option))
        return;
    json_out_key(&submission->json, member);
    json_out_seconds(&submission->json, options_number(submission->options, option, 0));
}

static void write_retry(struct submission *submission)
{
    if (!options_has(submission->options, "max-attempts"))
        return;
    json_out_key(&submission->json, "retry");
    json_out_object(&submission->json);
    json_member_int(&submission->json, "max_attempts",
                    options_number(submission->options, "max-attempts", 1));
    json_out_object_end(&submission->json);
}

bool submission_write(const struct options *options, struct arena *arena, struct buffer *body)
{
    struct submission submission = {.options = options, .arena = arena};

    json_out_init(&submission.json, body);
    json_out_object(&submission.json);
    write_text(&submission, "type", options_argument(options, 0));
    write_text(&submission, "queue", options_text(options, "queue"));
    write_text(&submission, "name", options_text(options, "name"));
    write_text(&submission, "run_at", options_text(options, "at"));
    write_seconds(&submission, "delay_s", "delay");
    write_seconds(&submission, "timeout_s", "timeout");
    write_seconds(&submission, "expires_s", "expires");
    write_seconds(&submission, "deadline_s", "deadline");
    if (options_has(options, "at-most-once"))
        json_member_bool(&submission.json, "at_most_once", true);
    write_priority(&submission);
    write_retry(&submission);
    write_tags(&submission);
    if (!submission_rules_write(options, &submission.json) || !write_headers(&submission) ||
        !write_payload(&submission))
        return false;
    json_out_object_end(&submission.json);
    return true;
}
