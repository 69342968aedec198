"""B96 to B135: well-formed requests whose members, ids, tokens or headers are wrong."""

import json
from urllib.parse import quote

from case import GONE, Case, get, send, submit

UNKNOWN = "01890000-0000-7000-8000-000000000000"
WRONG_TYPES = {
    "type": (7, True, [], {}), "queue": (7, True, [], {}), "name": (7, True, [], {}),
    "priority": (True, [], {}, "urgent", None), "delay_s": (True, [], {}, "5"),
    "run_at": (7, True, [], {}, "x"), "timeout_s": (True, [], {}, "5"), "lease_s": (True, [], {}, "5"),
    "deadline_s": (True, [], {}, "5"), "expires_s": (True, [], {}, "5"),
    "retry": (7, True, [], "x"), "tags": (7, True, "x", {}), "headers": (7, True, "x", []),
    "traceparent": (7, True, [], {}), "payload_base64": (7, True, [], {}), "content_type": (7, True, [], {}),
    "limits": (7, True, "x", {}), "depends_on": (7, True, "x", {}),
}


def _field(number, name, members, allowed=(400,), **more):
    return Case(f"B{number}", name, submit({"queue": "smuggled"} | members), allowed, **more)


def _raw_member(number, text, allowed=(400,), **more):
    """A member as JSON text, where Python would write it another way."""
    body = '{"queue":"%s",%s}' % ("ok" if allowed == (201,) else "smuggled", text)
    return Case(f"B{number}", text[:50], submit(body), allowed, **more)


def _shapes():
    for member, values in WRONG_TYPES.items():
        for value in values:
            if value is not None:
                yield _field(96, f"{member}: {json.dumps(value)}", {member: value})
    yield Case("B97", "a worker without identity", send("POST", "/v1/workers", {"queues": ["q"]}), (400,))
    yield Case("B97", "outcomes without outcomes",
               lambda fixture: send("POST", f"/v1/workers/{fixture.worker}/outcomes", {}), (400,))
    yield Case("B97", "snooze without delay_s",
               lambda fixture: send("POST", f"/v1/leases/{fixture.lease}/snooze", {}), (400,))
    yield _field(98, "a misspelt member", {"priorty": 1})
    yield _field(99, "__proto__ at the top", {"__proto__": {}, "constructor": 1})
    yield Case("B99", "__proto__ as data", submit({"queue": "ok", "payload": {"__proto__": 1},
                                                  "headers": {"constructor": "x"}}), (201,), creates=1)


def _queue_names():
    names = ("", "q" * 129, "a/b", "..", "a b", "\U0001f600", "a\u200fb", "a\0b", "a\nb", "a;b", "a%b",
             "é", "a'b", "a\"b", "<script>", "a\\b", "*", "q*")
    for name in names:
        if name != "..":  # two dots are a name like another in JSON
            yield _field(100, f"queue {name[:20]!a}", {"queue": name})
        path = f"/v1/queues/{quote(name, safe='')}/tasks"
        yield Case("B100", f"path queue {name[:20]!a}", send("POST", path, b"x"),
                   (201, 400, 404) if name == ".." else (400, 404),
                   creates=None if name == ".." else 0)


def _limits():
    for name in ("", "l" * 129, "l" * 129 + "*", "a*b", "**", "a**", "*a", "a b", "é", "a\0b", "a/b", "a%b", "<script>"):
        path = f"/v1/limits/{quote(name, safe='*')}"
        yield Case("B113", f"limit {name[:20]!a}", send("PUT", path, {}), (400, 404, 405))
    for text in ("-1", "1.5", "1e99", "9223372036854775808", "1000000001", '"5"', "true", "[]", "{}"):
        body = b'{"max_running":%s}' % text.encode()
        yield Case("B113", f"max_running {text}", send("PUT", "/v1/limits/l", body), (400,))
    for settings in ({"rate": {}}, {"rate": {"units": 0}}, {"rate": {"units": -1}}, {"rate": {"units": 1, "period_s": 0}},
                     {"rate": 5}, {"rate": []}, {"over": "drop"}, {"over": 1}, {"over": None}, {"max": 1}, [], "x", 7):
        yield Case("B113", f"limit {json.dumps(settings)}", send("PUT", "/v1/limits/l", json.dumps(settings).encode()), (400,))


