"""Certificates and what goes in the clear; and the look at all of it that starts nothing."""

import os
import shutil
import socket
import ssl
import subprocess
import time

from harness import ask, contains, equal, free_port, log_lines, refused, until
from others import ADMIN, hang_up, token_file, write


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    equal(done.returncode, 0, done.stderr)


def certificate(folder, name):
    """A self-signed certificate and its key."""
    cert, key = (os.path.join(folder, name + end) for end in (".crt", ".key"))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert)
    return cert, key


def trusting(cert):
    return ssl.create_default_context(cafile=cert)


def addresses_in_the_clear_are_named(bench):
    cert, key = certificate(bench.folder(), "a")
    port = free_port()
    broker = bench.broker("--token-file", token_file(bench), "--health-listen", f"0.0.0.0:{port}", "--tls-cert", cert,
                          "--tls-key", key, host="0.0.0.0", tls=trusting(cert)).start()
    lines = log_lines(broker, "broker.plain")
    equal([(line.get("listen"), line.get("health_listen")) for line in lines], [(None, f"0.0.0.0:{port}")])
    both = ("--listen", "0.0.0.0:0", "--tls-cert", cert, "--tls-key", key, "--require-tls")
    refused(bench.run("serve", *both, "--health-listen", f"0.0.0.0:{port}"), 78, "health_listen is plain HTTP")


def certificates_are_served_and_read_again(bench):
    folder = bench.folder()
    first, second = (certificate(folder, name) for name in ("first", "second"))
    cert, key = os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key")

    def install(pair):
        shutil.copy(pair[0], cert)
        shutil.copy(pair[1], key)

    install(first)
    broker = bench.broker("--token-file", token_file(bench), "--tls-cert", cert, "--tls-key", key, host="0.0.0.0",
                          tls=trusting(first[0])).start()
    equal(ask(broker, "GET", "/v1/stats", token=ADMIN)[0], 200)
    equal(log_lines(broker, "broker.plain"), [])
    equal(log_lines(broker, "broker.ready")[0]["scheme"], "https")

    install(second)
    line = hang_up(broker, "config.reloaded")
    while line["file"] != cert:
        until(lambda: log_lines(broker, "config.reloaded")[-1]["file"] == cert)
        line = log_lines(broker, "config.reloaded")[-1]
    equal(line["msg"], "the TLS files were read again")
    equal("tls" in line, False)
    contains(line["key_modified_at"], "Z")
    equal(broker.probe("/livez"), None)
    broker.tls = trusting(second[0])
    equal(ask(broker, "GET", "/v1/stats", token=ADMIN)[0], 200)

    write(cert, "no certificate")
    before = len(log_lines(broker, "config.reloaded"))
    line = hang_up(broker, "config.not_reloaded")
    equal((line["where"], line["file"]), ("tls_cert", cert))
    equal(ask(broker, "GET", "/v1/stats", token=ADMIN)[0], 200)
    equal([line["file"] == cert for line in log_lines(broker, "config.reloaded")[before:]], [False])
    noted = ask(broker, "GET", "/v1/audit?action=config.reloaded,config.not_reloaded", token=ADMIN)[1]["items"]
    equal([(note["action"], note["object"]) for note in noted],
          [("config.reloaded", "token_file"), ("config.reloaded", "tls_cert"), ("config.reloaded", "token_file"),
           ("config.not_reloaded", "tls_cert")])


def keys_that_all_may_read_are_warned_of(bench):
    cert, key = certificate(bench.folder(), "a")
    os.chmod(key, 0o640)
    broker = bench.broker("--tls-cert", cert, "--tls-key", key, tls=trusting(cert)).start()
    equal(log_lines(broker, "tls.key_readable"), [])
    os.chmod(key, 0o644)
    line = hang_up(broker, "tls.key_readable")
    equal(line["file"], key)
    contains(line["msg"], "chmod")


