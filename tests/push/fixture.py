"""Endpoints as a broker may meet them: a server that answers well or misbehaves by the first word of the path, and
listeners that misbehave before any request. Everything that comes is recorded; the tests look at it from their thread."""

import asyncio
import contextlib
import email.utils
import gzip
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

HEAD_MAX = 64 * 1024
MIB = 1024 * 1024
START_S = 10


class Request:
    """One request as it came. `ended_at` is None while it is open; `was_cut`: the broker hung up before the answer's end."""

    def __init__(self, connection, method, path, headers, body):
        self.connection = connection
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.at = time.monotonic()
        self.wall = time.time()
        self.ended_at = None
        self.was_cut = False

    @property
    def words(self):
        return self.path.partition("?")[0].strip("/").split("/")

    def header(self, name):
        """The only value of a header; None where it is missing."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def __repr__(self):
        return f"{self.method} {self.path} on connection {self.connection}"


class Fixture:
    """Runs in a thread of its own from start() to close()."""

    def __init__(self, host="127.0.0.1", port=0):
        self.host, self.port = host, port
        self.requests = []   # every Request, in order of their arrival
        self.accepted = []   # (monotonic time, listener's name) of every connection
        self.ports = {}      # name of a listener that misbehaves before a request: its port
        self.lock = threading.Lock()
        self.open = {}       # first word: requests of it that are under way
        self.most = {}       # first word: most of them at once
        self.gates = {}      # first word: an event of the loop that `hold` waits for
        self.loop = None
        self.thread = None
        self.servers = []
        self.tasks = set()
        self.full = None

    # ---- what a test asks ----

    def start(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        if not ready.wait(START_S):
            raise RuntimeError("the fixture did not start")
        return self

    def close(self):
        if self.full is not None:
            for one in self.full:
                one.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(START_S)

    def url(self, path, host=None, port=None, scheme="http"):
        return f"{scheme}://{host or self.host}:{port or self.port}/{path}"

    def seen(self, words, method="POST"):
        """Requests whose path begins with these words."""
        parts = words.split("/")
        with self.lock:
            return [one for one in self.requests if one.method == method and one.words[:len(parts)] == parts]

    def connections(self, listener="main"):
        with self.lock:
            return [at for at, name in self.accepted if name == listener]

    def under_way(self, word):
        with self.lock:
            return self.open.get(word, 0)

    def overlap(self, word, forget=False):
        """The most requests of a word that were open at once."""
        with self.lock:
            most = self.most.get(word, 0)
            if forget:
                self.most[word] = self.open.get(word, 0)
            return most

    def release(self, word):
        """Lets every request of `hold` or `hold-…` go, those that come later too."""
        self.loop.call_soon_threadsafe(lambda: self._gate(word).set())

    def unread_port(self):
        """Accepts and never reads."""
        return self.ports["unread"]

    def full_port(self):
        """Accepts nobody: its queue of connections is full, so a connect hangs."""
        if self.full is None:
            listener = socket.socket()
            listener.bind((self.host, 0))
            listener.listen(0)
            self.full = [listener]
            while True:
                filler = socket.socket()
                filler.settimeout(0.5)
                self.full.append(filler)
                try:
                    filler.connect(listener.getsockname())
                except TimeoutError:
                    break
        return self.full[0].getsockname()[1]

    def listen_tls(self, name, certificate, key):
        """The same behaviours behind TLS; returns the port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return asyncio.run_coroutine_threadsafe(self._listen(name, self._serve, context), self.loop).result(START_S)

    # ---- the loop's thread ----

    def _run(self, ready):
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda loop, context: None)  # broken connections are the point here
        asyncio.set_event_loop(self.loop)
        self.port = self.loop.run_until_complete(self._listen("main", self._serve, port=self.port))
        for name, act in (("unread", self._unread), ("slam", self._slam), ("greeting", self._greeting)):
            self.loop.run_until_complete(self._listen(name, act))
        ready.set()
        self.loop.run_forever()
        for server in self.servers:
            server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.05))
        self.loop.close()

    async def _listen(self, name, act, tls=None, port=0):
        async def accepted(reader, writer):
            with self.lock:
                self.accepted.append((time.monotonic(), name))
                number = len(self.accepted)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                await act(reader, writer, number)
            with contextlib.suppress(OSError, ssl.SSLError, RuntimeError):
                writer.close()

        server = await asyncio.start_server(accepted, self.host, port, ssl=tls, limit=HEAD_MAX, backlog=1024)
        self.servers.append(server)
        self.ports[name] = server.sockets[0].getsockname()[1]
        return self.ports[name]

    async def _unread(self, _reader, writer, _number):
        writer.transport.pause_reading()
        await asyncio.sleep(3600)

    async def _slam(self, _reader, writer, _number):
        reset(writer)

    async def _greeting(self, _reader, writer, _number):
        writer.write(b"220 mail.example ESMTP ready\r\n")
        await writer.drain()
        await asyncio.sleep(3600)

    async def _serve(self, reader, writer, number):
        while (request := await self._read(reader, number)) is not None:
            word = request.words[0]
            with self.lock:
                self.requests.append(request)
                self.open[word] = self.open.get(word, 0) + 1
                self.most[word] = max(self.most.get(word, 0), self.open[word])
            try:
                act = METHODS.get((request.method, word)) or BEHAVIOURS.get(word, missing)
                goes_on = await unless_left(reader, act(self, request, writer))
            except (OSError, asyncio.CancelledError):
                request.was_cut = True
                raise
            finally:
                with self.lock:
                    request.ended_at = time.monotonic()
                    self.open[word] -= 1
            if not goes_on:
                return

    async def _read(self, reader, number):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        lines = head.decode("latin-1").split("\r\n")
        method, path, _version = lines[0].split(" ", 2)
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
        length = int(dict((name.lower(), value) for name, value in headers).get("content-length", 0))
        return Request(number, method, path, headers, await reader.readexactly(length))

    def _gate(self, word):
        return self.gates.setdefault(word, asyncio.Event())


