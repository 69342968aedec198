/* Exchange: one handle of libcurl that is used again and again; connections are the multi's. */
#include "exchange.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECT_MS = 5000 };

static void set_terms(CURL *easy, const struct exchange_terms *terms)
{
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name server may take its time */
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the environment's would resolve names */
    (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, terms->agent);
}

struct exchange *exchange_new(const struct exchange_terms *terms)
{
    struct exchange *exchange = mem_alloc(sizeof(*exchange));

    exchange->terms = terms;
    exchange->easy = curl_easy_init();
    if (exchange->easy == NULL)
        (void)mem_alloc(SIZE_MAX / 2); /* there is no memory: ends the process as everywhere */
    set_terms(exchange->easy, terms);
    exchange->guard.policy = terms->policy;
    guard_set(exchange->easy, &exchange->guard);
    reception_init(&exchange->reception, exchange->easy, terms->body_max);
    (void)curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, exchange);
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    if (exchange == NULL)
        return;
    curl_easy_cleanup(exchange->easy);
    reception_fini(&exchange->reception);
    letter_fini(&exchange->letter);
    free(exchange);
}

static void set_letter(CURL *easy, const struct letter *letter)
{
    (void)curl_easy_setopt(easy, CURLOPT_URL, letter->url);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, letter->headers);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)letter->timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, letter->is_fresh ? 1L : 0L);
    if (letter->is_delete) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
        return;
    }
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)letter->body.len);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, letter->body.len > 0 ? letter->body.at : "");
}

void exchange_begin(struct exchange *exchange, const struct letter *letter, bool is_https)
{
    exchange->letter = *letter;
    exchange->guard.is_https = is_https;
    exchange->guard.has_refused = false;
    exchange->began_ms = uv_now(exchange->terms->multi->loop);
    reception_reset(&exchange->reception);
    set_letter(exchange->easy, &exchange->letter);
    (void)curl_multi_add_handle(exchange->terms->multi->curl, exchange->easy);
}

static void end(struct exchange *exchange)
{
    (void)curl_multi_remove_handle(exchange->terms->multi->curl, exchange->easy);
    letter_fini(&exchange->letter);
}

void exchange_cut(struct exchange *exchange)
{
    end(exchange);
}

/* ---- what it came to ---- */

static bool was_sent(CURL *easy)
{
    curl_off_t sending_us = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sending_us);
    return sending_us > 0;
}

static bool is_of_tls(CURLcode code)
{
    static const CURLcode CODES[] = {
        CURLE_SSL_CONNECT_ERROR,        CURLE_PEER_FAILED_VERIFICATION,
        CURLE_SSL_CERTPROBLEM,          CURLE_SSL_CIPHER,
        CURLE_SSL_CACERT_BADFILE,       CURLE_SSL_ISSUER_ERROR,
        CURLE_SSL_ENGINE_INITFAILED,    CURLE_SSL_INVALIDCERTSTATUS,
        CURLE_SSL_PINNEDPUBKEYNOTMATCH,
    };

    for (size_t i = 0; i < ARRAY_LEN(CODES); i++)
        if (code == CODES[i])
            return true;
    return false;
}

static enum push_failure failure_of(const struct exchange *exchange, CURLcode code)
{
    if (exchange->reception.status != 0)
        return PUSH_ANSWERED; /* how the body ended is told by is_cut */
    if (exchange->guard.has_refused && !was_sent(exchange->easy))
        return PUSH_DENIED;
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT)
        return PUSH_NOT_REACHED;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return was_sent(exchange->easy) ? PUSH_TIMED_OUT : PUSH_NOT_REACHED;
    return is_of_tls(code) ? PUSH_UNTRUSTED : PUSH_BROKEN;
}

/* Dates in it are the endpoint's, of the real world. */
static int64_t retry_after_ms(const struct reception *reception)
{
    struct timespec now;

    if (reception->retry_after[0] == '\0')
        return -1;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return retry_after_read(bytes_of(reception->retry_after), (int64_t)now.tv_sec * 1000);
}

void exchange_over(CURL *easy, CURLcode code)
{
    struct exchange *exchange = NULL;
    struct push_answer answer;
    int64_t took_ms;

    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
    answer = (struct push_answer){
        .failure = failure_of(exchange, code),
        .status = exchange->reception.status,
        .retry_after_ms = retry_after_ms(&exchange->reception),
        .is_cut = code != CURLE_OK || exchange->reception.is_cut,
    };
    took_ms = (int64_t)(uv_now(exchange->terms->multi->loop) - exchange->began_ms);
    end(exchange);
    exchange->on_over(exchange->ctx, exchange, &answer, took_ms);
}