def _numbers():
    for text in ("-101", "101", "1.5", '"1"', "99999999999", "null"):
        if text != "null":
            yield _raw_member(102, f'"priority":{text}')
    yield _raw_member(102, '"priority":1e2', (400, 201), creates=None)
    for text in ("-1", "-0.001", "9007199254740993", "9223372036854775807", '"5"', '"5 m"', '"1y"', "315619201"):
        yield _raw_member(103, f'"delay_s":{text}')
    yield _raw_member(103, '"delay_s":0', (201,), creates=1)
    for text in ("0", "-1", "0.5", "43201", "1e9"):
        yield _raw_member(106, f'"lease_s":{text}')
    for text in ("-1", "1e300"):
        yield _raw_member(106, f'"expires_s":{text}')
        yield _raw_member(106, f'"deadline_s":{text}')
        yield _raw_member(106, f'"timeout_s":{text}')
    for text in ("0", "-1", "1001", "1.5", '"3"'):
        yield _raw_member(107, '"retry":{"max_attempts":%s}' % text)
        yield _raw_member(107, '"retry":{"max_crashes":%s}' % (text if text != "0" else "-2"))
    for text in ('{"delays_s":[-1]}', '{"delays_s":["1"]}', '{"delays_s":[1e300]}', '{"delays_s":5}',
                 '{"backoff":"sometimes"}', '{"backoff":"linear","delay_s":-1}',
                 '{"backoff":"exponential","delay_s":1,"max_delay_s":1e308}', '{"jitter":"much"}',
                 '{"delays_s":[1],"backoff":"fixed","delay_s":1}'):
        yield _raw_member(108, '"retry":' + text)


