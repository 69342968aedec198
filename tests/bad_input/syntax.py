"""B63 to B95: bodies that are not the JSON they claim to be."""

import gzip

from case import GONE, Case, send, submit

LINES = ("Content-Type: application/json",)
KEPT = ('{"queue":"ok","payload":', "}")


def _refused(number, name, body, allowed=(400,), **more):
    return Case(f"B{number}", name, submit(body, *LINES), allowed, **more)


def _kept(number, name, payload, allowed=(201,)):
    """A payload that is strange and still JSON: it is taken as it is."""
    if isinstance(payload, str):
        payload = payload.encode()
    body = KEPT[0].encode() + payload + KEPT[1].encode()
    creates = 1 if allowed == (201,) else None
    return Case(f"B{number}", name, submit(body, *LINES), allowed, creates=creates)


def _documents():
    yield _refused(63, "empty", b"")
    yield _refused(64, "blanks", b" \r\n\t ")
    yield _refused(65, "byte order mark", b'\xef\xbb\xbf{"queue":"smuggled"}')
    for body in (b"null", b"1", b'"x"', b"[]", b"true", b"[{}]"):
        yield _refused(66, f"top level {body!r}", body)
    yield _refused(67, "trailing comma", b'{"queue":"smuggled",}')
    yield _refused(68, "single quotes", b"{'queue':'smuggled'}")
    yield _refused(69, "comment", b'{"queue":"smuggled"/* */}')
    for word in ("NaN", "Infinity", "-Infinity", "nan", "undefined", "True"):
        yield _refused(70, word, f'{{"queue":"smuggled","priority":{word}}}')
        yield _kept(70, f"{word} in the payload", word, (400,))
    for word in ("01", "+1", ".5", "1.", "0x1", "-", "1e", "1e+", "--1", "-01", "1.e3"):
        yield _refused(71, word, f'{{"queue":"smuggled","delay_s":{word}}}')
        yield _kept(71, f"{word} in the payload", word, (400,))
    yield _refused(91, "two documents", b'{"queue":"smuggled"}{"queue":"smuggled"}')
    yield _refused(92, "trailing garbage", b'{"queue":"smuggled"}x')
    yield _refused(92, "trailing NUL", b'{"queue":"smuggled"}\0')
    yield _refused(93, "lines where one document is wanted", b'{"queue":"smuggled"}\n{"queue":"smuggled"}\n')
    packed = gzip.compress(b'{"queue":"smuggled"}', mtime=0)
    yield Case("B94", "gzip", submit(packed, *LINES, "Content-Encoding: gzip"), (415,))


def _numbers():
    for value in ("1e400", "-1e400", "9223372036854775808", "-9223372036854775809",
                  "12345678901234567890"):
        number = 72 if "e" in value else 73
        for member in ("priority", "delay_s", "lease_s"):
            yield _refused(number, f"{member} {value}", f'{{"queue":"smuggled","{member}":{value}}}')
        yield _kept(number, f"{value} in the payload", value)
    for value in ("1e-400", "0.1234567890123456789012345", "-0", "1E5", "9" * 600):
        yield _kept(74, f"payload {value[:20]}", value)


def _texts():
    bad = {75: [b"a\x01b", b"a\nb", b"a\x1fb"], 76: [rb"\x", rb"\u12", rb"\u12G4", rb"\U0041", b"\\"],
           77: [rb"\ud800", rb"\udc00", rb"\udc00\ud800", rb"\ud800x"], 78: [rb"a\u0000b"],
           79: [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\x80",
                b"\xf4\x90\x80\x80"]}
    for number, texts in bad.items():
        for text in texts:
            yield _refused(number, f"name {text!r}", b'{"queue":"smuggled","name":"' + text + b'"}')
            allowed = (400, 201) if number in (77, 78) else (400,)
            yield _kept(number, f"payload {text!r}", b'"' + text + b'"', allowed)
    yield _refused(80, "UTF-16", '{"queue":"smuggled"}'.encode("utf-16"))
    yield _refused(80, "UTF-16 without mark", '{"queue":"smuggled"}'.encode("utf-16-le"))


