"""A socket that sends any bytes and reads what comes back, HTTP or not."""

import socket
import time


class Reply:
    """What a hostile request was answered with; status None means no answer at all."""

    def __init__(self, status=None, head=b"", body=b""):
        self.status = status
        self.head = head
        self.body = body

    @property
    def is_problem(self):
        return b"application/problem+json" in self.head.lower()


class RawClient:
    """One TCP connection to the broker."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def send(self, data):
        """Sends as much as the peer takes; a peer that hangs up while we talk is no error."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            pass

    def finish_sending(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reply(self, timeout_s):
        """The next answer, read to its end by Content-Length or chunks."""
        deadline = time.monotonic() + timeout_s
        while b"\r\n\r\n" not in self.pending:
            if not self._more(deadline):
                return Reply(head=self.pending)
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        body = self._body(head.lower(), deadline)
        words = head.split(None, 2)
        status = int(words[1]) if words[0].startswith(b"HTTP/") else None
        return Reply(status, head, body)

    def _body(self, head, deadline):
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                return self._take(int(value), deadline)
        if b"transfer-encoding: chunked" in head:
            while not self.pending.endswith(b"0\r\n\r\n") and self._more(deadline):
                pass
        body, self.pending = self.pending, b""
        return body

    def _take(self, count, deadline):
        while len(self.pending) < count and self._more(deadline):
            pass
        body, self.pending = self.pending[:count], self.pending[count:]
        return body

    def _more(self, deadline):
        """Reads once; False at the end of the stream or of the time."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, ConnectionResetError):
            return False
        self.pending += data
        return bool(data)

    def is_closed(self, timeout_s):
        """Whether the peer closes within the time; further answers are read and dropped."""
        deadline = time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(65536):
                    return True
            except ConnectionResetError:
                return True
            except TimeoutError:
                return False

    def close(self):
        self.socket.close()