def _times():
    for text in ("10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
                 "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00", "2026-01-01 T00:00:00Z",
                 "2026-01-01T00:00:00+99:99", "20260101T000000Z", "2026-01-01", "1767225600", "",
                 "2026-01-01T00:00:00Zjunk", " 2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        yield _field(104, f"run_at {text}", {"run_at": text})
    yield _field(104, "run_at 1969", {"run_at": "1969-01-01T00:00:00Z"}, (400, 201), creates=None)
    yield _field(105, "delay_s and run_at", {"delay_s": 1, "run_at": "2030-01-01T00:00:00Z"})


ID = "01890000-0000-7000-8000-%012d"
BEYOND = ("0", "-1", "1e300", "9223372036854775808", '"1"', "true", "[]", "{}")


def _rules():
    yield _raw_member(102, '"fairness_weight":1000', (201,), creates=1)
    for text in (*BEYOND, "0.0009", "1000.001"):
        yield _raw_member(102, f'"fairness_weight":{text}')
        yield _raw_member(102, f'"dedup":{{"key":"k","scope":"window","window_s":{text if text != "1000.001" else 4e8}}}')
    for text in (*BEYOND, "1000001", "1.5"):
        yield _raw_member(113, '"limits":[{"name":"l","units":%s}]' % text)
    for text in BEYOND:
        yield _raw_member(102, '"dedup":{"key":"k","on_conflict":"debounce","max_delay_s":%s}' % text)
    for member in ("fairness_key", "ordering_key", "affinity"):
        for value in ("", "a\nb", "a\0b", "\x7f", "k" * 256, 7, True, [], {}):
            yield _field(96, f"{member} {str(value)[:12]!a}", {member: value})
            yield _field(96, f"dedup.key {str(value)[:12]!a}", {"dedup": {"key": value}})
    for member, words in (("on_order_failure", ("fail", "", "SKIP", 1, True, [], {})),
                          ("on_dependency_failure", ("block", "", "Run", 1, True, [], {}))):
        for word in words:
            yield _field(96, f"{member} {word!a}", {member: word})
    for value in (7, True, "x", [], {}, {"scope": "queued"}, {"key": None}, {"key": "k", "scope": "all"},
                  {"key": "k", "scope": 1}, {"key": "k", "on_conflict": "drop"}, {"key": "k", "scope": "window"},
                  {"key": "k", "window_s": 1}, {"key": "k", "max_delay_s": 1}, {"key": "k", "ttl": 1}):
        yield _field(96, f"dedup {json.dumps(value)}", {"dedup": value})
    for value in ([""], ["a*"], ["a b"], [7], [None], [[]], [{}], [{"units": 1}], [{"name": "a", "unit": 1}],
                  ["a", "a"], ["a", {"name": "a", "units": 2}], [f"l{n}" for n in range(33)], ["x" * 129]):
        yield _field(113, f"limits {json.dumps(value)[:30]}", {"limits": value})
    for value in ([""], ["x"], [7], [None], [[]], [ID % 1 + "0"], [ID % 1, ID % 1], [ID % n for n in range(101)]):
        yield _field(114, f"depends_on {json.dumps(value)[:30]}", {"depends_on": value})
    yield _field(114, "a ref alone", {"ref": "a"})
    batch = lambda *tasks: send("POST", "/v1/tasks/batch?atomic=1", list(tasks))  # noqa: E731
    for ref in ("", "a b", "r" * 129, 7, [], ID % 1):
        yield Case("B114", f"ref {str(ref)[:12]!a}", batch({"queue": "smuggled", "ref": ref}), (400,))
    yield Case("B114", "a ref twice", batch({"queue": "smuggled", "ref": "a"}, {"queue": "smuggled", "ref": "a"}), (400,))
    yield Case("B114", "a ref in a line", send("POST", "/v1/tasks/batch", b'{"queue":"smuggled","ref":"a"}\n'), (200,))


def _queue_rules():
    put = lambda members: send("PUT", "/v1/queues/smuggled", members)  # noqa: E731
    for text in (*BEYOND, "315360001"):
        yield Case("B102", f"aging_s {text}", put(f'{{"aging_s":{text}}}'), (400,))
    for value in (0, 1, "yes", None, [], {}):
        yield Case("B96", f"fairness {value!a}", put({"fairness": value}), (400,))
    for value in (5, "5/s", [], {}, {"units": 0}, {"units": -1}, {"units": 2**63}, {"units": 1, "period_s": 0},
                  {"units": 1, "burst": -1}, {"units": 1, "burst": 0.5}, {"units": 1, "per": 1}):
        yield Case("B96", f"rate {json.dumps(value)}", put({"rate": value}), (400,))
    for value in ("", "a b", "q*", "q" * 129, "smuggled", 7, [], {}):
        yield Case("B100", f"dead_letter_queue {str(value)[:12]!a}", put({"dead_letter_queue": value}), (400,))


def _filters():
    test = lambda body: send("POST", "/v1/routes/test", body)  # noqa: E731
    case = lambda filters: test(b'{"headers":{"v":"x"},"filters":%s}' % filters)  # noqa: E731
    for text in ("7", "null", '"x"', "{}", "[7]", "[[]]", "[null]", '[{"v":{"$foo":1}}]', '[{"$where":"x"}]', '[{"v":{"$in":1}}]',
                 '[{"v":{"$mod":[0,1]}}]', '[{"v":{"$size":-1}}]', '[{"v":{"$type":"text"}}]', '[{"v":{"$regex":"("}}]',
                 '[{"v":{"$regex":"(?C9)\\\\C"}}]', '[{"v":1,"v":2}]', '[{"v":%s}]' % ("[" * 40 + "]" * 40),
                 "[%s]" % ",".join(["{}"] * 1001), '[{"v":"%s"}]' % ("x" * 65536), '[{"v":"\\u0000"}]',
                 '[{"v":{"$or":[%s]}}]' % ",".join(['{"$regex":"x"}'] * 65)):
        yield Case("B113", f"filters {text[:40]}", case(text.encode()), (422,))
    for text in ("", "{}", "[]", "7", '{"headers":{},"filters":[}', '{"headers":7,"filters":[]}', '{"headers":null,"filters":[]}',
                 '{"headers":{"a":1,"a":2},"filters":[]}', '{"headers":{},"headers":{},"filters":[]}',
                 '{"headers":{"a":%s},"filters":[]}' % ("[" * 40 + "]" * 40), '{"headers":{},"filters":[],"x":1}'):
        yield Case("B96", f"a filter's test {text[:40]}", test(text.encode()), (400,))
    for text in ('[{"v":{"$regex":"(x+x+)+[yz]"}}]', '[{"v":"*%s*"}]' % ("[" * 60000), '[{"%s":1}]' % ("." * 60000),
                 "[%s]" % ",".join(['{"v":{"$regex":"(?R)?x"}}'] * 9)):
        yield Case("B113", f"dear filters {text[:40]}", case(text.encode()), (200, 422))
    yield Case("B111", "headers of 65 KiB", test(b'{"headers":{"v":"%s"},"filters":[]}' % (b"x" * 66560)), (413,))
    yield Case("B111", "a filter's test of 257 KiB", test(b'{"headers":{},"filters":["%s"]}' % (b"x" * 263168)), (413, GONE))


def _sizes():
    exact = b'"' + b"x" * 1048574 + b'"'
    yield Case("B111", "a payload of 1 MiB", send("POST", "/v1/queues/ok/tasks", exact), (201,), creates=1)
    yield Case("B111", "and a byte more", send("POST", "/v1/queues/smuggled/tasks", exact + b" "), (413,))
    yield Case("B111", "a payload of 1 MiB in an envelope",
               submit(b'{"queue":"ok","payload":' + exact + b"}"), (201,), creates=1)
    yield Case("B111", "and a byte more", submit(b'{"queue":"smuggled","payload":"x' + exact[1:] + b"}"), (413,))
    yield Case("B111", "a body of 5 MiB", submit(b'{"queue":"smuggled","payload":"' + b"x" * 5242880 + b'"}'),
               (413, GONE))
    for tags in ([str(n) for n in range(17)], ["x" * 129], ["a b"], [7], [None], [["a"]], [""]):
        yield _field(112, f"tags {str(tags)[:30]}", {"tags": tags})
    yield _field(112, "a tag twice", {"tags": ["a", "a"]}, (400, 201), creates=None)
    yield _field(113, "a limit name of 1 KiB", {"limits": ["x" * 1024]})
    yield _field(114, "an unknown dependency", {"depends_on": [UNKNOWN]}, (400, 404, 422, 201), creates=None)
    yield _field(96, "a type of 256 bytes", {"type": "t" * 256})
    yield _field(96, "65 headers of a task", {"headers": {f"h{n}": "1" for n in range(65)}})


def _keys():
    for key in ("", "k" * 256, "a\x01b", "k" * 4000):
        yield Case("B115", f"key {key[:12]!r}", submit({"queue": "smuggled"}, f"Idempotency-Key: {key}"),
                   (400, GONE), is_ours="\x01" not in key)
    yield Case("B115", "two keys", submit({"queue": "smuggled"}, "Idempotency-Key: a", "Idempotency-Key: b"),
               (400, GONE), is_ours=False)
    yield Case("B115", "a used key with another body",
               submit({"queue": "smuggled"}, "Idempotency-Key: used"), (422,))


def _ids():
    upper = lambda fixture: get(f"/v1/tasks/{fixture.task.upper()}")  # noqa: E731
    yield Case("B116", "an id in upper case", upper, (200, 400, 404))
    for text in ("x", "00000000-0000-0000-0000-000000000000", UNKNOWN, "' OR 1=1--", "%", "_" * 36,
                 "01890000-0000-7000-8000-00000000000", "01890000-0000-7000-8000-0000000000000", "-1", "0",
                 "..", "null", "0189000000007000800000000000000g", "%00", "a" * 3000):
        escaped = quote(text, safe="")
        yield Case("B116", f"id {text[:40]}", get(f"/v1/tasks/{escaped}"), (400, 404))
        yield Case("B116", f"cancel of id {text[:40]}", send("POST", f"/v1/tasks/{escaped}/cancel"), (400, 404))
        yield Case("B116", f"claim of worker {text[:40]}", send("POST", f"/v1/workers/{escaped}/claim"), (400, 404))


def _leases():
    for text in ("x", "0", "-1", str(2**64), UNKNOWN, "AAAA====", "%ff", "a" * 3000, "' OR 1=1--"):
        escaped = text if text == "%ff" else quote(text, safe="")
        for verb, body in (("complete", b"1"), ("fail", b"{}"), ("release", b""), ("extend", b'{"lease_s":9}'),
                           ("cancelled", b""), ("progress", b'{"percent":1}'), ("snooze", b'{"delay_s":1}')):
            yield Case("B117", f"{verb} of lease {text[:24]}", send("POST", f"/v1/leases/{escaped}/{verb}", body),
                       (409, 400) if text == "%ff" else (409,))
    lease = lambda verb, body: lambda fixture: send("POST", f"/v1/leases/{fixture.lease}/{verb}", body)  # noqa: E731
    done = lambda verb, body: lambda fixture: send("POST", f"/v1/leases/{fixture.done}/{verb}", body)  # noqa: E731
    yield Case("B118", "complete with another result", done("complete", b"2"), (409,))
    yield Case("B118", "fail after complete", done("fail", b"{}"), (409,))
    yield Case("B119", "a result above 1 MiB", lease("complete", b"x" * 1048577), (413,))
    yield Case("B120", "extend after the end", done("extend", b'{"lease_s":30}'), (409,))
    yield Case("B120", "progress after the end", done("progress", b'{"percent":1}'), (409,))
    for text in ("0", "-1", "43201", "1e300", '"9"', "true"):
        yield Case("B121", f"extend by {text}", lease("extend", b'{"lease_s":%s}' % text.encode()), (400,))
    for body in ('{"percent":-1}', '{"percent":101}', '{"percent":"x"}', '{"percnt":1}', "[]"):
        yield Case("B121", f"progress {body}", lease("progress", body), (400,))
    for body in ('{"type":7}', '{"retryable":"yes"}', '{"delay_s":-1}', '{"typ":"x"}'):
        yield Case("B121", f"fail {body}", lease("fail", body), (400,))
    for body in ('{"delay_s":-1}', '{"delay_s":315619201}', '{"delay_s":"1"}'):
        yield Case("B121", f"snooze {body}", lease("snooze", body), (400,))


def _cursors_and_tags():
    for cursor in ("x", "AAAA", "a" * 1024, "%00", "-1", "' OR 1=1--", UNKNOWN):
        yield Case("B122", f"cursor {cursor[:20]}", get(f"/v1/tasks?cursor={quote(cursor, safe='%')}"), (400,))
    patch = lambda tag: lambda fixture: send("PATCH", f"/v1/tasks/{fixture.task}", {"name": "bad"},  # noqa: E731
                                             f"If-Match: {tag}")
    for tag in ("junk", '"0"', 'W/"1"', '"a", "b"', '"'):
        yield Case("B123", f"If-Match {tag}", patch(tag), (400, 412))
    yield Case("B124", "Accept: image/png", get("/v1/tasks", "Accept: image/png"), (200, 406))


def _headers():
    task = b'{"queue":"smuggled"}'
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                  "application/json; charset=utf-16", "application/xml", "application/jsonp", "json", "*/*"):
        yield Case("B125", media, submit(task, f"Content-Type: {media}"), (415,))
    yield Case("B126", "Expect: foo", submit(task, "Expect: foo"), (417, GONE), is_ours=False)
    yield Case("B127", "Range", get("/v1/version", "Range: bytes=0-1"), (200,))
    yield Case("B127", "Upgrade: h2c", get("/livez", "Connection: Upgrade", "Upgrade: h2c"), (200,))
    yield Case("B127", "Upgrade: websocket", get("/livez", "Connection: Upgrade", "Upgrade: websocket"), (200,))
    yield Case("B128", "Authorization of 16 KiB", get("/v1/tasks", "Authorization: Bearer " + "x" * 16384),
               (431, GONE), is_ours=False)
    for wait in ("61", "-1", "1e9", "", "abc", "nan", "inf", "0x1", "60.001"):
        yield Case("B131", f"wait={wait}", get(f"/v1/tasks?ids={UNKNOWN}&wait={wait}"),
                   (400, 404) if wait == "" else (400,))
        yield Case("B131", f"submit with wait={wait}", send("POST", f"/v1/tasks?wait={wait}", task), (400,))
    yield Case("B133", "X-Forwarded-For junk", get("/livez", "X-Forwarded-For: " + "1.2.3.4, " * 100), (200,))
    yield Case("B134", "traceparent junk", get("/livez", "traceparent: junk"), (200,))
    yield Case("B135", "method override", get("/v1/tasks", "X-HTTP-Method-Override: POST"), (200,))
    yield Case("B127", "cross-site", submit(task, "Sec-Fetch-Site: cross-site"), (403,))
    yield Case("B127", "foreign Origin", submit(task, "Origin: https://evil.example"), (403,))