def _keys():
    yield _refused(81, "equal duplicates", '{"queue":"smuggled","queue":"smuggled"}')
    yield _refused(81, "different duplicates", '{"queue":"smuggled","queue":"other"}')
    yield _refused(81, "duplicates by escape", r'{"queue":"smuggled","\u0071ueue":"other"}')
    yield _kept(81, "duplicates in the payload", '{"a":1,"a":2}')
    yield Case("B82", "keys that differ by normal form",
               submit('{"queue":"ok","headers":{"\u00e9":1,"e\u0301":2}}', *LINES), (201,), creates=1)
    yield _refused(87, "90,000 keys", '{"queue":"smuggled","headers":{'
                   + ",".join(f'"k{n}":1' for n in range(90000)) + "}}", (400, 413))
    yield _refused(88, "a key of 1 MiB", '{"queue":"smuggled","' + "k" * 1048576 + '":1}', (400, 413))
    yield _refused(90, "1 MiB of escapes", '{"queue":"smuggled","name":"' + r"\u0041" * 174762 + '"}',
                   (400, 413))


def _depth(count, inner="1"):
    return "[" * count + inner + "]" * count


def _bombs():
    for depth in (33, 2049, 100000):
        body = '{"queue":"smuggled","headers":{"a":' + _depth(depth) + "}}"
        yield _refused(83, f"headers {depth} deep", body)
    yield _kept(83, "payload 500 deep", _depth(500))
    yield _kept(83, "payload 513 deep", _depth(514), (400,))
    yield _kept(83, "payload 100,000 deep", _depth(100000), (400,))
    yield _refused(84, "500,000 open brackets", "[" * 500000, (400, 413))
    yield _kept(84, "500,000 open brackets in the payload", "[" * 500000, (400, 413))
    yield _refused(84, "closing too much", '{"queue":"smuggled"}}')
    yield _refused(85, "350,000 empty objects in headers",
                   '{"queue":"smuggled","headers":{"a":[' + "{}," * 349999 + "{}]}}", (400, 413))
    yield _kept(85, "300,000 empty objects in the payload", "[" + "{}," * 299999 + "{}]", (201, 400))
    yield _refused(86, "20,001 nodes", '{"queue":"smuggled","headers":{"a":[' + "1," * 20000 + "1]}}")


def _suite():
    """The kinds of JSONTestSuite that the rows above leave out."""
    for text in ('[1 true]', '[a]', '[,1]', '[1,,2]', '["x"', '["",]', '[3[4]]', '{"a" b}', '{"a"}',
                 '{"a":', '{:"b"}', '{1:1}', '{"a":1,,"b":2}', '{"a" "b"}', '{a:"b"}', '[-]', '[1e1e1]',
                 '[1.2a-3]', '[2.e3]', '[0e]', '[1 000.0]', '[-2.]', '["\\a"]', '["\\u00A"]', '[\\u0020"x"]',
                 '["a\x00a"]', '[tru]', '[nul]', '[*]', '<.>', '[\x0c]', '1]', '{"x":true,}', '[\u2060]', '{}}',
                 '{"a":"b"}#', "['']", '["x", truth]', '[1]x', 'a\u00e5', '\u00e5', '["\ud83d"]', '-', '"', '\\u0020'):
        body = text.encode("utf-8", "surrogatepass")
        yield _kept(95, f"n {text[:24]!a}", body, (400,))
    for text in ('[]', '{}', '[ 1 ]', '[1e+2]', '[-0.0]', '["\\u0060\\u012a\\u12AB"]', '"\U0001f600"', ' true ',
                 '[null,1,"1",{}]', '{"":0}', '["\\"\\\\\\/\\b\\f\\n\\r\\t"]', '"\x7f"', '[1.5E-3]', '-1', '""',
                 '{"a":[],"a":{}}', '["\u2028\u2029"]', '["\\ud834\\udd1e"]'):
        yield _kept(95, f"y {text[:24]!a}", text)


def cases():
    for table in (_documents, _numbers, _texts, _keys, _bombs, _suite):
        yield from table()
    yield Case("B93", "lines on a queue's settings",
               send("PUT", "/v1/queues/smuggled", b"{}\n{}\n", *LINES), (400, GONE))
