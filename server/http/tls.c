/* TLS: certificate, key and the clients' CA, exchanged under a running server. libmicrohttpd has
 * credentials for the whole daemon only, so each session is given ours before its handshake. */
#include "tls.h"

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHAIN_MAX = 16, LOG_EVERY_NS = 1000000000, HANDSHAKE_RECORD = 22, CHAIN_NONE_SIZE = 16 };

/* Only key exchanges with forward secrecy and authenticated ciphers. */
static const char priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"
    "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE";

/* What connections were begun with, kept until they end, whatever was loaded since. */
struct tls_credentials {
    struct list_node link; /* in retired */
    gnutls_certificate_credentials_t x509;
    gnutls_typed_vdata_st purpose; /* of clients' certificates */
    bool asks_client;
    unsigned uses;
};

struct tls_session {
    struct tls_credentials *credentials;
    gnutls_session_t gnutls; /* libmicrohttpd's */
    int fd;
    bool is_through;                                                   /* the handshake */
    bool has_received, has_hello, has_agreed, has_answered, has_shown; /* how far it came */
    unsigned char first; /* byte that the client sent */
    void (*on_thirst)(void *ctx);
    void *ctx;
};

struct tls {
    char *cert, *key, *client_ca;
    struct tls_credentials *current;
    struct list retired;   /* still used by connections that began with them */
    uint64_t logged_at_ns; /* a failed handshake; 0: never */
    unsigned unlogged;     /* failed since */
};

/* For libraries that only read what they take as not constant. */
static void *unconst(const char *text)
{
    return (void *)(uintptr_t)text;
}

/* ---- loading ---- */

static enum err read_pem(const char *where, const char *path, gnutls_datum_t *ret_text,
                         struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return error_set(error, ERR_INVALID_FIELD, where, "%s cannot be read: %s", path,
                         strerror(errno));
    (void)close(fd);
    if (gnutls_load_file(path, ret_text) < 0)
        return error_set(error, ERR_INVALID_FIELD, where, "%s cannot be read", path);
    return OK;
}

static void forget(gnutls_datum_t *text)
{
    if (text->data != NULL)
        gnutls_memset(text->data, 0, text->size);
    gnutls_free(text->data);
}

static enum err load_chain(const char *path, gnutls_x509_crt_t ret_chain[CHAIN_MAX],
                           unsigned *ret_len, struct error *error)
{
    gnutls_datum_t text = {.data = NULL};
    enum err err = read_pem("tls_cert", path, &text, error);
    int result;

    if (err != OK)
        return err;
    *ret_len = CHAIN_MAX;
    result = gnutls_x509_crt_list_import(ret_chain, ret_len, &text, GNUTLS_X509_FMT_PEM,
                                         GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED |
                                             GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
    forget(&text);
    if (result >= 0)
        return OK;
    *ret_len = 0;
    return error_set(error, ERR_INVALID_FIELD, "tls_cert", "%s is no certificate chain in PEM: %s",
                     path, gnutls_strerror(result));
}

static enum err load_key(const char *path, gnutls_x509_privkey_t *ret_key, struct error *error)
{
    gnutls_datum_t text = {.data = NULL};
    gnutls_x509_privkey_t key;
    enum err err = read_pem("tls_key", path, &text, error);
    int result;

    if (err != OK)
        return err;
    if ((result = gnutls_x509_privkey_init(&key)) == 0 &&
        (result = gnutls_x509_privkey_import2(key, &text, GNUTLS_X509_FMT_PEM, NULL,
                                              GNUTLS_PKCS_PLAIN)) < 0)
        gnutls_x509_privkey_deinit(key);
    forget(&text);
    if (result < 0)
        return error_set(error, ERR_INVALID_FIELD, "tls_key",
                         "%s is no private key in PEM without a password: %s", path,
                         gnutls_strerror(result));
    *ret_key = key;
    return OK;
}

static void log_loaded(const char *path, gnutls_x509_crt_t cert)
{
    time_t ends = gnutls_x509_crt_get_expiration_time(cert);
    int64_t days = ((int64_t)ends - (int64_t)time(NULL)) / 86400;

    log_event(ends < time(NULL) ? LOG_WARN : LOG_INFO, "tls.loaded",
              ends < time(NULL) ? "the certificate has expired" : "the certificate was read",
              LOG_TEXT_FIELD("file", bytes_of(path)), LOG_INT_FIELD("days_left", days), );
}

static enum err load_pair(const struct tls *tls, gnutls_certificate_credentials_t x509,
                          struct error *error)
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    gnutls_x509_privkey_t key = NULL;
    unsigned len = 0;
    enum err err = load_chain(tls->cert, chain, &len, error);
    int result = 0;

    if (err == OK)
        err = load_key(tls->key, &key, error);
    if (err == OK)
        result = gnutls_certificate_set_x509_key(x509, chain, (int)len, key);
    if (result < 0)
        err = error_set(error, ERR_INVALID_FIELD, "tls_key",
                        "%s does not fit the certificate in %s: %s", tls->key, tls->cert,
                        gnutls_strerror(result));
    if (err == OK)
        log_loaded(tls->cert, chain[0]);
    for (unsigned i = 0; i < len; i++)
        gnutls_x509_crt_deinit(chain[i]);
    if (key != NULL)
        gnutls_x509_privkey_deinit(key);
    return err;
}