def _batches():
    batch = lambda body, query="": send("POST", "/v1/tasks/batch" + query, body)  # noqa: E731
    yield Case("B132", "an empty array", batch([]), (200, 400))
    yield Case("B132", "1,001 in an array", batch([{"queue": "smuggled"}] * 1001), (400, 413))
    good = [{"queue": "smuggled"}] * 999
    yield Case("B132", "one bad of 1,000, atomic", batch(good + [{"queue": "a b"}], "?atomic=1"), (400, 200, 422))
    yield Case("B132", "one bad of 1,000", batch([{"queue": "ok"}] * 999 + [{"queue": "a b"}]), (200,), creates=999)
    yield Case("B132", "half an array", batch(b'[{"queue":"smuggled"},{"queue":'), (400,))
    yield Case("B132", "an array and more", batch(b'[{"queue":"smuggled"}]x'), (400,))
    yield Case("B132", "atomic=maybe", batch([{"queue": "smuggled"}], "?atomic=maybe"), (400,))
    yield Case("B132", "items that are no objects", batch([1, "x", None, []]), (200, 400))


CRONS = ("", " ", "*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
         "* * * * 8", "-1 * * * *", "5-1 * * * *", "*/0 * * * *", "*/90 * * * *", "5/15 * * * *", "1,,2 * * * *", "a * * * *",
         "? * * * *", "0 0 L * *", "0 0 1W * *", "0 0 * * 5#2", "@reboot", "@often", "0 0 31 2 *", "0 0 30 FEB *", "0 0 31 APR *",
         "* * * * *\0", "* * * * *\n* * * * *", "١ * * * *", "1e1 * * * *", "99999999999999999999 * * * *",
         "*" * 513 + " * * * *", "0," * 200000 + "0 * * * *")