def failed_handshakes_are_told_once_a_second(bench):
    server, stranger = (certificate(bench.folder(), name) for name in ("server", "stranger"))
    broker = bench.broker("--tls-cert", server[0], "--tls-key", server[1], "--tls-client-ca", server[0])
    broker.tls = trusting(server[0])
    broker.tls.load_cert_chain(*server)
    broker.start()

    def reason_after(act):
        time.sleep(1.1)
        before = len(log_lines(broker, "tls.failed"))
        act()
        until(lambda: len(log_lines(broker, "tls.failed")) > before)
        line = log_lines(broker, "tls.failed")[-1]
        equal((line["address"], line["level"]), ("127.0.0.1", "info"))
        return line["reason"]

    def send(data):
        with socket.create_connection(("127.0.0.1", broker.port), timeout=5) as raw:
            raw.sendall(data)
            raw.settimeout(5)
            try:
                raw.recv(100)
            except OSError:
                pass

    def greet(context):
        broker.tls = context
        broker.probe("/livez")

    shown = trusting(server[0])
    shown.load_cert_chain(*stranger)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(server[0])
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES256-SHA256")
    contains(reason_after(lambda: send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")), "plain HTTP")
    contains(reason_after(lambda: send(b"\x00\x01\x02\x03\x04\x05\x06\x07")), "not TLS")
    contains(reason_after(lambda: greet(trusting(server[0]))), "showed no certificate")
    contains(reason_after(lambda: greet(shown)), "the client's certificate: ")
    contains(reason_after(lambda: greet(old)), "TLS 1.2 or 1.3 is needed")
    wary = ssl.create_default_context()
    wary.load_cert_chain(*server)
    wary.maximum_version = ssl.TLSVersion.TLSv1_2
    contains(reason_after(lambda: greet(wary)), "the client said: ")
    before = len(log_lines(broker, "tls.failed"))
    for _ in range(30):
        send(b"GET / HTTP/1.0\r\n\r\n")
    reason_after(lambda: send(b"GET / HTTP/1.0\r\n\r\n"))
    lines = log_lines(broker, "tls.failed")[before:]
    equal(len(lines) < 10, True, f"{len(lines)} lines")
    equal(sum(line["count"] for line in lines), 31)


def clients_show_a_certificate_where_that_is_asked(bench):
    folder = bench.folder()
    server, client, stranger = (certificate(folder, name) for name in ("server", "client", "stranger"))
    known = trusting(server[0])
    known.load_cert_chain(*client)
    broker = bench.broker("--token-file", token_file(bench), "--tls-cert", server[0], "--tls-key", server[1],
                          "--tls-client-ca", client[0], tls=known).start()
    equal(ask(broker, "GET", "/v1/stats", token=ADMIN)[0], 200)
    equal(ask(broker, "GET", "/v1/stats")[0], 401)
    for pair in (None, stranger):
        broker.tls = trusting(server[0])
        if pair is not None:
            broker.tls.load_cert_chain(*pair)
        equal(broker.probe("/livez"), None)


def tls_settings_that_cannot_be_served_are_refused(bench):
    folder = bench.folder()
    cert, key = certificate(folder, "a")
    _, other = certificate(folder, "b")
    data = ("--data", os.path.join(folder, "data"), "--listen", f"127.0.0.1:{free_port()}")
    refused(bench.run("serve", *data, "--tls-cert", cert), 78, "tls_key")
    refused(bench.run("serve", *data, "--tls-cert", "/nowhere/crt", "--tls-key", key), 78, "/nowhere/crt")
    refused(bench.run("serve", *data, "--tls-cert", cert, "--tls-key", other), 78, "tls_")
    refused(bench.run("serve", "--listen", f"0.0.0.0:{free_port()}", "--require-tls"), 78, "require_tls")


# ---- looking without a start ----

def a_check_refuses_what_serve_would(bench):
    folder = bench.folder()
    cert, key = certificate(folder, "a")
    _, other = certificate(folder, "b")
    good, bad = token_file(bench), token_file(bench, f"{ADMIN} chief\n")
    place = ("--data", os.path.join(folder, "data"))
    outside = ("--listen", "0.0.0.0:8443")

    def check(*words):
        return bench.run("config", "check", *(words if "--data" in words else (*place, *words)))

    done = check(*outside, "--token-file", good, "--tls-cert", cert, "--tls-key", key, "--tls-client-ca", cert)
    equal((done.returncode, done.stdout, done.stderr), (0, "", ""))
    refused(check("--token-file", bad), 78, f"{bad}:1: ")
    refused(check("--token-file", "/nowhere/tokens"), 78, "No such file")
    refused(check(*outside), 78, "there is no access token")
    refused(check("--tls-cert", cert, "--tls-key", other), 78, "tls_key")
    refused(check("--tls-cert", cert, "--tls-key", key, "--tls-client-ca", key), 78, "tls_client_ca")
    refused(check("--data", cert), 78, "is not a folder")
    refused(check("--data", os.path.join(cert, "data")), 78, "data: ")
    done = check("--token-file", bad, "--tls-cert", "/nowhere/crt", "--tls-key", key)
    refused(done, 78, f"{bad}:1: ")
    contains(done.stderr, "/nowhere/crt")
    equal(os.path.exists(place[1]), False, "nothing was made")
    expired = check("--token-file", token_file(bench, f"{ADMIN} admin expires=2020-01-01T00:00:00Z\n"))
    equal(expired.returncode, 0)
    contains(expired.stderr, "all tokens have expired")


def a_check_says_what_it_cannot_know(bench):
    broker = bench.broker().start()
    broker.stop()
    done = bench.run("config", "check", "--data", os.path.join(broker.folder, "data"), "--listen", "0.0.0.0:8443")
    equal(done.returncode, 0)
    contains(done.stderr, "not checked: whether the store in")


TESTS = (
    addresses_in_the_clear_are_named,
    certificates_are_served_and_read_again,
    clients_show_a_certificate_where_that_is_asked,
    tls_settings_that_cannot_be_served_are_refused,
    keys_that_all_may_read_are_warned_of,
    failed_handshakes_are_told_once_a_second,
    a_check_refuses_what_serve_would,
    a_check_says_what_it_cannot_know,
)
