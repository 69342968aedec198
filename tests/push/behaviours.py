"""What endpoints do with a request, by the first word of its path: (fixture, request, writer) -> whether the connection goes
on."""

import asyncio
import email.utils
import gzip
import socket
import struct
import time

MIB = 1024 * 1024


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


@behaviour("moody")
async def moody(fixture, request, writer):
    """/moody/2: 500 to the first two deliveries of each message."""
    same = [one for one in fixture.seen("moody") if one.header("webhook-id") == request.header("webhook-id")]
    return await answer(writer, 200 if len(same) > int(request.words[1]) else 500)


@behaviour("hold")
async def hold(fixture, request, writer):
    """Answers when the test says so: release("hold")."""
    await fixture.gate(request.words[0]).wait()
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
@behaviour("accept-slow")
async def accept(_fixture, _request, writer):
    return await answer(writer, 202)


@behaviour("accept-slow", "DELETE")
async def stop_slowly(_fixture, _request, writer):
    await asyncio.sleep(0.2)
    return await answer(writer, 204)


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


@behaviour("wide-head")
async def wide_head(_fixture, request, writer):
    """/wide-head/100: a head of so many KiB in lines that are short."""
    return await answer(writer, 200, headers=["X-More: " + "x" * 1014] * int(request.words[1]))


@behaviour("huge-header")
async def huge_header(_fixture, _request, writer):
    return await answer(writer, 200, headers=["X-Huge: " + "x" * MIB])


@behaviour("bomb")
async def bomb(_fixture, _request, writer):
    """64 MiB in 64 KiB, were it opened."""
    return await answer(writer, 200, gzip.compress(b"\0" * (64 * MIB)), headers=["Content-Encoding: gzip"])


@behaviour("te-bomb")
async def te_bomb(_fixture, _request, writer):
    """The same as a coding of the transfer, which a client may undo unasked."""
    packed = gzip.compress(b"\0" * (64 * MIB))
    await put(writer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
              + b"%x\r\n" % len(packed) + packed + b"\r\n0\r\n\r\n")
    return True


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
