"""HTTP as the tests speak it: one exchange a call, or a request left open on its own connection."""

import http.client
import json
import select
import socket
import time

ANSWER_TIMEOUT_S = 70.0


class Answer:
    """One response, with its body as bytes and, where it is JSON, as a value."""

    def __init__(self, status, headers, body, took_s):
        self.status = status
        self.headers = headers
        self.body = body
        self.took_s = took_s

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def media_type(self):
        return (self.header("Content-Type") or "").split(";")[0].strip().lower()

    @property
    def is_json(self):
        return self.media_type == "application/json" or self.media_type.endswith("+json")

    def value(self):
        """The decoded body: JSON, a list of NDJSON lines, or the bytes themselves."""
        if self.media_type == "application/x-ndjson":
            return [json.loads(line) for line in self.body.splitlines() if line.strip()]
        if self.is_json and self.body:
            return json.loads(self.body)
        return self.body

    def show(self, limit=1500):
        head = "".join(f"  {k}: {v}\n" for k, v in self.headers)
        text = self.body.decode("utf-8", "backslashreplace")
        more = f"… ({len(text)} characters)" if len(text) > limit else ""
        return f"  {self.status}\n{head}\n  {text[:limit]}{more}"


class Connection:
    """A keep-alive connection; `send` leaves the request open, `receive` reads its answer."""

    def __init__(self, port, host="127.0.0.1", timeout_s=ANSWER_TIMEOUT_S):
        self.port = port
        self.http = http.client.HTTPConnection(host, port, timeout=timeout_s)
        self.sent_at = 0.0

    def send(self, method, path, body=None, headers=()):
        if self.http.sock is not None and self.is_readable(0):
            self.http.close()  # the broker closed it after the last answer
        self.http.putrequest(method, path, skip_host=_has(headers, "host"),
                             skip_accept_encoding=True)
        if _needs_length(method, body) and not _has(headers, "transfer-encoding"):
            self.http.putheader("Content-Length", str(len(body or b"")))
        for name, value in headers:
            self.http.putheader(name, value)
        self.sent_at = time.monotonic()
        try:
            self.http.endheaders(body or None)
        except (BrokenPipeError, ConnectionResetError):
            return  # refused before all was sent: the answer says why
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self):
        response = self.http.getresponse()
        body = response.read()
        took_s = time.monotonic() - self.sent_at
        return Answer(response.status, response.getheaders(), body, took_s)

    def call(self, method, path, body=None, headers=()):
        self.send(method, path, body, headers)
        return self.receive()

    def json(self, method, path, value=None, headers=()):
        """A call with a JSON body; answers (status, decoded body)."""
        body = None if value is None else json.dumps(value).encode()
        answer = self.call(method, path, body, headers)
        return answer.status, answer.value()

    def is_readable(self, timeout_s):
        readable, _, _ = select.select([self.http.sock], [], [], timeout_s)
        return bool(readable)

    def close(self):
        self.http.close()


def _has(headers, name):
    return any(key.lower() == name for key, _ in headers)


def _needs_length(method, body):
    return body is not None or method in ("POST", "PUT", "PATCH")
