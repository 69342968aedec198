"""What the tests of access share: a broker with a token file, and requests with a token."""

import http.client
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from broker import Broker  # noqa: E402  (the path must be set first)

ROLES = ("viewer", "submitter", "worker", "operator", "admin")


class Answer:
    """Status, headers and body, and all of it as one text."""

    def __init__(self, response):
        self.status = response.status
        self.headers = dict((name.lower(), value) for name, value in response.getheaders())
        # A stream of events does not end; that it began is the answer.
        is_stream = self.headers.get("content-type") == "text/event-stream"
        self.text = "" if is_stream else response.read().decode(errors="replace")
        self.whole = json.dumps(self.headers) + "\n" + self.text

    @property
    def json(self):
        return json.loads(self.text or "null")

    @property
    def code(self):
        """Of a refusal."""
        return self.json.get("code") if self.text.startswith("{") else None


class Guarded(Broker):
    """A broker that wants tokens. Its file may be changed; signal(SIGHUP) makes it read it again."""

    def __init__(self, binary, lines, options, clock):
        super().__init__(binary, clock=clock)
        self.token_file = os.path.join(self.folder, "tokens")
        self.options = ["--token-file", self.token_file, *options]
        self.write_tokens(lines)

    def write_tokens(self, lines):
        with open(os.open(self.token_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write("".join(line + "\n" for line in lines))


class HeldBack:
    """A request whose body comes when the test says so."""

    def __init__(self, port, method, path, token, length, kind):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.connection.putrequest(method, path)
        self.connection.putheader("Content-Type", kind)
        if token is not None:
            self.connection.putheader("Authorization", f"Bearer {token}")
        if length is None:
            self.connection.putheader("Transfer-Encoding", "chunked")
        else:
            self.connection.putheader("Content-Length", str(length))
            self.connection.putheader("Expect", "100-continue")  # answered once the head was judged
        self.connection.endheaders()
        if length is not None:
            self.connection.sock.settimeout(20)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += self.connection.sock.recv(1)
            if b" 100 " not in head:
                raise AssertionError(f"the head was answered with {head!r}")

    def chunk(self, data):
        self.connection.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self, data=None):
        """The rest of the body; the answer."""
        self.connection.send(b"0\r\n\r\n" if data is None else data)
        try:
            return Answer(self.connection.getresponse())
        finally:
            self.connection.close()


class Bench:
    """The binary, the broker under test and every token that was ever sent to it."""

    def __init__(self, binary):
        self.binary = binary
        self.broker = None
        self.secrets = set()
        self.told = []

    def start(self, *lines, options=(), clock="system"):
        """A broker with these lines in its token file."""
        self.secrets |= {line.split()[0] for line in lines if not line.startswith("sha256:")}
        self.broker = Guarded(self.binary, lines, options, clock).start()
        return self.broker

    def start_open(self, options=(), clock="system"):
        """A broker without any token."""
        self.broker = Broker(self.binary, options=options, clock=clock).start()
        return self.broker

    def ask(self, method, path, token=None, body=None, headers=None, timeout=20):
        """One request on a connection of its own; body: None, bytes, or anything that JSON can hold."""
        sent = dict(headers or {})
        if token is not None:
            self.secrets.add(token)
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.broker.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        self.told += [secret for secret in self.secrets if secret in answer.whole]
        return answer

    def begin(self, method, path, token, length=None, kind="application/json"):
        """The head of a request; its body is held back. length None: in chunks."""
        if token is not None:
            self.secrets.add(token)
        return HeldBack(self.broker.port, method, path, token, length, kind)

    def parked(self, token):
        """Requests that wait with the broker now."""
        return self.must(200, "GET", "/v1/stats", token)["parked"]

    def must(self, status, method, path, token=None, body=None, headers=None):
        """An answer that has to have this status; its JSON."""
        answer = self.ask(method, path, token, body, headers)
        if answer.status != status:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.text[:300]}, not {status}")
        return answer.json if answer.headers.get("content-type", "").startswith("application/json") else answer.text

    def assert_no_token_told(self):
        """No token in an answer, in the log, or where every user of the machine can read it."""
        if self.broker is None:
            return
        if self.told:
            raise AssertionError("a token stood in an answer")
        with open(self.broker.log_path, encoding="utf-8", errors="replace") as log:
            seen = log.read()
        if self.broker.is_running():
            with open(f"/proc/{self.broker.pid}/cmdline", encoding="utf-8", errors="replace") as line:
                seen += line.read()
            with open(f"/proc/{self.broker.pid}/environ", encoding="utf-8", errors="replace") as line:
                seen += line.read()
        for secret in self.secrets:
            if len(secret) >= 8 and secret in seen:
                raise AssertionError("a token stood in the log or the command line")

    def log_tail(self, lines):
        return self.broker.log_tail(lines) if self.broker is not None else ""

    def close(self):
        if self.broker is not None:
            self.broker.dispose()


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}" if what else f"{got!r}, not {wanted!r}")


def is_one_of(got, wanted, what=""):
    if got not in wanted:
        raise AssertionError(f"{what}: {got!r} is none of {wanted!r}")
