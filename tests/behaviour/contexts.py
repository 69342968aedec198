"""B166-B178: text that would do harm where it is shown, logged, exported or put into a header."""

import base64
import json
import urllib.parse

from raw import RawClient
from wire import Connection

HARMFUL = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{7*7}}", "%n%s%x",
           "${jndi:ldap://x/a}", "=cmd|' /C calc'!A0", "' OR 1=1--", "%_", "\N{PILE OF POO}", "e" + "\u0301" * 5000,
           "\u200b\u200d\ufeff", "a\u202eb", "a\u2028b", "data: x\n\nevent: y\ndata: z", "\x1b[31mred\x1b[0m", "\x9b31m",
           "a\r\nSet-Cookie: a=b", 'a\n{"level":"error","event":"forged"}']
IN_A_TYPE = [text for text in HARMFUL if all(ord(c) >= 0x20 and not 0x7f <= ord(c) <= 0x9f for c in text) and
             len(text.encode()) <= 255]


def kept_as_data(broker):
    """In payloads, headers and error texts anything goes, and comes back as the same JSON value."""
    http = Connection(broker.port)
    for text in HARMFUL:
        status, task = http.json("POST", "/v1/tasks", {"queue": "text", "payload": text, "name": "n"})
        if status != 201:
            yield f"{text[:20]!r}: {status} {task}"
            continue
        answer = http.call("GET", f"/v1/tasks/{task['id']}/payload")
        if json.loads(answer.body) != text:
            yield f"{text[:20]!r} came back as {answer.body[:60]!r}"
        if (answer.header("X-Content-Type-Options"), answer.header("Content-Security-Policy")) != ("nosniff", "sandbox"):
            yield f"a payload can run in a browser: {answer.headers}"


def labels_of_types(broker):
    """A type may be any text without control characters; it never breaks JSON or metrics."""
    http = Connection(broker.port)
    for text in HARMFUL:
        status, task = http.json("POST", "/v1/tasks", {"queue": "types", "type": text})
        allowed = (201, 400) if text in IN_A_TYPE else (400,)
        if status not in allowed:
            yield f"type {text[:20]!r}: {status}"
        if status == 201 and http.json("GET", f"/v1/tasks/{task['id']}")[1]["type"] != text:
            yield f"type {text[:20]!r} changed"
    yield from _metrics_are_well_formed(http)


def names_are_narrow(broker):
    """Names of queues, tags, workers and namespaces take none of it."""
    http = Connection(broker.port)
    for text in HARMFUL:
        quoted = urllib.parse.quote(text[:200])
        for call in (("POST", "/v1/tasks", {"queue": text}), ("POST", "/v1/tasks", {"queue": "q", "tags": [text]}),
                     ("POST", "/v1/workers", {"identity": text, "queues": ["q"]}), ("PUT", f"/v1/queues/{quoted}", {}),
                     ("GET", f"/v1/ns/{quoted}/queues", None)):
            status, answer = http.json(*call)
            if status not in (400, 404):
                yield f"{call[0]} {call[1][:40]} with {text[:20]!r}: {status} {str(answer)[:80]}"
    yield from _metrics_are_well_formed(http)


def headers_cannot_be_begun(broker):
    """What a client says never becomes a header of an answer by itself."""
    http = Connection(broker.port)
    body = base64.b64encode(b"x").decode()
    for kind in ("text/plain\r\nSet-Cookie: a=b", "text/plain\nX: y", "a\u0000b", "text/html\x7f"):
        status, answer = http.json("POST", "/v1/tasks", {"queue": "q", "payload_base64": body, "content_type": kind})
        if status != 400:
            yield f"content_type {kind!r}: {status} {str(answer)[:80]}"
    for value in ("a b", "x" * 200, "<b>", "\u00e9"):
        client = RawClient(broker.port)
        client.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nRequest-Id: " + value.encode() + b"\r\n\r\n")
        reply = client.reply(5)
        if value.encode() in reply.head:
            yield f"Request-Id {value!r} is echoed"
        client.close()


def logs_cannot_be_forged(broker):
    """Into the debug log goes what clients send; the log's lines are judged after the run."""
    client = RawClient(broker.port)
    for agent in ('x","level":"error","event":"forged', "\u202eevil", "\xc2\x9b31m"):
        client.send(b"GET /v1/queues?cursor=%0a%7b%22level%22 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: "
                    + agent.encode() + b"\r\n\r\n")
        if client.reply(5).status not in (200, 400):
            yield f"User-Agent {agent!r} is refused"
    client.close()


def filters_are_data(broker):
    """SQL and wildcards in filters find nothing and break nothing."""
    http = Connection(broker.port)
    for text in ("' OR 1=1--", "%", "_", "*", "\\", "\" MATCH x", "a' UNION SELECT 1--"):
        for name in ("name", "error", "type"):
            status, page = http.json("GET", f"/v1/tasks?queue=nowhere&{name}={urllib.parse.quote(text)}")
            if status not in (200, 400) or (status == 200 and page["items"]):
                yield f"{name}={text!r}: {status} {str(page)[:80]}"


def workers_alike(broker):
    """B177: the same identity twice is two workers; none takes the other's place by its name."""
    http = Connection(broker.port)
    ids = {http.json("POST", "/v1/workers", {"identity": "same", "queues": ["q"]})[1]["id"] for _ in range(2)}
    if len(ids) != 2:
        yield "two registrations share an id"
    for identity in ("", "x" * 129, "x" * 1024):
        status, _ = http.json("POST", "/v1/workers", {"identity": identity, "queues": ["q"]})
        if status != 400:
            yield f"identity of {len(identity)} characters: {status}"


def long_agent(broker):
    client = RawClient(broker.port)
    client.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nUser-Agent: " + b"x" * 17000 + b"\r\n\r\n")
    status = client.reply(5).status
    client.close()
    if status != 431:
        yield f"answered {status}"


def _metrics_are_well_formed(http):
    for line in http.call("GET", "/metrics").body.decode().split("\n"):
        if line and not line.startswith("#") and len(line.rsplit(" ", 1)) != 2:
            yield f"metrics: {line[:100]!r}"


ROWS = (
    ("B166", "harmful text as data", kept_as_data),
    ("B167", "line breaks towards headers", headers_cannot_be_begun),
    ("B168", "line breaks towards the log", logs_cannot_be_forged),
    ("B169", "escapes and marks in a type", labels_of_types),
    ("B170", "templates and shell in names", names_are_narrow),
    ("B174", "SQL and wildcards in filters", filters_are_data),
    ("B177", "workers of one name", workers_alike),
    ("B178", "a User-Agent of 17 KB", long_agent),
)