ZONES = ("Mars/X", "", "/etc/passwd", "../../etc/passwd", "Europe/../Europe/Berlin", "Europe", "europe/berlin", "Europe/Berlin\0",
         "posix/../right/UTC", "zone.tab", "tzdata.zi", "CET-1CEST", ":UTC", "+01:00", "x" * 300, "Европа/Берлин")


def _schedule(number, name, members, allowed=(400,)):
    body = {"cron": "0 0 1 1 *", "task": {"queue": "smuggled"}} | members
    return Case(f"B{number}", name, send("PUT", "/v1/schedules/bad", body), allowed)


def _schedules():
    for cron in CRONS:
        yield _schedule(109, f"cron {cron[:30]!a}", {"cron": cron}, (400, 413))
    for cron in (None, 7, [], {}, True):
        yield _schedule(109, f"cron {cron!r}", {"cron": cron})
    for zone in ZONES:
        yield _schedule(110, f"zone {zone[:30]!a}", {"timezone": zone})
    for zone in (7, [], True):
        yield _schedule(110, f"zone {zone!r}", {"timezone": zone})
    for jitter in (-1, 3601, 1e300, "5", [], True):
        yield _schedule(110, f"jitter_s {jitter!r}", {"jitter_s": jitter})
    for member in ("overlap", "missed"):
        for word in ("", "never", 0, True, ["skip"]):
            yield _schedule(110, f"{member} {word!r}", {member: word})
    for task in (None, 7, "x", [], True, {"delay_s": 5}, {"run_at": "9999-12-31T23:59:59Z"}, {"run_at": "2030-01-01T00:00:00Z"},
                 {"depends_on": [UNKNOWN]}, {"ref": "a"}, {"priority": 101}, {"queue": "a b"}, {"headers": {"a": 1}},
                 {"idempotency_key": "k"}, {"nothing": 1}, {"retry": {"max_attempts": 0}}):
        yield _schedule(110, f"task {json.dumps(task)}", {"task": task}, (400, 422))
    yield Case("B110", "no cron", send("PUT", "/v1/schedules/bad", {"task": {}}), (400,))
    yield Case("B110", "no task", send("PUT", "/v1/schedules/bad", {"cron": "* * * * *"}), (400,))
    yield Case("B110", "a task twice", send("PUT", "/v1/schedules/bad", '{"cron":"* * * * *","task":{},"task":{}}'), (400,))
    yield Case("B110", "a queue twice in the task",
               send("PUT", "/v1/schedules/bad", '{"cron":"* * * * *","task":{"queue":"a","queue":"b"}}'), (400,))
    yield Case("B110", "a deep task", send("PUT", "/v1/schedules/bad",
                                          '{"cron":"* * * * *","task":' + '{"retry":' * 900 + "1" + "}" * 901), (400, 413))
    for count in ("0", "101", "x", "-1", "1e1", "", "99999999999999999999"):
        yield Case("B110", f"n={count}", get(f"/v1/schedules/bad/next?n={count}"), (400,))
    for name in ("a%20b", "%00", "q" * 129, "a%2Fb", "*"):
        yield Case("B110", f"name {name[:20]}", send("PUT", f"/v1/schedules/{name}", {"cron": "@daily", "task": {}}), (400, 404))


WAITING = {
    "B89": "keys that collide need the hash seed, which is random in each process",
    "B101": "no queue name is reserved",
    "B130": "event streams",
    "B114 (self, cycle, foreign)": "dependencies",
    "B155, B162-B165": "addresses and answers of endpoints: tests/push", "B171-B173, B175, B176": "dashboard, exports, event streams",
}


def cases():
    for table in (_shapes, _queue_names, _limits, _numbers, _times, _rules, _queue_rules, _sizes, _keys, _ids, _leases,
                  _cursors_and_tags, _filters, _headers, _batches, _schedules):
        yield from table()