static enum err load_client_ca(const struct tls *tls, gnutls_certificate_credentials_t x509,
                               struct error *error)
{
    gnutls_datum_t text = {.data = NULL};
    enum err err = read_pem("tls_client_ca", tls->client_ca, &text, error);
    int result;

    if (err != OK)
        return err;
    result = gnutls_certificate_set_x509_trust_mem(x509, &text, GNUTLS_X509_FMT_PEM);
    forget(&text);
    if (result > 0)
        return OK;
    return error_set(error, ERR_INVALID_FIELD, "tls_client_ca", "%s holds no certificate in PEM",
                     tls->client_ca);
}

static void free_credentials(struct tls_credentials *credentials)
{
    list_remove(&credentials->link);
    gnutls_certificate_free_credentials(credentials->x509);
    free(credentials);
}

static enum err load(struct tls *tls, struct tls_credentials **ret_credentials, struct error *error)
{
    struct tls_credentials *credentials = mem_alloc(sizeof(*credentials));
    enum err err;

    credentials->purpose.type = GNUTLS_DT_KEY_PURPOSE_OID;
    credentials->purpose.data = unconst(GNUTLS_KP_TLS_WWW_CLIENT);
    credentials->asks_client = tls->client_ca != NULL;
    if (gnutls_certificate_allocate_credentials(&credentials->x509) < 0) {
        free(credentials);
        return error_set(error, ERR_INTERNAL, "tls", "GnuTLS has no memory");
    }
    err = load_pair(tls, credentials->x509, error);
    if (err == OK && credentials->asks_client)
        err = load_client_ca(tls, credentials->x509, error);
    if (err != OK) {
        free_credentials(credentials);
        return err;
    }
    *ret_credentials = credentials;
    return OK;
}

/* ---- opening, exchanging, closing ---- */

static char *copy_text(const char *text)
{
    char *copy;

    if (text == NULL)
        return NULL;
    copy = mem_alloc(strlen(text) + 1);
    memcpy(copy, text, strlen(text));
    return copy;
}

static void free_tls(struct tls *tls)
{
    free(tls->cert);
    free(tls->key);
    free(tls->client_ca);
    free(tls);
}

enum err tls_open(const struct http_tls_files *files, struct tls **ret_tls, struct error *error)
{
    struct tls *tls;
    enum err err;

    if (files->key == NULL)
        return error_set(error, ERR_INVALID_FIELD, "tls_key",
                         "a certificate was given without its key");
    tls = mem_alloc(sizeof(*tls));
    tls->cert = copy_text(files->cert);
    tls->key = copy_text(files->key);
    tls->client_ca = copy_text(files->client_ca);
    list_init(&tls->retired);
    if ((err = load(tls, &tls->current, error)) != OK) {
        free_tls(tls);
        return err;
    }
    *ret_tls = tls;
    return OK;
}

/* Not at once when the last connection leaves: libmicrohttpd ends the session after it told us. */
static void free_unused(struct tls *tls)
{
    struct list_node *node = list_first(&tls->retired);

    while (node != NULL) {
        struct list_node *next = list_next(&tls->retired, node);
        struct tls_credentials *credentials = CONTAINER_OF(node, struct tls_credentials, link);

        if (credentials->uses == 0)
            free_credentials(credentials);
        node = next;
    }
}

