/* Trust: which brokers a client believes over TLS, and the certificate that it shows them. */
#include "trust.h"

#include "exit_code.h"
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What other programs of the machine go by; the first that can be read counts. */
static const char *const foreign_ca_files[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};

static const char *ca_file_of(const struct options *options)
{
    const char *file = options_text(options, "ca-file");

    for (size_t i = 0; file == NULL && i < ARRAY_LEN(foreign_ca_files); i++) {
        file = getenv(foreign_ca_files[i]);
        if (file != NULL && access(file, R_OK) != 0)
            file = NULL;
    }
    return file;
}

/* libcurl's own words for this name neither the file nor the reason. */
static bool is_readable(const char *what, const char *file)
{
    if (file == NULL || access(file, R_OK) == 0)
        return true;
    message_error("%s: cannot read %s: %s", what, file, strerror(errno));
    return false;
}

int trust_of(const struct options *options, struct trust *ret_trust)
{
    struct trust trust = {
        .ca_file = ca_file_of(options),
        .cert_file = options_text(options, "cert-file"),
        .key_file = options_text(options, "key-file"),
        .believes_any = options_has(options, "insecure"),
    };

    if (trust.key_file != NULL && trust.cert_file == NULL) {
        message_error("--key-file goes with --cert-file");
        return EXIT_CODE_USAGE;
    }
    if (!is_readable("the authorities' certificates", trust.ca_file) ||
        !is_readable("--cert-file", trust.cert_file) || !is_readable("--key-file", trust.key_file))
        return EXIT_CODE_FAILURE;
    if (trust.believes_any)
        message_note("--insecure: nobody checks that this broker is the one you mean.");
    *ret_trust = trust;
    return EXIT_CODE_OK;
}

static void hand_on(const char *name, const char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
}

void trust_hand_on(const struct trust *trust)
{
    hand_on("SLUICE_CA_FILE", trust->ca_file);
    hand_on("SLUICE_CERT_FILE", trust->cert_file);
    hand_on("SLUICE_KEY_FILE", trust->key_file);
}

const char *trust_advice(const struct trust *trust, enum trust_failure failure)
{
    switch (failure) {
    case TRUST_NOT_SIGNED:
        return "The broker's certificate is signed by nobody this machine trusts, or is not valid "
               "now: give its authority's certificate with --ca-file FILE (SLUICE_CA_FILE).";
    case TRUST_OTHER_NAME:
        return "The broker's certificate is for another host: use a name in --url that stands in "
               "it.";
    case TRUST_WAS_REFUSED:
        return trust->cert_file == NULL
                   ? "If this broker wants clients to show a certificate (--tls-client-ca): "
                     "--cert-file and --key-file (SLUICE_CERT_FILE, SLUICE_KEY_FILE) give one."
                   : "The broker does not take the certificate of --cert-file; is it signed by "
                     "its --tls-client-ca?";
    case TRUST_BAD_FILES:
        return "--cert-file and --key-file take PEM files; the key may stand in the certificate's.";
    case TRUST_NO_TLS:
        return "Does this broker serve with TLS? If not, its address begins with http://. If it "
               "does, it may want a client's certificate: --cert-file and --key-file.";
    case TRUST_HELD:
    default:
        return NULL;
    }
}
