"""A bad input: what is sent, what may come back, and the builders that the tables use."""

import json
from dataclasses import dataclass, field

GONE = "closed"  # the broker hangs up without an answer


@dataclass
class Case:
    """One row of the corpus; `data` may be a function of the fixture."""
    id: str
    name: str
    data: object
    allowed: tuple
    closes: bool = None       # None: either is fine
    creates: object = 0       # tasks it makes; None: none or one
    is_ours: bool = True      # a refusal must be problem+json
    slow_s: float = 0         # answered by a deadline of the broker
    half_close: bool = False  # our side hangs up after sending
    answers: tuple = field(default=())  # further answers on the same connection


def head(method, target, lines=(), host="localhost", version="HTTP/1.1"):
    """A request head from its parts; lines are bytes or text, without line ends."""
    out = f"{method} {target} {version}\r\n".encode("latin-1")
    if host is not None:
        out += f"Host: {host}\r\n".encode("latin-1")
    for line in lines:
        out += (line if isinstance(line, bytes) else line.encode("latin-1")) + b"\r\n"
    return out + b"\r\n"


def get(target, *lines, method="GET"):
    return head(method, target, lines)


def send(method, target, body=b"", *lines):
    """A well-framed request; what is bad stands in the target, the lines or the body."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    elif isinstance(body, str):
        body = body.encode()
    return head(method, target, [*lines, f"Content-Length: {len(body)}"]) + body


def submit(body, *lines):
    return send("POST", "/v1/tasks", body, *lines)


def raw_submit(lines, body, version="HTTP/1.1"):
    """A submit whose framing is given by the caller."""
    return head("POST", "/v1/tasks", lines, version=version) + body


def chunked(*sizes_and_data):
    return b"".join(size + b"\r\n" + data + b"\r\n" for size, data in sizes_and_data)
