"""Receiving what is pushed: the receiver, and signatures made and checked without a broker."""

import base64
import http.client
import json
import re
import socket
import subprocess
import time

from harness import contains, equal, test

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def key(bench, text=SECRET):
    path = bench.path("key")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# of the printer\n" + text + "\n")
    return path


class Receiver:
    def __init__(self, bench, *words):
        self.process = subprocess.Popen([bench.binary, "hook", "listen", "--listen", "127.0.0.1:0", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        bench.workers.append(self.process)  # ended with the test
        self.port = int(re.search(rb":(\d+)$", self.process.stderr.readline().strip())[1])

    def send(self, method="POST", target="/", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        assert answer.read() == b""
        return answer.status

    def send_raw(self, data):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(4096)

    def line(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        code = self.process.wait(10)
        return code, self.process.stdout.read().decode()


def headers_of(bench, body, *words):
    code, out, err = bench.run("hook", "sign", "--secret-file", key(bench), "--id", "m1", *words, stdin=body)
    assert code == 0, err
    return dict(line.split(": ") for line in out.splitlines())


# ---- sign and verify ----

@test
def the_reference_vector_is_signed_and_verified(bench):
    signed = bench.run("hook", "sign", "--secret-file", key(bench), "--id", ID, "--timestamp", AT, stdin=BODY)
    equal(signed, (0, "webhook-id: %s\nwebhook-timestamp: %s\nwebhook-signature: %s\n" % (ID, AT, SIGNATURE), ""))
    words = ["hook", "verify", "--secret-file", key(bench), "--id", ID, "--timestamp", AT, "--signature", SIGNATURE]
    equal(bench.run(*words, "--any-time", stdin=BODY), (0, "OK\n", ""))
    equal(bench.run(*words, stdin=BODY), (1, "", "sluice: webhook-timestamp is too old\n"))
    code, out, err = bench.run(*words, "--any-time", stdin=BODY + b"\n")
    equal((code, out), (1, ""))
    contains(err, "no signature")


@test
def a_body_comes_from_a_file_too(bench):
    with open(bench.path("body"), "wb") as file:
        file.write(b"\xff\x00")
    signed = headers_of(bench, b"", bench.path("body"))
    equal(bench.run("hook", "verify", "--secret-file", key(bench), "--id", "m1", "--timestamp",
                    signed["webhook-timestamp"], "--signature", signed["webhook-signature"], "-", stdin=b"\xff\x00")[0], 0)


@test
def what_is_missing_or_wrong_is_said_without_the_secret(bench):
    for words in (["sign"], ["sign", "--id", "x"], ["sign", "--secret-file", key(bench)],
                  ["sign", "--secret-file", key(bench), "--id", "a\nb: c"], ["sign", "--secret-file", key(bench), "--id", ""],
                  ["verify", "--secret-file", key(bench), "--id", "x", "--timestamp", "1"],
                  ["listen", "--status", "100"], ["listen", "--status", "600"], ["listen", "x"]):
        code, out, _ = bench.run("hook", *words)
        equal((code, out), (64, ""))
    for text in ("hunter2", "whsec_hunter2hunter2hunter2hunter2hunter", ""):
        code, out, err = bench.run("hook", "sign", "--secret-file", key(bench, text), "--id", "x")
        equal((code, out), (1, ""))
        assert "hunter2" not in err and "whsec_" in err, err
    for text in ("127.0.0.1", ":1", "[]:1", "localhost:9000", "127.0.0.1:99999", "127.0.0.1:x"):
        code, _, err = bench.run("hook", "listen", "--listen", text)
        equal(code, 1)
        contains(err, "ADDR:PORT")


# ---- listen ----

@test
def the_receiver_shows_each_request_as_a_line(bench):
    receiver = Receiver(bench, "--json", "--status", "202")
    equal(receiver.send("POST", "/hook?x=1", b"h\xc3\xa9\n", {"Task-Id": "7", "X-A": "1"}), 202)
    line = receiver.line()
    equal((line["method"], line["target"], line["body"], line["signature"], line["status"]),
          ("POST", "/hook?x=1", "h\u00e9\n", None, 202))
    equal(line["headers"]["Task-Id"], "7")
    equal(receiver.send("DELETE", "/hook/7"), 202)
    equal((receiver.line()["method"], receiver.send("PUT", "/", b"\xff\x00")), ("DELETE", 202))
    equal(base64.b64decode(receiver.line()["body_base64"]), b"\xff\x00")


@test
def the_receiver_refuses_what_is_not_signed(bench):
    receiver = Receiver(bench, "--json", "--secret-file", key(bench), "--status", "204")
    equal(receiver.send("POST", "/", BODY, headers_of(bench, BODY)), 204)
    equal(receiver.line()["signature"], "fits")
    equal(receiver.send("POST", "/", BODY + b" ", headers_of(bench, BODY)), 401)
    contains(receiver.line()["signature"], "no signature")
    equal(receiver.send("POST", "/", BODY, headers_of(bench, BODY, "--timestamp", str(int(time.time()) - 400))), 401)
    equal(receiver.send("POST", "/", BODY), 401)


@test
def the_receiver_ends_after_one(bench):
    receiver = Receiver(bench, "--once", "--secret-file", key(bench))
    equal(receiver.send("POST", "/\x1b[31m".replace("\x1b", "%1b"), b"a\x1b[31mb", headers_of(bench, b"a\x1b[31mb")), 200)
    code, out = receiver.end()
    equal(code, 0)
    assert "answered 200, the signature fits" in out and "webhook-id: m1" in out and "\x1b" not in out, out
    receiver = Receiver(bench, "--once", "--secret-file", key(bench))
    equal(receiver.send("POST", "/", b"a"), 401)
    equal(receiver.end()[0], 1)


@test
def the_receiver_bears_what_is_no_request(bench):
    receiver = Receiver(bench, "--json")
    for data, status in ((b"x\r\n\r\n", b"400"), (b"GET / HTTP/1.0\r\n\r\n", b"400"), (b"GET  HTTP/1.1\r\n\r\n", b"400"),
                         (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
                         (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
                         (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
                         (b"POST / HTTP/1.1\r\nX: " + b"x" * 100000, b"431")):
        equal(receiver.send_raw(data)[9:12], status)
    for data in (b"", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc"):
        equal(receiver.send_raw(data), b"")
    contains(receiver.send_raw(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na").decode(), "100")
    equal(receiver.line()["body"], "a")
