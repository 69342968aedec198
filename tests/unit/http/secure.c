/* Secure: a TLS client that shows a certificate or none, and the certificates for it. */
#include "secure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

enum { HANDSHAKE_MS = 5000 };

struct secure {
    gnutls_session_t session;
    gnutls_certificate_credentials_t x509;
    int fd;
    char serial[80];
};

static void write_pem(const char *folder, const char *name, const char *kind,
                      const gnutls_datum_t *pem)
{
    char path[300];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s.%s", folder, name, kind);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(pem->data, 1, pem->size, file), pem->size);
    assert_int_equal(fclose(file), 0);
}

static gnutls_datum_t read_pem(const char *folder, const char *name, const char *kind)
{
    gnutls_datum_t pem;
    char path[300];

    (void)snprintf(path, sizeof(path), "%s/%s.%s", folder, name, kind);
    assert_int_equal(gnutls_load_file(path, &pem), 0);
    return pem;
}

static void describe(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const char *name,
                     bool is_signer)
{
    unsigned char serial[8];

    assert_int_equal(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)), 0);
    serial[0] = 1;
    assert_int_equal(gnutls_x509_crt_set_version(cert, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(cert, serial, sizeof(serial)), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(cert, time(NULL) - 3600), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 86400), 0);
    assert_int_equal(gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                                   (unsigned)strlen(name)),
                     0);
    assert_int_equal(gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, "localhost", 9,
                                                          GNUTLS_FSAN_SET),
                     0);
    assert_int_equal(gnutls_x509_crt_set_basic_constraints(cert, is_signer, -1), 0);
    assert_int_equal(gnutls_x509_crt_set_key(cert, key), 0);
}

static void sign(gnutls_x509_crt_t cert, const char *folder, const char *signer)
{
    gnutls_datum_t cert_pem = read_pem(folder, signer, "crt");
    gnutls_datum_t key_pem = read_pem(folder, signer, "key");
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t issuer;

    assert_int_equal(gnutls_x509_crt_init(&issuer), 0);
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_crt_import(issuer, &cert_pem, GNUTLS_X509_FMT_PEM), 0);
    assert_int_equal(gnutls_x509_privkey_import(key, &key_pem, GNUTLS_X509_FMT_PEM), 0);
    assert_int_equal(gnutls_x509_crt_sign2(cert, issuer, key, GNUTLS_DIG_SHA256, 0), 0);
    gnutls_x509_crt_deinit(issuer);
    gnutls_x509_privkey_deinit(key);
    gnutls_free(cert_pem.data);
    gnutls_free(key_pem.data);
}