enum err tls_reload(struct tls *tls, struct error *error)
{
    struct tls_credentials *credentials;
    enum err err = load(tls, &credentials, error);

    if (err != OK)
        return err;
    list_push_back(&tls->retired, &tls->current->link);
    tls->current = credentials;
    return OK;
}

enum err http_tls_check(const struct http_tls_files *files, struct error *error)
{
    struct tls *tls;
    enum err err = tls_open(files, &tls, error);

    if (err == OK)
        tls_close(tls);
    return err;
}

void tls_close(struct tls *tls)
{
    struct list_node *node;

    if (tls == NULL)
        return;
    while ((node = list_first(&tls->retired)) != NULL)
        free_credentials(CONTAINER_OF(node, struct tls_credentials, link));
    free_credentials(tls->current);
    free_tls(tls);
}

/* Every session has credentials of its own; libmicrohttpd wants some for the daemon all the same.
 */
static int no_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                          gnutls_pcert_st **ret_pcerts, unsigned *ret_pcerts_len,
                          gnutls_ocsp_data_st **ret_ocsp, unsigned *ret_ocsp_len,
                          gnutls_privkey_t *ret_key, unsigned *ret_flags)
{
    (void)session;
    (void)info;
    (void)ret_pcerts;
    (void)ret_pcerts_len;
    (void)ret_ocsp;
    (void)ret_ocsp_len;
    (void)ret_key;
    (void)ret_flags;
    return -1;
}

void tls_daemon_options(struct MHD_OptionItem ret_options[TLS_DAEMON_OPTIONS])
{
    ret_options[0] = (struct MHD_OptionItem){.option = MHD_OPTION_HTTPS_CERT_CALLBACK2,
                                             .ptr_value = (void *)no_certificate};
    ret_options[1] = (struct MHD_OptionItem){.option = MHD_OPTION_HTTPS_PRIORITIES,
                                             .ptr_value = unconst(priorities)};
    ret_options[2] = (struct MHD_OptionItem){.option = MHD_OPTION_END};
}

/* ---- connections ---- */

static gnutls_session_t session_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info != NULL ? info->tls_session : NULL;
}

static ssize_t pull(gnutls_transport_ptr_t ctx, void *data, size_t len)
{
    struct tls_session *session = ctx;
    ssize_t received = recv(session->fd, data, len, 0);
    int cause = errno;

    if (received > 0 && !session->has_received) {
        session->has_received = true;
        session->first = *(const unsigned char *)data;
    }
    if (received >= 0)
        return received;
    gnutls_transport_set_errno(session->gnutls, cause);
    if (cause == EAGAIN && !session->is_through)
        session->on_thirst(session->ctx);
    return -1;
}

static int pull_timeout(gnutls_transport_ptr_t ctx, unsigned wait_ms)
{
    const struct tls_session *session = ctx;
    struct pollfd poll_fd = {.fd = session->fd, .events = POLLIN};

    (void)wait_ms; /* nobody waits on the loop's thread */
    return poll(&poll_fd, 1, 0);
}

static void note_chain(struct tls_session *session, const gnutls_datum_t *message)
{
    session->has_answered = true;
    session->has_shown |= message != NULL && message->size > CHAIN_NONE_SIZE;
}

/* Up to the client's last message of a handshake. */
static int on_message(gnutls_session_t gnutls, unsigned type, unsigned when, unsigned is_incoming,
                      const gnutls_datum_t *message)
{
    struct tls_session *session = gnutls_transport_get_ptr(gnutls);
    bool is_done = when == GNUTLS_HOOK_POST;

    if (is_incoming == 0)
        session->has_agreed |= type == GNUTLS_HANDSHAKE_SERVER_HELLO;
    else if (type == GNUTLS_HANDSHAKE_FINISHED && is_done)
        session->is_through = true;
    else if (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT)
        note_chain(session, message);
    else if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
        session->has_hello = true;
    return 0;
}

