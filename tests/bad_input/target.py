"""B41 to B62: the request line and the target."""

from case import GONE, Case, get, head, send

TASK = b'{"queue":"smuggled"}'
LENGTH = f"Content-Length: {len(TASK)}"
LIMITS = ("-1", "0", "501", "1e3", "999999999999999999999", "abc", "", "5%00", "0x10", "+5", " 5")


def _transport(number, name, data, allowed, **more):
    """A row where libmicrohttpd may answer before we are asked."""
    return Case(f"B{number}", name, data, allowed, is_ours=False, **more)


def _methods():
    for method in ("post", "Post", "FOO", "P@ST"):
        yield _transport(41, f"method {method}", head(method, "/v1/tasks", [LENGTH]) + TASK,
                         (400, 405, 501, GONE))
    yield _transport(42, "method of 64 KiB", head("A" * 65536, "/v1/tasks"),
                     (400, 405, 413, 414, 431, 501, GONE))
    for method in ("CONNECT", "TRACE", "PRI"):
        yield _transport(43, method, get("/v1/tasks", method=method), (400, 405, 501, GONE))
    yield _transport(44, "HTTP/0.9", b"GET /livez\r\n\r\n", (400, 505, GONE))
    for version in ("HTTP/2.0", "HTTP/9.9", "HTTP/1.1x", "HTTP/11", "http/1.1", "HTTP/1"):
        number = 45 if version in ("HTTP/2.0", "HTTP/9.9") else 46
        yield _transport(number, version, head("GET", "/livez", version=version), (400, 505, GONE))


def _hosts():
    yield _transport(47, "no Host", head("GET", "/v1/tasks", host=None), (400, GONE))
    yield _transport(48, "two Hosts", get("/v1/tasks", "Host: localhost"), (400, GONE))
    for host in ("evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.nip.io"):
        yield Case("B49", f"Host {host}", head("GET", "/v1/tasks", host=host), (421,))
    for host in ("localhost/v1", "localhost@evil", "localhost, evil", "[::1", ""):
        yield Case("B50", f"Host {host!r}", head("GET", "/v1/tasks", host=host), (400, 421, GONE),
                   is_ours=False)
    yield _transport(51, "absolute form, foreign", get("http://evil.example/v1/tasks"),
                     (400, 404, 421, GONE))


def _paths():
    yield _transport(52, "* on GET", get("*"), (400, 404, GONE))
    yield _transport(53, "a space in the path", get("/v1/ta sks"), (400, GONE))
    yield Case("B54", "%00", get("/v1/tasks%00"), (400, 404))
    yield Case("B54", "%00 behind a good path", get("/livez%00b"), (400, 404))
    yield _transport(55, "raw NUL", b"GET /livez\0b HTTP/1.1\r\nHost: localhost\r\n\r\n", (400, GONE))
    for path in ("/v1/tasks%zz", "/v1/tasks%", "/v1/tasks/%4", "/v1/%u0041"):
        yield Case("B56", path, get(path), (400, 404))
    for path in ("/v1/tasks/../tokens", "/v1/tasks/%2e%2e/tokens", "//v1/tasks", "/v1//tasks",
                 "/v1/tasks/", "/v1/./tasks", "/v1%2Ftasks", "/V1/tasks", "/v1/tasks/../../etc/passwd"):
        yield Case("B57", path, get(path), (400, 404))
    yield Case("B58", "matrix parameter", get("/v1/tasks;x=1"), (400, 404))
    for path in ("/v1/tasks%c0%af", "/v1/%ff", "/v1/queues/%ff/stats", "/v1/queues/%ed%a0%80"):
        yield Case("B59", path, get(path), (400, 404))
    yield _transport(60, "a path of 5 KiB", get("/v1/" + "a" * 5120), (414, GONE))
    yield _transport(60, "a query of 5 KiB", get("/v1/tasks?name=" + "a" * 5120), (414, GONE))


def _queries():
    for value in LIMITS:
        if " " in value:
            continue
        yield Case("B61", f"limit={value}", get(f"/v1/tasks?limit={value}"), (400,))
    for query in ("limit=5&limit=6", "state=ready&state=ready", "days=99999999", "Limit=5",
                  "limit[]=5", "queue", "=1", "cursor=", "state=", "&&=&", "created_after=1",
                  "observed=maybe", "sort=name", "ids="):
        allowed = (200, 400) if query in ("&&=&", "state=", "queue", "cursor=") else (400,)
        yield Case("B62", f"?{query}", get(f"/v1/tasks?{query}"), allowed)
    yield Case("B62", "unknown query on a submit", send("POST", "/v1/tasks?queu=x", TASK), (400,))
    yield Case("B62", "unknown query on a raw submit", send("POST", "/v1/queues/smuggled/tasks?x=1", b"x"),
               (400,))


def cases():
    for table in (_methods, _hosts, _paths, _queries):
        yield from table()
