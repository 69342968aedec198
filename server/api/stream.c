/* Stream: lines are gathered into pieces, one of which is with the engine at a time; while it is,
 * reading goes on until enough has come for the next. A piece is a command with an arena of its
 * own, so it outlives a client that goes away. */
#include "stream.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/digest.h"
#include "base/memory.h"
#include "batch.h"
#include "codec_task.h"
#include "domain/bounds.h"
#include "spool.h"

enum {
    PIECE_LINES_MAX = 500,
    PIECE_BYTES_MAX = 256 << 10,
    INPUT_BYTES_MORE = 12 << 20, /* lines that wait behind one; reading is held long before */
};

/* One line of the piece that is with the engine. */
struct line {
    uint64_t number;       /* from 1 */
    struct error *problem; /* it was refused before; NULL: it is the next of the specs */
};

struct stream {
    struct request *request;    /* NULL: it has ended, only the engine keeps this alive */
    const struct principal *by; /* held: a command may outlive the request */
    struct api *api;
    bool minimal;
    bool is_last;     /* the body has ended */
    bool is_skipping; /* in a line that is too long */
    bool is_in_flight;
    bool is_answered;
    bool is_barred;       /* who sends it may not any more: it is answered at the next line */
    atomic_bool is_held;  /* the engine may ask whether the client is there */
    atomic_bool is_cut;   /* it is not */
    struct error stopped; /* no more is taken: what comes is refused with this */
    struct buffer input;
    struct spool spool;
    uint64_t lines_seen, accepted, rejected;

    /* The piece. */
    struct arena *arena;
    struct command *command;
    struct line *lines;
    unsigned lines_len;
};

static void advance(struct stream *stream);

/* A line is a body. */
static size_t line_max(const struct stream *stream)
{
    return (size_t)stream->api->bounds.of[BOUND_BODY_MAX];
}

struct stream *stream_new(struct request *request, bool minimal)
{
    struct stream *stream = mem_alloc(sizeof(*stream));

    stream->request = request;
    stream->api = request_server_ctx(request);
    stream->by = access_caller(request);
    key_hold(key_of(stream->by));
    stream->minimal = minimal;
    stream->arena = arena_new();
    buffer_init(&stream->input, line_max(stream) + INPUT_BYTES_MORE);
    spool_init(&stream->spool, stream->api->data_dir);
    return stream;
}

static void stream_free(struct stream *stream)
{
    buffer_fini(&stream->input);
    spool_fini(&stream->spool);
    arena_free(stream->arena);
    key_let_go(key_of(stream->by));
    free(stream);
}

void stream_release(struct stream *stream)
{
    stream->request = NULL;
    atomic_store(&stream->is_cut, true);
    if (!stream->is_in_flight)
        stream_free(stream);
}

/* ---- answer lines ---- */

static void write_counts(struct json_out *out, const struct stream *stream)
{
    json_member_int(out, "accepted", (int64_t)stream->accepted);
    json_member_int(out, "rejected", (int64_t)stream->rejected);
}

static void end_line(struct stream *stream, struct json_out *out)
{
    json_out_object_end(out);
    buffer_append_char(&stream->spool.buffer, '\n');
    spool_settle(&stream->spool);
}

static void reject_line(struct stream *stream, uint64_t number, const struct error *problem)
{
    struct json_out out;

    stream->rejected++;
    json_out_init(&out, &stream->spool.buffer);
    json_out_object(&out);
    json_member_int(&out, "line", (int64_t)number);
    batch_write_problem(&out, problem);
    end_line(stream, &out);
}

static void accept_line(struct stream *stream, uint64_t number, const struct submit_item *item)
{
    struct json_out out;

    stream->accepted++;
    if (stream->minimal)
        return;
    json_out_init(&out, &stream->spool.buffer);
    json_out_object(&out);
    json_member_int(&out, "line", (int64_t)number);
    batch_write_item(&out, item);
    end_line(stream, &out);
}

static void send_answer(struct stream *stream)
{
    static const char TYPE[] = "application/x-ndjson";
    struct request *request = stream->request;
    struct json_out out;
    struct error error;

    if (stream->is_answered)
        return;
    json_out_init(&out, &stream->spool.buffer);
    json_out_object(&out);
    write_counts(&out, stream);
    end_line(stream, &out);
    stream->is_answered = true;
    if (stream->minimal)
        request_add_header(request, "Preference-Applied", BYTES("return=minimal"));
    if (!spool_finish(&stream->spool)) {
        (void)error_set(&error, ERR_DISK_RESERVE, "",
                        "%llu tasks were taken, but the answer could not be kept",
                        (unsigned long long)stream->accepted);
        request_refuse(request, &error);
    } else if (stream->spool.fd >= 0) {
        request_answer_file(request, 200, TYPE, spool_take(&stream->spool),
                            stream->spool.file_size);
    } else {
        request_answer(request, 200, TYPE, &stream->spool.buffer);
    }
}

