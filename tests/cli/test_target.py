"""Which broker and which part of it commands talk to: namespaces, TLS, and what they may hold."""

import json
import os
import re
import subprocess

from fake_broker import problem, reply
from harness import contains, equal, test
from test_real import RealBroker

ID = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"


# ---- namespaces ----

@test
def a_namespace_stands_in_the_path_of_every_command_that_is_about_one(bench):
    for words, env in ((("--ns", "team-a"), {}), ((), {"SLUICE_NS": "team-a"})):
        for command in (["queue", "list"], ["queue", "show", "q"], ["queue", "pause", "q"], ["queue", "resume", "q"],
                        ["task", "list"], ["task", "show", ID], ["task", "result", ID], ["task", "cancel", ID],
                        ["task", "retry", ID], ["worker", "list"], ["wait", ID], ["submit", "x"], ["audit"]):
            bench.broker.requests.clear()
            bench.run(*command, *words, **env)
            paths = [request.path for request in bench.broker.requests]
            assert paths and all(path.startswith("/v1/ns/team-a/") for path in paths), (command, paths)


@test
def what_lies_in_no_namespace_is_asked_without_one(bench):
    for command in (["namespace", "list"], ["token", "list"], ["whoami"], ["audit", "verify"], ["version", "--server"],
                    ["health"]):
        bench.broker.requests.clear()
        bench.run(*command, SLUICE_NS="team-a")
        paths = [request.path for request in bench.broker.requests]
        assert paths and not any("/ns/" in path for path in paths), (command, paths)
    equal(bench.run("task", "list", "--ns", "a/b")[0], 64)
    equal(bench.run("task", "list", SLUICE_NS="a b")[0], 64)


@test
def a_token_of_several_namespaces_is_told_the_option(bench):
    bench.broker.answers["GET", "/v1/tasks"] = lambda _: problem(
        403, "forbidden", "this token is for several namespaces: say which, as in /v1/ns/NAME/…")
    code, _, err = bench.run("task", "list")
    equal(code, 5)
    contains(err, "--ns NAME")


@test
def namespaces_work_with_the_real_broker(bench):
    broker = RealBroker(bench)
    broker.work('echo "$SLUICE_NS $SLUICE_URL"', "--ns", "team-a", SLUICE_NS="team-b")
    code, out, err = broker.run("submit", "--queue", "q", "--ns", "team-a", "--wait=20")
    equal((code, out), (0, "team-a %s\n" % broker.url))
    task = err.split()[1]
    equal(broker.run("wait", task, "--ns", "team-a")[:2], (0, task + " succeeded\n"))
    equal(broker.run("task", "show", task)[0], 3)
    equal(broker.run("task", "list", "-q")[1], "")
    equal(broker.run("task", "list", "-q", SLUICE_NS="team-a")[1], task + "\n")
    contains(broker.run("worker", "list", "--ns", "team-a")[1], '["q"]')
    contains(broker.run("namespace", "list")[1], "team-a")
    boss, both = bench.path("boss"), bench.path("both")
    equal(broker.run("token", "create", "--role", "admin", "--out", boss)[0], 0)
    equal(broker.run("token", "create", "--role", "submitter", "--ns", "team-a,team-b", "--out", both,
                     "--token-file", boss)[0], 0)
    code, _, err = broker.run("submit", "--token-file", both)
    equal(code, 5)
    contains(err, "--ns NAME")
    equal(broker.run("submit", "--token-file", both, "--ns", "team-b")[0], 0)


@test
def a_worker_keeps_its_token_to_itself_when_told_to(bench):
    for name in ("token", "cert"):
        with open(bench.path(name), "w", encoding="ascii") as file:
            file.write("s3cret-word\n")
    for words, seen in (((), b"%s|%s\n" % (bench.path("token").encode(), bench.path("cert").encode())),
                        (("--no-token",), b"|\n")):
        lease = bench.broker.offer()
        worker = bench.work('echo "$SLUICE_TOKEN_FILE|$SLUICE_CERT_FILE"', "--max-tasks", "1", *words,
                            env={"SLUICE_TOKEN_FILE": bench.path("token"), "SLUICE_CERT_FILE": bench.path("cert")})
        equal(bench.broker.outcome(lease)[2], seen)
        equal(worker.wait(10), 0)
    equal(bench.broker.asked("POST", "/v1/workers")[-1].headers["Authorization"], "Bearer s3cret-word")


# ---- TLS ----

def openssl(bench, *words):
    subprocess.run(["openssl", *words], capture_output=True, check=True, cwd=bench.folder)


