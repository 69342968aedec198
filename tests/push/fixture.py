"""Endpoints as a broker may meet them: a server that answers well or misbehaves by the first word of the path, and
listeners that misbehave before any request. Everything that comes is recorded; the tests look at it from their thread."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time

from behaviours import BEHAVIOURS, METHODS, missing, reset

HEAD_MAX = 64 * 1024
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
        self.loop.call_soon_threadsafe(lambda: self.gate(word).set())

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
            try:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                    await act(reader, writer, number)
                with contextlib.suppress(OSError, ssl.SSLError, RuntimeError):
                    writer.close()
            except asyncio.CancelledError:
                reset(writer)

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

    def gate(self, word):
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