void secure_make_certificate(const char *folder, const char *name, const char *signer)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
    gnutls_datum_t pem;

    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    assert_int_equal(gnutls_x509_crt_init(&cert), 0);
    describe(cert, key, name, signer == NULL);
    assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_pem(folder, name, "key", &pem);
    gnutls_free(pem.data);
    if (signer != NULL)
        sign(cert, folder, signer);
    else
        assert_int_equal(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
    assert_int_equal(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_pem(folder, name, "crt", &pem);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(cert);
    gnutls_x509_privkey_deinit(key);
}

static void read_serial(struct secure *secure)
{
    unsigned len = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(secure->session, &len);
    gnutls_x509_crt_t cert;
    unsigned char bytes[20];
    size_t bytes_len = sizeof(bytes);

    assert_true(peers != NULL && len > 0);
    assert_int_equal(gnutls_x509_crt_init(&cert), 0);
    assert_int_equal(gnutls_x509_crt_import(cert, &peers[0], GNUTLS_X509_FMT_DER), 0);
    assert_int_equal(gnutls_x509_crt_get_serial(cert, bytes, &bytes_len), 0);
    for (size_t i = 0; i < bytes_len; i++)
        (void)snprintf(secure->serial + 2 * i, 3, "%02x", bytes[i]);
    gnutls_x509_crt_deinit(cert);
}

struct secure *secure_open(struct harness *harness, const struct secure_options *options)
{
    static const gnutls_datum_t protocol = {(unsigned char *)(uintptr_t) "http/1.1", 8};
    struct secure *secure = calloc(1, sizeof(*secure));
    int result;

    secure->fd = client_open(harness);
    assert_int_equal(gnutls_init(&secure->session, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_certificate_allocate_credentials(&secure->x509), 0);
    if (options->ca != NULL) {
        assert_int_equal(
            gnutls_certificate_set_x509_trust_file(secure->x509, options->ca, GNUTLS_X509_FMT_PEM),
            1);
        gnutls_session_set_verify_cert(secure->session, "localhost", 0);
    }
    if (options->cert != NULL)
        assert_int_equal(gnutls_certificate_set_x509_key_file(secure->x509, options->cert,
                                                              options->key, GNUTLS_X509_FMT_PEM),
                         0);
    assert_int_equal(
        gnutls_priority_set_direct(
            secure->session, options->priorities != NULL ? options->priorities : "NORMAL", NULL),
        0);
    assert_int_equal(gnutls_credentials_set(secure->session, GNUTLS_CRD_CERTIFICATE, secure->x509),
                     0);
    assert_int_equal(gnutls_alpn_set_protocols(secure->session, &protocol, 1, 0), 0);
    gnutls_transport_set_int(secure->session, secure->fd);
    gnutls_handshake_set_timeout(secure->session, HANDSHAKE_MS);
    gnutls_record_set_timeout(secure->session, HANDSHAKE_MS);
    do
        result = gnutls_handshake(secure->session);
    while (result < 0 && gnutls_error_is_fatal(result) == 0);
    if (result < 0) {
        secure_close(secure);
        return NULL;
    }
    read_serial(secure);
    return secure;
}

static ssize_t pull_nothing(gnutls_transport_ptr_t ctx, void *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    errno = EAGAIN;
    return -1;
}

void secure_leave_early(struct harness *harness)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    gnutls_certificate_credentials_t x509;
    gnutls_session_t session;
    int fd = client_open(harness);

    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
    assert_int_equal(gnutls_certificate_allocate_credentials(&x509), 0);
    assert_int_equal(gnutls_set_default_priority(session), 0);
    assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, x509), 0);
    gnutls_transport_set_int(session, fd);
    gnutls_transport_set_pull_function(session, pull_nothing);
    assert_int_equal(gnutls_handshake(session), GNUTLS_E_AGAIN);
    (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, HANDSHAKE_MS);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(x509);
    client_close(fd);
}

void secure_send(struct secure *secure, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = gnutls_record_send(secure->session, bytes, len);

        if (sent <= 0)
            return; /* the answer tells */
        bytes += sent;
        len -= (size_t)sent;
    }
}

void secure_say(struct secure *secure, const char *text)
{
    secure_send(secure, text, strlen(text));
}

static bool read_secure(void *ctx, char *ret_byte)
{
    struct secure *secure = ctx;
    ssize_t result;

    do
        result = gnutls_record_recv(secure->session, ret_byte, 1);
    while (result == GNUTLS_E_INTERRUPTED);
    return result == 1;
}

struct answer secure_read(struct secure *secure, bool is_head_only)
{
    return client_read_by(read_secure, secure, is_head_only);
}

int secure_fd(const struct secure *secure)
{
    return secure->fd;
}

const char *secure_serial(const struct secure *secure)
{
    return secure->serial;
}

bool secure_has_alpn(const struct secure *secure, const char *name)
{
    gnutls_datum_t protocol;

    return gnutls_alpn_get_selected_protocol(secure->session, &protocol) == 0 &&
           protocol.size == strlen(name) && memcmp(protocol.data, name, protocol.size) == 0;
}

void secure_close(struct secure *secure)
{
    if (secure == NULL)
        return;
    (void)gnutls_bye(secure->session, GNUTLS_SHUT_WR);
    gnutls_deinit(secure->session);
    gnutls_certificate_free_credentials(secure->x509);
    client_close(secure->fd);
    free(secure);
}

struct answer secure_ask(struct harness *harness, const struct secure_options *options,
                         const char *text)
{
    struct secure *secure = secure_open(harness, options);
    struct answer answer = {.status = 0};

    if (secure == NULL)
        return answer;
    secure_say(secure, text);
    answer = secure_read(secure, false);
    secure_close(secure);
    return answer;
}
