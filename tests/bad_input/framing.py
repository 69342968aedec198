"""B1 to B40: how a message is framed. A wrong guess here is request smuggling."""

from case import GONE, Case, chunked, get, head, raw_submit

TASK = b'{"queue":"smuggled"}'
OK_TASK = b'{"queue":"ok"}'
SIZE = b"%x" % len(TASK)
CHUNKS = chunked((SIZE, TASK), (b"0", b""))
OK_CHUNKS = chunked((b"%x" % len(OK_TASK), OK_TASK), (b"0", b""))
CHUNKED = "Transfer-Encoding: chunked"
LENGTH = f"Content-Length: {len(TASK)}"
REFUSED = (400, GONE)


def _case(number, name, data, allowed=REFUSED, **more):
    more.setdefault("closes", True)
    return Case(f"B{number}", name, data, allowed, is_ours=False, **more)


def _lengths():
    size = len(TASK)
    yield _case(1, "length and chunks", raw_submit([LENGTH, CHUNKED], CHUNKS))
    yield _case(2, "chunked twice", raw_submit([CHUNKED, CHUNKED], CHUNKS))
    yield _case(3, "length twice, equal", raw_submit([LENGTH, LENGTH], TASK))
    yield _case(4, "length twice, different", raw_submit([LENGTH, "Content-Length: 3"], TASK))
    for number, value in ((5, f"{size}, {size}"), (6, f"+{size}"), (7, "-1"), (8, f"0x{size:x}"),
                          (10, ""), (14, None)):
        line = f"Content-Length : {size}" if value is None else f"Content-Length: {value}"
        yield _case(number, f"length {line!r}", raw_submit([line], TASK))
    yield _case(9, "length with blanks behind", raw_submit([f"Content-Length: {len(OK_TASK)} \t"], OK_TASK),
                (400, 201, GONE), closes=None, creates=None)
    for number, value in ((11, 10**23), (12, 2**63), (13, 2**64 + 3)):
        yield _case(number, f"length {value}", raw_submit([f"Content-Length: {value}"], TASK),
                    (400, 413, GONE))
    yield _case(15, "folded length", raw_submit(["X: y", f" {LENGTH}", CHUNKED], CHUNKS))


def _codings():
    for number, value in ((16, "xchunked"), (17, "gzip, chunked"), (18, "chunked, identity"),
                          (20, "\x0bchunked")):
        yield _case(number, f"coding {value!r}", raw_submit([f"Transfer-Encoding: {value}"], CHUNKS),
                    (400, 501, GONE))
    yield _case(19, "Chunked in mixed case", raw_submit(["Transfer-Encoding: ChUnKeD"], OK_CHUNKS),
                (201,), closes=False, creates=1)
    yield _case(21, "chunks on HTTP/1.0", raw_submit([CHUNKED], CHUNKS, version="HTTP/1.0"))


def _chunks():
    for number, size in ((22, b"0x" + SIZE), (23, b"-1"), (24, b" " + SIZE), (25, b"f" * 17)):
        yield _case(number, f"chunk size {size!r}",
                    raw_submit([CHUNKED], chunked((size, TASK), (b"0", b""))), (400, 413, GONE))
    long = SIZE + b";" + b"e" * 65536
    yield _case(26, "chunk extension of 64 KiB",
                raw_submit([CHUNKED], chunked((long, TASK), (b"0", b""))), (400, 413, 431, GONE))
    padded = OK_TASK + b" " * (1000000 - len(OK_TASK))
    tiny = b"".join(b"1\r\n%c\r\n" % byte for byte in padded)
    yield _case(27, "a million one-byte chunks", raw_submit([CHUNKED], tiny + b"0\r\n\r\n"),
                (400, 413, 201, GONE), closes=None, creates=None)
    yield _case(28, "chunks with LF only", raw_submit([CHUNKED], CHUNKS.replace(b"\r\n", b"\n")))
    yield _case(29, "the last CRLF missing", raw_submit([CHUNKED], CHUNKS[:-2]), (408, GONE),
                slow_s=40)
    trailer = OK_CHUNKS[:-2] + b"Content-Length: 3\r\n\r\n"
    yield _case(30, "a length as trailer", raw_submit([CHUNKED], trailer), (400, 201, GONE),
                closes=None, creates=None)


def _lines():
    good = head("POST", "/v1/tasks", [LENGTH]) + TASK
    yield _case(31, "bare LF", good.replace(b"\r\n", b"\n"))
    yield _case(32, "bare CR", good.replace(b"\r\n", b"\r"), (400, 408, GONE), slow_s=15)
    yield _case(33, "NUL in a name", raw_submit([b"X-\0A: 1", LENGTH], TASK))
    yield _case(34, "NUL in a value", raw_submit([b"X-A: 1\0", LENGTH], TASK))
    for byte in [*range(1, 10), 11, 12, *range(14, 32), *range(127, 256)]:
        yield _case(35, f"byte {byte:02x} in a name", raw_submit([b"X%cA: 1" % byte, LENGTH], TASK))
    yield _case(36, "a line without colon", raw_submit(["nonsense", LENGTH], TASK))
    yield _case(37, "an empty name", raw_submit([": 1", LENGTH], TASK))
    many = [f"X-{index}: 1" for index in range(65)]
    yield _case(38, "65 headers", get("/livez", *many), (200, 431), closes=None)
    yield _case(38, "17 KiB of headers", get("/livez", "X: " + "y" * 17408), (431, GONE),
                closes=None)
    yield _case(38, "17 KiB in many headers", get("/livez", *[f"X-{n}: {'y' * 500}" for n in range(35)]),
                (431, GONE), closes=None)


def _bodies():
    line = f"Content-Length: {len(OK_TASK)}"
    yield _case(39, "a body longer than its length", raw_submit([line], OK_TASK + b"GARBAGE\r\n\r\n"),
                (201,), creates=1, answers=((400, GONE),))
    yield _case(40, "a body shorter than its length, then the end", raw_submit([LENGTH], TASK[:-3]),
                (400, 408, GONE), half_close=True)


def cases():
    for table in (_lengths, _codings, _chunks, _lines, _bodies):
        yield from table()
