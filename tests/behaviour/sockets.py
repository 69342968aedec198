"""B179-B190: sockets that do what no HTTP client does."""

import os
import socket
import struct
import threading
import time

import yaml
from raw import RawClient
from wire import Connection

HELLO = bytes.fromhex("16030100a5010000a10303") + bytes(range(32)) + b"\x00" * 122
OTHERS = (b"SSH-2.0-OpenSSH_9.2\r\n", b"*1\r\n$4\r\nPING\r\n", b"EHLO x\r\nMAIL FROM:<a@b>\r\n",
          b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 4096)
BODY = b'{"queue":"offsets"}'
POST = (b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + str(len(BODY)).encode() + b"\r\n\r\n" + BODY)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _reset(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def tls_hello(broker):
    yield from _is_thrown_out(broker, HELLO)


def other_protocols(broker):
    for data in OTHERS + (os.urandom(65536),):
        yield from _is_thrown_out(broker, data)


def _is_thrown_out(broker, data):
    client = RawClient(broker.port)
    client.send(data)
    reply = client.reply(10)
    if reply.status is not None and not 400 <= reply.status <= 505:
        yield f"{data[:12]!r} is answered {reply.status}"
    if not client.is_closed(5):
        yield f"{data[:12]!r}: the connection stays open"
    client.close()


def silence(broker):
    """Says nothing: shut when the head's deadline is over."""
    client = RawClient(broker.port)
    if not client.is_closed(10):
        yield "a silent connection stays open"
    client.close()


def half_then_end(broker):
    client = RawClient(broker.port)
    client.send(POST[:40])
    client.finish_sending()
    if not client.is_closed(10):
        yield "half a request keeps its connection"
    client.close()


def pipelined(broker):
    """10,000 requests before the first answer is read; all are answered, in order."""
    client = RawClient(broker.port)
    count = 10_000
    data = b"".join(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nRequest-Id: n%d\r\n\r\n" % i for i in range(count))
    sender = threading.Thread(target=client.send, args=(data,))
    sender.start()
    for i in range(count):
        reply = client.reply(30)
        if reply.status != 200 or b"Request-Id: n%d\r\n" % i not in reply.head + b"\r\n":
            yield f"answer {i}: {reply.status} {reply.head[:200]!r}"
            break
    client.close()
    sender.join()


def get_with_body(broker):
    client = RawClient(broker.port)
    client.send(b"GET /v1/queues HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
                b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    statuses = [client.reply(5).status, client.reply(5).status]
    client.close()
    if statuses != [200, 200]:
        yield f"answered {statuses}"


def no_length(broker):
    """A POST without any length has no body: a claim does without, a submit says that it is empty."""
    client = RawClient(broker.port)
    client.send(b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n")
    status = client.reply(5).status
    client.close()
    if status not in (400, 411):
        yield f"answered {status}"


def head_and_options(broker):
    """On every route of the contract: OPTIONS says what is allowed, HEAD is a GET without its body."""
    with open(os.path.join(ROOT, "api/openapi.yaml"), encoding="utf-8") as text:
        paths = yaml.safe_load(text)["paths"]
    unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
    http = Connection(broker.port)
    for path, item in paths.items():
        target = path
        for name in ("{id}", "{queue}", "{lease}", "{name}", "{token}"):
            target = target.replace(name, unknown)
        answer = http.call("OPTIONS", target)
        methods = {method.upper() for method in item if method in ("get", "put", "post", "patch", "delete")}
        allowed = set((answer.header("Allow") or "").split(", "))
        if answer.status != 204 or not methods <= allowed:
            yield f"OPTIONS {path}: {answer.status}, Allow {sorted(allowed)}, not {sorted(methods)}"
        head = http.call("HEAD", target)
        if (head.header("Content-Type") or "").startswith("text/event-stream"):
            wanted = 200  # its GET has no end
        else:
            wanted = http.call("GET", target).status if "GET" in methods else 405
        if head.status != wanted or head.body:
            yield f"HEAD {path}: {head.status}, not {wanted}, {len(head.body)} bytes"


def byte_by_byte(broker):
    """Slow, yet within its deadlines."""
    client = RawClient(broker.port)
    for i in range(len(POST)):
        client.send(POST[i:i + 1])
        if i % 8 == 0:
            time.sleep(0.002)
    reply = client.reply(5)
    client.close()
    if reply.status != 201:
        yield f"answered {reply.status}"


def one_segment(broker):
    """1,000 submits in one piece of 1 MiB."""
    body = b'{"queue":"segment","payload":"%s"}' % (b"x" * 900)
    one = b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    client = RawClient(broker.port)
    sender = threading.Thread(target=client.send, args=(one * 1000,))
    sender.start()
    made = sum(client.reply(30).status == 201 for _ in range(1000))
    client.close()
    sender.join()
    _, queue = Connection(broker.port).json("GET", "/v1/queues/segment")
    if made != 1000 or queue["counts"]["ready"] != 1000:
        yield f"{made} answers, {queue['counts']['ready']} tasks"


def reads_nothing(broker):
    """Asks for much and reads none of it: others are served, memory is bounded."""
    before = broker.rss_kib()
    clients = [RawClient(broker.port) for _ in range(50)]
    for client in clients:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.socket.settimeout(0.5)
        client.send(b"GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
    slowest = 0.0
    for _ in range(50):
        began = time.monotonic()
        if broker.probe("/livez") != 200:
            yield "others are not served"
            break
        slowest = max(slowest, time.monotonic() - began)
    grown = broker.rss_kib() - before
    for client in clients:
        _reset(client)
    if grown > 64 * 1024:
        yield f"{grown} KiB are held for readers that do not read"
    if slowest > 5:
        yield f"another waited for {slowest:.1f} s"


def reset_at_each_byte(broker):
    """A submit cut by a reset behind each of its bytes: only the whole one can make a task."""
    for cut in range(1, len(POST) + 1):
        client = RawClient(broker.port)
        client.send(POST[:cut])
        _reset(client)
    time.sleep(0.3)
    status, queue = Connection(broker.port).json("GET", "/v1/queues/offsets")
    ready = queue["counts"]["ready"] if status == 200 else 0
    # byte_by_byte() made one as well.
    if ready > 2:
        yield f"{ready} tasks were made of broken submits"


ROWS = (
    ("B179", "a TLS hello", tls_hello),
    ("B180", "other protocols", other_protocols),
    ("B181", "silence", silence),
    ("B182", "half a request, then the end", half_then_end),
    ("B183", "10,000 pipelined requests", pipelined),
    ("B184", "a GET with a body", get_with_body),
    ("B185", "a POST without length", no_length),
    ("B186", "HEAD and OPTIONS on every route", head_and_options),
    ("B187", "byte by byte", byte_by_byte),
    ("B188", "1,000 requests in one piece", one_segment),
    ("B189", "a client that reads nothing", reads_nothing),
    ("B190", "a reset behind each byte", reset_at_each_byte),
)