/* ---- the engine ---- */

static bool is_alive(const struct caller *caller)
{
    struct stream *stream = caller->ctx;

    if (atomic_load(&stream->is_cut))
        return false;
    /* While reading goes on the loop may end the request at any moment; only a held one stays. */
    return !atomic_load(&stream->is_held) || request_is_alive(stream->request);
}

static void post(struct stream *stream)
{
    stream->is_in_flight = true;
    engine_post(stream->api->engine, stream->command);
}

/* Whoever began it may have lost the right to go on: what was taken stays. */
static bool is_barred(struct stream *stream)
{
    if (stream->is_barred)
        return true;
    if (access_is_valid(stream->api, stream->by))
        return false;
    stream->is_barred = true;
    (void)error_set(&stream->stopped, ERR_UNAUTHORIZED, "",
                    "the token that this stream began with is not valid any more");
    return true;
}

/* The next spec that was not dealt with begins a shorter command. */
static void post_rest(struct stream *stream, unsigned taken)
{
    struct command *command = stream->command;
    struct submit *submit = &command->in.submit;

    submit->specs += taken;
    submit->specs_len -= taken;
    command->reply = (struct reply){.created = false};
    command->parked = NULL;
    command->open_key = NULL;
    post(stream);
}

/* Answer the lines up to the one that stands for the last spec taken, and those refused behind it.
 */
static void settle_lines(struct stream *stream, unsigned taken, const struct error *all_refused)
{
    const struct submit_item *item = stream->command->reply.items;
    unsigned i = 0;

    for (; i < stream->lines_len; i++) {
        const struct line *line = &stream->lines[i];

        if (line->problem != NULL) {
            reject_line(stream, line->number, line->problem);
            continue;
        }
        if (all_refused != NULL) {
            reject_line(stream, line->number, all_refused);
            continue;
        }
        if (taken == 0)
            break;
        taken--;
        if (item->error.code == OK)
            accept_line(stream, line->number, item);
        else
            reject_line(stream, line->number, &item->error);
        item++;
    }
    stream->lines += i;
    stream->lines_len -= i;
}

/* What the engine could not do for the first spec it may do for the others, unless the broker takes
 * no more. */
static unsigned settle_error(struct stream *stream, const struct error *error)
{
    struct submit_item item = {.error = *error};

    /* A stream whose client has gone keeps what was taken and brings no more. */
    if (err_status(error->code) >= 500 || !request_is_alive(stream->request)) {
        stream->stopped = *error;
        settle_lines(stream, 0, error);
        return stream->command->in.submit.specs_len;
    }
    stream->command->reply.items = &item;
    settle_lines(stream, 1, NULL);
    return 1;
}

static void on_done(struct command *command)
{
    struct stream *stream = command->caller.ctx;
    const struct reply *reply = &command->reply;
    unsigned specs = command->in.submit.specs_len;
    unsigned taken = reply->taken < specs ? reply->taken : specs;

    stream->is_in_flight = false;
    if (stream->request == NULL) {
        stream_free(stream);
        return;
    }
    if (reply->error.code != OK)
        taken = settle_error(stream, &reply->error);
    else
        settle_lines(stream, taken, NULL);
    if (taken < specs && !is_barred(stream)) {
        post_rest(stream, taken);
        return;
    }
    if (taken < specs)
        settle_lines(stream, 0, &stream->stopped);
    advance(stream);
}

/* ---- lines ---- */

static void refuse_len(const struct stream *stream, struct error *error)
{
    char text[BOUND_TEXT_MAX];

    bound_format(&stream->api->bounds, BOUND_BODY_MAX, text);
    (void)error_set(error, ERR_TOO_LARGE, "", "%s; this line has more", text);
}

static void refuse_long_line(struct stream *stream)
{
    struct error error;

    refuse_len(stream, &error);
    reject_line(stream, ++stream->lines_seen, &error);
}

/* The next whole line, without its end; at the end of the body also what is left. False: more must
 * come. */
static bool next_line(struct stream *stream, size_t *at, struct bytes *ret_line)
{
    struct bytes rest = {stream->input.at + *at, stream->input.len - *at};
    const char *newline = rest.len > 0 ? memchr(rest.at, '\n', rest.len) : NULL;

    if (newline == NULL && (!stream->is_last || rest.len == 0))
        return false;
    *ret_line = (struct bytes){rest.at, newline != NULL ? (size_t)(newline - rest.at) : rest.len};
    *at += ret_line->len + (newline != NULL);
    return true;
}

static void fingerprint(struct stream *stream, struct bytes text, struct task_spec *spec)
{
    char *hex = arena_alloc(stream->arena, DIGEST_LEN * 2 + 1);

    if (spec->idempotency_key.at == NULL)
        return;
    digest_hex(digest_plain(text), hex);
    spec->fingerprint = bytes_of(hex);
}