static void ask_client(gnutls_session_t gnutls, struct tls_credentials *credentials)
{
    gnutls_certificate_server_set_request(gnutls, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_cert2(gnutls, &credentials->purpose, 1, 0);
}

struct tls_session *tls_enter(struct tls *tls, struct MHD_Connection *mhd, int fd,
                              void (*on_thirst)(void *ctx), void *ctx)
{
    struct tls_credentials *credentials = tls->current;
    gnutls_session_t gnutls = session_of(mhd);
    struct tls_session *session;

    free_unused(tls);
    if (gnutls == NULL ||
        gnutls_credentials_set(gnutls, GNUTLS_CRD_CERTIFICATE, credentials->x509) < 0)
        return NULL;
    session = mem_alloc(sizeof(*session));
    session->credentials = credentials;
    session->gnutls = gnutls;
    session->fd = fd;
    session->on_thirst = on_thirst;
    session->ctx = ctx;
    credentials->uses++;
    if (credentials->asks_client)
        ask_client(gnutls, credentials);
    gnutls_transport_set_ptr2(gnutls, session, (gnutls_transport_ptr_t)(intptr_t)fd);
    gnutls_transport_set_pull_function(gnutls, pull);
    gnutls_transport_set_pull_timeout_function(gnutls, pull_timeout);
    gnutls_handshake_set_hook_function(gnutls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, on_message);
    return session;
}

/* ---- handshakes that failed ---- */

/* The certificate that the client showed, or did not. False: it is not what is wrong. */
static bool complain_of_chain(const struct tls_session *session, char *ret_text, size_t size)
{
    unsigned status = gnutls_session_get_verify_cert_status(session->gnutls);
    gnutls_datum_t words = {.data = NULL};

    if (!session->credentials->asks_client || !session->has_answered)
        return false;
    if (!session->has_shown) {
        (void)snprintf(ret_text, size, "the client showed no certificate");
        return true;
    }
    if (status == 0 || status == UINT_MAX ||
        gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0) < 0)
        return false;
    (void)snprintf(ret_text, size, "the client's certificate: %s", (const char *)words.data);
    gnutls_free(words.data);
    return true;
}

/* libmicrohttpd keeps GnuTLS's result for itself, so it is told from what is left of it. */
static void write_reason(const struct tls_session *session, char *ret_text, size_t size)
{
    gnutls_alert_description_t alert = gnutls_alert_get(session->gnutls);

    if (session->first >= 'A' && session->first <= 'Z')
        (void)snprintf(ret_text, size, "plain HTTP was sent to the TLS port");
    else if (session->first != HANDSHAKE_RECORD)
        (void)snprintf(ret_text, size, "what was sent is not TLS");
    else if (complain_of_chain(session, ret_text, size))
        return;
    else if (alert != GNUTLS_A_CLOSE_NOTIFY)
        (void)snprintf(ret_text, size, "the client said: %s", gnutls_alert_get_name(alert));
    else if (session->has_hello && !session->has_agreed)
        (void)snprintf(ret_text, size,
                       "no version or cipher is known to both: TLS 1.2 or 1.3 is needed");
    else
        (void)snprintf(ret_text, size, "the client left, or did not go on");
}

/* Not more than one a second: whoever may connect could fill the log. Who sends nothing at all,
 * such as a probe of the port, is not worth a line. */
static void log_failed(struct tls *tls, const struct tls_session *session, const char *address)
{
    uint64_t now_ns = uv_hrtime();
    char reason[200];

    if (session->is_through || !session->has_received)
        return;
    tls->unlogged++;
    if (tls->logged_at_ns != 0 && now_ns - tls->logged_at_ns < LOG_EVERY_NS)
        return;
    write_reason(session, reason, sizeof(reason));
    log_event(LOG_INFO, "tls.failed", "a TLS handshake failed",
              LOG_TEXT_FIELD("address", bytes_of(address)),
              LOG_TEXT_FIELD("reason", bytes_of(reason)), LOG_INT_FIELD("count", tls->unlogged), );
    tls->logged_at_ns = now_ns;
    tls->unlogged = 0;
}

void tls_leave(struct tls *tls, struct tls_session *session, const char *address)
{
    if (session == NULL)
        return;
    log_failed(tls, session, address);
    session->credentials->uses--;
    free(session);
}

void tls_say_last(struct tls_session *session, struct bytes text)
{
    /* GnuTLS itself refuses to send while the handshake lasts. */
    if (gnutls_record_send(session->gnutls, text.at, text.len) > 0)
        (void)gnutls_bye(session->gnutls, GNUTLS_SHUT_WR);
}