async def unless_left(reader, acting):
    """The behaviour's word, or an OSError as soon as the client has hung up."""
    act = asyncio.ensure_future(acting)
    left = asyncio.ensure_future(left_by(reader))
    try:
        await asyncio.wait({act, left}, return_when=asyncio.FIRST_COMPLETED)
        if act.done():
            return act.result()
        raise ConnectionResetError("the client has hung up")
    finally:
        for one in (act, left):
            one.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await one


async def left_by(reader):
    while not reader.at_eof() and reader.exception() is None:
        await asyncio.sleep(0.02)


def reset(writer):
    """Closes by RST rather than FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def put(writer, data):
    writer.write(data)
    await writer.drain()


async def answer(writer, status, body=b"", headers=(), kind="application/json"):
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    if body:
        head.append(f"Content-Type: {kind}")
    await put(writer, "\r\n".join(head).encode() + b"\r\n\r\n" + body)
    return True


# ---- behaviours: (fixture, request, writer) -> whether the connection goes on ----

BEHAVIOURS = {}
METHODS = {}  # (method, word): in place of the word's usual behaviour


def behaviour(word, method=None):
    def add(act):
        if method is None:
            BEHAVIOURS[word] = act
        else:
            METHODS[method, word] = act
        return act
    return add


async def missing(_fixture, _request, writer):
    return await answer(writer, 404, b'{"error":"no such behaviour"}')


@behaviour("ok")
async def ok(_fixture, request, writer):
    return await answer(writer, 200, b'{"method":"%s"}' % request.method.encode())


@behaviour("echo")
async def echo(_fixture, request, writer):
    return await answer(writer, 200, request.body, kind=request.header("Content-Type") or "application/octet-stream")


@behaviour("status")
async def status_of(_fixture, request, writer):
    """/status/503: a status with a small text."""
    code = int(request.words[1])
    return await answer(writer, code, b"" if code in (204, 304) else b"said %d" % code, kind="text/plain")


@behaviour("throttle")
async def throttle(_fixture, request, writer):
    """/throttle/429/2/3: the first two requests of each path are told to come back in 3 s, by seconds."""
    return await _later(_fixture, request, writer, lambda seconds: str(seconds))


@behaviour("throttle-date")
async def throttle_date(fixture, request, writer):
    """The same by a date."""
    return await _later(fixture, request, writer,
                        lambda seconds: email.utils.formatdate(time.time() + seconds, usegmt=True))


async def _later(fixture, request, writer, written):
    status, times, seconds = (int(word) for word in request.words[1:4])
    if len(fixture.seen(request.path.strip("/"))) > times:
        return await answer(writer, 200)
    return await answer(writer, status, headers=[f"Retry-After: {written(seconds)}"])


@behaviour("flaky")
async def flaky(_fixture, request, writer):
    """/flaky/2: 500 to the first two attempts of each task."""
    good = int(request.header("Task-Attempt")) > int(request.words[1])
    return await answer(writer, 200 if good else 500, b'"fine"' if good else b"")


@behaviour("hold")
async def hold(fixture, request, writer):
    """Answers when the test says so: release("hold")."""
    await fixture._gate(request.words[0]).wait()
    return await answer(writer, 200)


for other in ("hold-a", "hold-b", "hold-c", "hold-deaf"):
    BEHAVIOURS[other] = hold


async def heard(_fixture, _request, writer):
    return await answer(writer, 200)


for other in ("hold", "hold-a", "hold-b", "hold-c", "hang", "accept"):
    METHODS["DELETE", other] = heard


@behaviour("hold-deaf", "DELETE")
async def deaf(_fixture, _request, writer):
    """Does not stop what it does for a cancel."""
    return await answer(writer, 404)


@behaviour("accept")
async def accept(_fixture, _request, writer):
    return await answer(writer, 202)


@behaviour("slow")
async def slow(_fixture, request, writer):
    """/slow/29: answers well, that late."""
    await asyncio.sleep(float(request.words[1]))
    return await answer(writer, 200)


@behaviour("hang")
async def hang(_fixture, _request, _writer):
    await asyncio.sleep(3600)


@behaviour("hang-head")
async def hang_head(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 200 OK\r\nContent-Type: appl")
    await asyncio.sleep(3600)


@behaviour("hang-body")
async def hang_body(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await asyncio.sleep(3600)


@behaviour("hang-error-body")
async def hang_error_body(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 500 X\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf")
    await asyncio.sleep(3600)


@behaviour("drip")
async def drip(_fixture, _request, writer):
    """A head, one byte at a time, without an end."""
    await put(writer, b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        await put(writer, b"x")
        await asyncio.sleep(0.1)


@behaviour("redirect")
async def redirect(fixture, request, writer):
    """/redirect/302/metadata and the like."""
    places = {"metadata": "http://169.254.169.254/latest/meta-data/", "file": "file:///etc/passwd",
              "loopback": fixture.url("trap"), "gopher": "gopher://127.0.0.1:6379/_FLUSHALL", "relative": "/trap"}
    return await answer(writer, int(request.words[1]), headers=[f"Location: {places[request.words[2]]}"])


@behaviour("endless-body")
async def endless_body(_fixture, request, writer):
    """/endless-body/200."""
    status = request.words[1].encode()
    await put(writer, b"HTTP/1.1 " + status + b" X\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await put(writer, b"10000\r\n" + b"x" * 65536 + b"\r\n")


@behaviour("big-body")
async def big_body(_fixture, _request, writer):
    return await answer(writer, 200, b'"' + b"x" * (2 * MIB) + b'"')


@behaviour("endless-headers")
async def endless_headers(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 200 OK\r\n")
    while True:
        await put(writer, b"X-More: and more\r\n" * 100)


@behaviour("huge-header")
async def huge_header(_fixture, _request, writer):
    return await answer(writer, 200, headers=["X-Huge: " + "x" * MIB])


@behaviour("bomb")
async def bomb(_fixture, _request, writer):
    """64 MiB in 64 KiB, were it opened."""
    return await answer(writer, 200, gzip.compress(b"\0" * (64 * MIB)), headers=["Content-Encoding: gzip"])


@behaviour("flood-1xx")
async def flood_1xx(_fixture, _request, writer):
    while True:
        await put(writer, b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" * 20)
        await asyncio.sleep(0)


@behaviour("continue")
async def polite(_fixture, _request, writer):
    """One 100 and one 103 before the answer, as HTTP has it."""
    await put(writer, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    return await answer(writer, 200)


@behaviour("upgrade")
async def upgrade(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    await asyncio.sleep(3600)


@behaviour("cut-body")
async def cut_body(_fixture, _request, writer):
    """A whole head, then a reset in the body."""
    await put(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await asyncio.sleep(0.2)
    reset(writer)


@behaviour("cut-head")
async def cut_head(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 200 OK\r\nContent-")
    await asyncio.sleep(0.2)
    reset(writer)


@behaviour("reset")
async def reset_first(_fixture, _request, writer):
    reset(writer)


@behaviour("short-length")
async def short_length(_fixture, _request, writer):
    """More comes than was said: what is left over must not be the next answer."""
    await put(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrueHTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    await asyncio.sleep(0.2)
    return True


@behaviour("long-length")
async def long_length(_fixture, _request, writer):
    """Less comes than was said, and a clean end."""
    await put(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nless")


@behaviour("bad-length")
async def bad_length(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")


@behaviour("garbage-chunks")
async def garbage_chunks(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nno chunk\r\n")
    await asyncio.sleep(0.2)


@behaviour("junk")
async def junk(_fixture, _request, writer):
    """What HTTP/0.9 would call an answer."""
    await put(writer, b"hello, this is not HTTP\n")


@behaviour("bad-status")
async def bad_status(_fixture, _request, writer):
    await put(writer, b"HTTP/1.1 999999 What\r\nContent-Length: 0\r\n\r\n")


@behaviour("binary")
async def binary(_fixture, _request, writer):
    """An error whose body is no text, and a reason with escapes in it."""
    await put(writer, b"HTTP/1.1 500 \x1b[31m\xff\r\nContent-Type: application/octet-stream\r\nContent-Length: 6\r\n\r\n\x00\x1b[2J\xff")
    return True


@behaviour("forged")
async def forged(_fixture, _request, writer):
    """Text that wants to be a line of the log."""
    return await answer(writer, 500, b'x\n{"level":"error","event":"forged"}\x1b[31m', kind="text/plain")


# ---- certificates ----

class Certificates:
    """A CA of its own and what it signed: good, for another host, expired; and one that nobody signed."""

    def __init__(self, folder, host):
        self.folder = folder
        self.ca, self.ca_key = self._own("ca", "ca.example")
        self.alone, self.alone_key = self._own("alone", host)
        self.good, self.good_key = self._signed("good", host, "2")
        self.other, self.other_key = self._signed("other", "elsewhere.example", "2")
        self.expired, self.expired_key = self._signed("expired", host, "-1")

    def _paths(self, name):
        return os.path.join(self.folder, name + ".crt"), os.path.join(self.folder, name + ".key")

    def _own(self, name, host):
        certificate, key = self._paths(name)
        _openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{host}",
                 "-keyout", key, "-out", certificate)
        return certificate, key

    def _signed(self, name, host, days):
        certificate, key = self._paths(name)
        asked = os.path.join(self.folder, name + ".csr")
        _openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", asked)
        _openssl("x509", "-req", "-in", asked, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-days", days,
                 "-copy_extensions", "copy", "-out", certificate)
        return certificate, key


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