static enum err read_line(struct stream *stream, struct bytes text, struct task_spec *ret_spec,
                          struct error *error)
{
    struct document document;
    struct codec codec = {.bounds = &stream->api->bounds,
                          .document = &document,
                          .arena = stream->arena,
                          .error = error,
                          .now_ms = api_now(stream->api).wall_ms};
    enum err code =
        document_open(&document, text, DOCUMENT_LIFT, codec.bounds, stream->arena, error);

    if (code == OK)
        code = task_spec_read(&codec, NULL, document.root, true, ret_spec);
    document_close(&document);
    if (code == OK)
        fingerprint(stream, text, ret_spec);
    return code;
}

static void take_line(struct stream *stream, struct bytes text)
{
    struct submit *submit = &stream->command->in.submit;
    struct line *line = &stream->lines[stream->lines_len];
    struct error error;

    if (bytes_trim(text).len == 0 || bytes_is(text, "\r"))
        return;
    if (stream->lines_len == 0)
        (void)is_barred(stream);
    error = stream->stopped;
    line->number = ++stream->lines_seen;
    line->problem = NULL;
    if (text.len > line_max(stream))
        refuse_len(stream, &error);
    if (error.code == OK && read_line(stream, arena_bytes(stream->arena, text),
                                      &submit->specs[submit->specs_len], &error) == OK)
        submit->specs_len++;
    else
        line->problem = arena_copy(stream->arena, &error, sizeof(error));
    stream->lines_len++;
}

/* ---- pieces ---- */

static void begin_piece(struct stream *stream)
{
    struct command *command;

    arena_reset(stream->arena);
    command = arena_alloc(stream->arena, sizeof(*command));
    command->kind = COMMAND_SUBMIT;
    command->mem = stream->arena;
    command->ns = arena_bytes(stream->arena, request_ns(stream->request));
    command->request_id = arena_bytes(stream->arena, request_id_text(stream->request));
    command->by = stream->by;
    command->address = arena_bytes(stream->arena, request_address(stream->request));
    command->wait_ms = -1; /* a full queue holds the stream as long as it takes */
    command->idempotency.scope = BYTES("POST /v1/tasks/batch");
    command->caller = (struct caller){.ctx = stream, .done = on_done, .is_alive = is_alive};
    command->in.submit.streamed = true;
    command->in.submit.until = UNTIL_ACCEPTED;
    command->in.submit.specs =
        arena_alloc(stream->arena, PIECE_LINES_MAX * sizeof(struct task_spec));
    stream->command = command;
    stream->lines = arena_alloc(stream->arena, PIECE_LINES_MAX * sizeof(struct line));
    stream->lines_len = 0;
}

/* False when not one whole line is there. */
static bool gather_piece(struct stream *stream)
{
    struct bytes line;
    size_t at = 0;

    begin_piece(stream);
    while (stream->lines_len < PIECE_LINES_MAX && at < PIECE_BYTES_MAX &&
           next_line(stream, &at, &line))
        take_line(stream, line);
    buffer_consume(&stream->input, at);
    return stream->lines_len > 0;
}

/* A line without an end must not fill the memory. */
static void skip_long_line(struct stream *stream)
{
    const char *newline;

    if (!stream->is_skipping && stream->input.len > line_max(stream) &&
        memchr(stream->input.at, '\n', stream->input.len) == NULL) {
        refuse_long_line(stream);
        stream->is_skipping = true;
    }
    if (!stream->is_skipping || stream->input.len == 0)
        return;
    newline = memchr(stream->input.at, '\n', stream->input.len);
    stream->is_skipping = newline == NULL;
    buffer_consume(&stream->input,
                   newline != NULL ? (size_t)(newline - stream->input.at) + 1 : stream->input.len);
}

/* Nothing is with the engine: give it the next piece, or read on, or answer. */
static void advance(struct stream *stream)
{
    skip_long_line(stream);
    while (gather_piece(stream)) {
        if (stream->command->in.submit.specs_len > 0) {
            post(stream);
            break;
        }
        settle_lines(stream, 0, NULL);
        skip_long_line(stream);
    }
    if (!stream->is_in_flight && (stream->is_last || stream->is_barred)) {
        send_answer(stream);
        return;
    }
    if ((!stream->is_in_flight || stream->input.len < PIECE_BYTES_MAX) &&
        atomic_exchange(&stream->is_held, false))
        request_go_on(stream->request);
}

void stream_take(struct stream *stream, struct bytes piece, bool is_last)
{
    struct request *request = stream->request;

    buffer_append(&stream->input, piece);
    stream->is_last = is_last;
    if (!stream->is_in_flight)
        advance(stream);
    if (is_last && !stream->is_answered) {
        /* Tasks were taken already, so this may park when others may not any more. */
        if (request_park(request, true))
            atomic_store(&stream->is_held, true);
        else
            stream->is_answered = true;
    } else if (!is_last && stream->is_in_flight && stream->input.len >= PIECE_BYTES_MAX) {
        request_hold(request);
        atomic_store(&stream->is_held, true);
    }
}