def certificates(bench):
    """An authority, and certificates by it of a server at 127.0.0.1, of one elsewhere, and of a client."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(bench, "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2")
    for name, place in (("server", "IP:127.0.0.1"), ("elsewhere", "DNS:other.example"), ("client", "DNS:client")):
        with open(bench.path(name + ".ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=" + place)
        openssl(bench, "req", *curve, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        openssl(bench, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", name + ".pem", "-days", "2", "-extfile", name + ".ext")


def tls_broker(bench, server, *words):
    certificates(bench)
    return RealBroker(bench, "127.0.0.1:0", "--tls-cert", bench.path(server + ".pem"), "--tls-key",
                      bench.path(server + ".key"), *words, scheme="https")


@test
def a_broker_is_believed_by_its_authority(bench):
    broker = tls_broker(bench, "server")
    ca = bench.path("ca.pem")
    code, _, err = broker.run("queue", "list")
    equal(code, 6)
    contains(err, "--ca-file FILE (SLUICE_CA_FILE)")
    equal(broker.run("queue", "list", "--ca-file", ca)[0], 0)
    for name in ("SLUICE_CA_FILE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        equal((name, broker.run("queue", "list", **{name: ca})[0]), (name, 0))
    code, _, err = broker.run("queue", "list", "--insecure")
    equal(code, 0)
    contains(err, "--insecure: nobody checks")
    code, _, err = broker.run("queue", "list", "--ca-file", bench.path("none"))
    equal(code, 1)
    contains(err, bench.path("none") + ": No such file")
    lease = broker.run("submit", "--queue", "q", "--ca-file", ca)[1]
    broker.work('%s wait "$TASK_ID" --timeout 0; [ $? = 9 ]' % bench.binary, "--ca-file", ca)
    equal(broker.run("wait", lease.strip(), "--timeout", "20", "--ca-file", ca)[0], 0)


@test
def a_certificate_of_another_host_is_told_from_one_of_nobody(bench):
    broker = tls_broker(bench, "elsewhere")
    code, _, err = broker.run("queue", "list", "--ca-file", bench.path("ca.pem"))
    equal(code, 6)
    contains(err, "is for another host")
    assert "--ca-file" not in err, err


@test
def plain_http_is_told_from_a_certificate_that_is_wanted(bench):
    broker = RealBroker(bench)
    code, _, err = broker.run("queue", "list", SLUICE_URL=broker.url.replace("http:", "https:"))
    equal(code, 6)
    contains(err, "its address begins with http://")


@test
def a_client_shows_its_certificate(bench):
    certificates(bench)
    broker = tls_broker(bench, "server", "--tls-client-ca", bench.path("ca.pem"))
    trust = {"SLUICE_CA_FILE": bench.path("ca.pem")}
    own = ["--cert-file", bench.path("client.pem"), "--key-file", bench.path("client.key")]
    code, _, err = broker.run("queue", "list", **trust)
    equal(code, 6)
    contains(err, "--cert-file and --key-file (SLUICE_CERT_FILE, SLUICE_KEY_FILE)")
    equal(broker.run("queue", "list", *own, **trust)[0], 0)
    with open(bench.path("both.pem"), "wb") as both:
        for name in ("client.pem", "client.key"):
            with open(bench.path(name), "rb") as file:
                both.write(file.read())
    equal(broker.run("queue", "list", "--cert-file", bench.path("both.pem"), **trust)[0], 0)
    equal(broker.run("queue", "list", *own[2:], **trust)[0], 64)
    code, _, err = broker.run("queue", "list", "--cert-file", bench.path("client.pem"), **trust)
    equal(code, 6)
    contains(err, "PEM")


@test
def health_beside_a_broker_that_wants_certificates(bench):
    certificates(bench)
    broker = tls_broker(bench, "server", "--tls-client-ca", bench.path("ca.pem"), "--health-listen", "127.0.0.1:0",
                        "--allowed-hosts", "broker.example")
    with open(broker.log, encoding="utf-8") as log:
        port = json.loads([line for line in log if '"broker.ready"' in line][0])["health_port"]
    beside = {"SLUICE_URL": "", "SLUICE_LISTEN": "127.0.0.1:%d" % broker.port, "SLUICE_TLS_CERT": "cert",
              "SLUICE_TLS_CLIENT_CA": "ca"}
    code, _, err = broker.run("health", **beside)
    equal(code, 6)
    contains(err, "SLUICE_HEALTH_LISTEN")
    equal(broker.run("health", SLUICE_HEALTH_LISTEN="127.0.0.1:%d" % port, **beside), (0, "ready\n", ""))
    own = {"SLUICE_CERT_FILE": bench.path("client.pem"), "SLUICE_KEY_FILE": bench.path("client.key")}
    equal(broker.run("health", **own, **beside), (0, "ready\n", ""))


# ---- what namespaces may hold ----

@test
def a_namespace_keeps_the_limits_that_are_not_named(bench):
    broker = RealBroker(bench)

    def quotas(*words):
        code, out, err = broker.run("namespace", "set", "team-a", "--json", *words)
        equal((code, err), (0, ""))
        shown = json.loads(out)
        return [shown[name] for name in ("pending_limit", "bytes_limit", "queues_limit", "rate")]

    rate = {"units": 50, "period_s": 1, "burst": 50}
    equal(quotas("--pending", "10", "--bytes", "1MiB", "--rate", "50"), [10, 1048576, None, rate])
    equal(quotas(), [10, 1048576, None, rate])
    equal(quotas("--queues", "3", "--pending", "0"), [0, 1048576, 3, rate])
    equal(quotas("--per", "10s"), [0, 1048576, 3, {**rate, "period_s": 10}])
    equal(quotas("--rate", "60"), [0, 1048576, 3, {"units": 60, "period_s": 10, "burst": 60}])
    equal(quotas("--burst", "90"), [0, 1048576, 3, {"units": 60, "period_s": 10, "burst": 90}])
    equal(quotas("--bytes", "none", "--rate", "70"), [0, None, 3, {"units": 70, "period_s": 10, "burst": 90}])
    out = broker.run("namespace", "show", "team-a")[1]
    assert re.search(r"^bytes_limit +no limit$", out, re.M), out
    row = broker.run("namespace", "list")[1].splitlines()[-1].split()
    equal(row[5:], ["0", "0", "0/3", "70/10s", "0", "team-a"])
    equal(quotas("--rate", "none"), [0, None, 3, None])
    equal(quotas("--reset", "--bytes", "5"), [None, 5, None, None])
    for words in (["--pending", "-1"], ["--bytes", "much"], ["--rate", "0"], ["--burst", "5"], ["--per", "2s"]):
        equal(broker.run("namespace", "set", "team-a", *words)[0], 64)


@test
def a_limit_keeps_the_settings_that_are_not_named(bench):
    broker = RealBroker(bench)

    def settings(*words):
        code, out, err = broker.run("limit", "set", "customer:*", "--json", *words)
        equal((code, err), (0, ""))
        shown = json.loads(out)
        return [shown[name] for name in ("max_running", "rate", "over")]

    rate = {"units": 50, "period_s": 60, "burst": 50}
    equal(settings("--max-running", "2", "--over", "reject"), [2, None, "reject"])
    equal(settings("--rate", "50", "--per", "1m"), [2, rate, "reject"])
    equal(settings("--max-running", "none", "--over", "cancel_oldest"), [None, rate, "cancel_oldest"])
    equal(settings("--max-running", "0"), [0, rate, "cancel_oldest"])
    row = broker.run("limit", "list")[1].splitlines()[-1].split()
    equal(row[-4:], ["0", "50/60s", "cancel_oldest", "customer:*"])
    assert re.search(r"^names +0$", broker.run("limit", "show", "customer:*")[1], re.M)
    equal(settings("--reset", "--rate", "1"), [None, {"units": 1, "period_s": 1, "burst": 1}, "queue"])
    equal(settings("--rate", "none"), [None, None, "queue"])
    for words in (["--max-running", "-1"], ["--max-running", "x"], ["--rate", "0"], ["--burst", "5"]):
        equal(broker.run("limit", "set", "customer:*", *words)[0], 64)
    contains(broker.run("limit", "set", "customer:*", "--over", "x")[2], "cancel_oldest")
    equal(broker.run("limit", "delete", "customer:*"), (0, "customer:* deleted\n", ""))
    contains(broker.run("limit", "show", "customer:*")[2], "there is no limit customer:*")
    contains(broker.run("limit", "set", "a*b")[2], "one * behind")


@test
def a_change_in_between_is_not_undone(bench):
    path = "/v1/namespaces/t"
    versions = [1, 2]

    def put(request):
        if request.headers["If-Match"] == '"1"':
            return problem(412, "precondition", "it was changed meanwhile")
        return reply(200, request.json())

    bench.broker.answers["GET", path] = lambda _: reply(200, {"version": versions.pop(0), "pending_limit": len(versions)})
    bench.broker.answers["PUT", path] = put
    equal(bench.run("namespace", "set", "t", "--queues", "3")[0], 0)
    asked = bench.broker.asked("PUT", path)
    equal([request.headers["If-Match"] for request in asked], ['"1"', '"2"'])
    equal(asked[1].json(), {"pending_limit": 0, "bytes_limit": None, "queues_limit": 3, "rate": None})


# ---- what is said ----

@test
def a_limit_has_an_exit_code_of_its_own_and_says_when(bench):
    bench.broker.answers["POST", "/v1/tasks"] = lambda _: problem(429, "rate_limited", "too many", {"Retry-After": "90"})
    code, _, err = bench.run("submit")
    equal(code, 10)
    contains(err, "Try again in 90s.")


@test
def times_say_what_they_take(bench):
    for text, part in (("5x", "30s, 5m, 2h, 7d, 2w or 1y"), ("2d", "from 1ms to 1h")):
        code, _, err = bench.run("health", "--timeout", text)
        equal(code, 64)
        contains(err, part)
    bench.broker.answers["POST", "/v1/queues/q/pause"] = lambda _: reply(200, {})
    for text, seconds in (("2w", 14 * 86400), ("1.5y", 1.5 * 365 * 86400), ("7d", 7 * 86400)):
        equal(bench.run("queue", "pause", "q", "--for", text)[0], 0)
        equal(bench.broker.asked("POST", "/v1/queues/q/pause")[-1].json(), {"for_s": seconds})


@test
def columns_of_the_help_stand_apart(bench):
    for words in (["--help"], ["namespace", "--help"], ["token", "--help"]):
        for line in bench.run(*words)[1].splitlines():
            if line.startswith("  "):
                assert re.match(r"  [a-z]+( [a-z-]+)?  +[A-Z]", line), line
