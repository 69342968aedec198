/* Resolve shim: preloaded into a broker, it answers name look-ups from a file instead of the
 * network, and lets TLS trust a CA of the test. Names that are not in the file do not exist.
 *
 * RESOLVE_SHIM is the file; its lines are "NAME ANSWER", where ANSWER is addresses joined by
 * commas, several such lists joined by "|" for look-up after look-up (the last stays), "none",
 * "hang" (30 s, then none), or "many" (500 addresses within 127.7.0.0/16). Each look-up adds a line
 * "NAME" to RESOLVE_SHIM.log when it begins, and "-NAME" when it ends. RESOLVE_SHIM_CA is the file
 * of CAs that is trusted in place of the system's. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HANG_S       30
#define MANY         500
#define ANSWER_MAX   4096
#define NAME_MAX_LEN 256

typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef int trust_file(void *, const char *, int);

static void note(const char *mark, const char *name)
{
    char path[1024], line[NAME_MAX_LEN + 8];
    int n = snprintf(path, sizeof path, "%s.log", getenv("RESOLVE_SHIM"));
    int fd =
        n < (int)sizeof path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

    if (fd < 0)
        return;
    n = snprintf(line, sizeof line, "%s%.255s\n", mark, name);
    if (write(fd, line, (size_t)n) != n)
        fprintf(stderr, "resolve shim: cannot write %s\n", path);
    close(fd);
}

/* The rest of the file's first line that is this word and a blank, or how many lines are this word
 * alone. */
static bool find(const char *path, const char *word, char answer[ANSWER_MAX], unsigned *ret_same)
{
    char line[ANSWER_MAX + NAME_MAX_LEN];
    FILE *file = fopen(path, "re");
    size_t len = strlen(word);
    bool found = false;

    *ret_same = 0;
    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncasecmp(line, word, len) != 0)
            continue;
        *ret_same += line[len] == '\n';
        found = line[len] == ' ';
        if (found)
            snprintf(answer, ANSWER_MAX, "%.*s", (int)strcspn(line + len + 1, "\n"),
                     line + len + 1);
    }
    if (file)
        fclose(file);
    return found;
}

/* The answer for a name, and how often it was asked for before: by this process or another. */
static bool find_name(const char *name, char answer[ANSWER_MAX], unsigned *ret_asked)
{
    char path[1024];
    unsigned none;

    snprintf(path, sizeof path, "%s.log", getenv("RESOLVE_SHIM"));
    (void)find(path, name, answer, ret_asked);
    return find(getenv("RESOLVE_SHIM"), name, answer, &none);
}

static int add(const char *address, const char *service, const struct addrinfo *hints,
               struct addrinfo **list)
{
    look_up *real = (look_up *)dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo numeric = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *one = NULL;

    if (hints)
        numeric = *hints;
    numeric.ai_flags = AI_NUMERICHOST;
    if (real(address, service, &numeric, &one) != 0)
        return EAI_NONAME; /* of a family that was not asked for */
    while (*list)
        list = &(*list)->ai_next;
    *list = one;
    return 0;
}

static int add_all(char *addresses, const char *service, const struct addrinfo *hints,
                   struct addrinfo **ret_list)
{
    char text[INET_ADDRSTRLEN], *rest = NULL;

    *ret_list = NULL;
    if (strcmp(addresses, "many") == 0) {
        for (int i = 0; i < MANY; i++) {
            snprintf(text, sizeof text, "127.7.%d.%d", i / 250, 1 + i % 250);
            (void)add(text, service, hints, ret_list);
        }
    } else {
        for (char *one = strtok_r(addresses, ",", &rest); one; one = strtok_r(NULL, ",", &rest))
            (void)add(one, service, hints, ret_list);
    }
    return *ret_list ? 0 : EAI_NONAME;
}

static int answer_from_file(const char *name, const char *service, const struct addrinfo *hints,
                            struct addrinfo **ret_list)
{
    char answer[ANSWER_MAX], *rest = NULL;
    unsigned asked = 0;

    if (!find_name(name, answer, &asked) || strcmp(answer, "none") == 0)
        return EAI_NONAME;
    if (strcmp(answer, "hang") == 0) {
        nanosleep(&(struct timespec){.tv_sec = HANG_S}, NULL);
        return EAI_NONAME;
    }
    char *list = strtok_r(answer, "|", &rest);
    for (char *next; asked > 1 && (next = strtok_r(NULL, "|", &rest)); asked--)
        list = next;
    return add_all(list, service, hints, ret_list);
}

static bool is_numeric(const char *name)
{
    struct in6_addr address;

    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_list)
{
    look_up *real = (look_up *)dlsym(RTLD_NEXT, "getaddrinfo");

    if (!getenv("RESOLVE_SHIM") || !name || is_numeric(name))
        return real(name, service, hints, ret_list);
    note("", name);
    int result = answer_from_file(name, service, hints, ret_list);
    note("-", name);
    return result;
}

static int trust(const char *name, void *credentials, const char *path, int format)
{
    const char *instead = getenv("RESOLVE_SHIM_CA");
    trust_file *real =
        (trust_file *)dlsym(RTLD_NEXT, instead ? "gnutls_certificate_set_x509_trust_file" : name);

    return real(credentials, instead ? instead : path, format);
}

/* GnuTLS's, which libcurl calls with the system's folder or file. */
int gnutls_certificate_set_x509_trust_dir(void *credentials, const char *path, int format)
{
    return trust("gnutls_certificate_set_x509_trust_dir", credentials, path, format);
}

int gnutls_certificate_set_x509_trust_file(void *credentials, const char *path, int format)
{
    return trust("gnutls_certificate_set_x509_trust_file", credentials, path, format);
}
