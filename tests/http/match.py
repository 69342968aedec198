"""Compares an answer with what a conversation expects, and remembers what it captures.

Objects match by subset, lists exactly unless `...` stands in them. `*` is anything, `some`
anything but null, `absent` no such member, `>=3` a number, "~regex" a text, "$name" a capture
(bound by its first use), "!$name" anything but that capture.
"""

import fnmatch
import json
import re

MARK = "\u0001"
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|\*|\bsome\b|\babsent\b|[<>]=-?[\d.]+|\$\w+')
CAPTURE = re.compile(r"\$(\w+)")
MORE, ANY, SOME, ABSENT = (MARK + word for word in ("...", "*", "some", "absent"))


class Mismatch(Exception):
    """Where and how an answer differs."""


def pattern(text):
    """The expected JSON with its marks, as a value."""
    def mark(found):
        word = found[0]
        if word.startswith('"'):
            return word
        return json.dumps(word if word.startswith("$") else MARK + word)
    return json.loads(TOKEN.sub(mark, text), strict=False)


def substitute(text, captures, quote=False):
    """Puts captured values in place of their names; unknown names stay as they are."""
    def put(found):
        if found[1] not in captures:
            return found[0]
        value = captures[found[1]]
        return value if isinstance(value, str) else json.dumps(value)
    if quote:  # "$n" with a captured number becomes the number
        text = re.sub(r'"\$(\w+)"', lambda found: _quoted(found, captures), text)
    return CAPTURE.sub(put, text)


def _quoted(found, captures):
    if found[1] not in captures:
        return found[0]
    return json.dumps(captures[found[1]])


def compare(expected, got, captures, where=""):
    """Raises Mismatch where `got` is not what `expected` asks for."""
    if isinstance(expected, str):
        _compare_text(expected, got, captures, where)
    elif isinstance(expected, dict):
        _compare_object(expected, got, captures, where)
    elif isinstance(expected, list):
        _compare_list(expected, got, captures, where)
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        raise Mismatch(f"{where or '/'}: expected {show(expected)}, got {show(got)}")


def _compare_object(expected, got, captures, where):
    if not isinstance(got, dict):
        raise Mismatch(f"{where or '/'}: expected an object, got {show(got)}")
    for key, value in expected.items():
        if value == ABSENT:
            if key in got:
                raise Mismatch(f"{where}/{key}: should be absent, is {show(got[key])}")
        elif key not in got:
            raise Mismatch(f"{where}/{key}: missing")
        else:
            compare(value, got[key], captures, f"{where}/{key}")


def _compare_list(expected, got, captures, where):
    if not isinstance(got, list):
        raise Mismatch(f"{where or '/'}: expected a list, got {show(got)}")
    wanted = [item for item in expected if item != MORE]
    if MORE not in expected and len(got) != len(wanted):
        raise Mismatch(f"{where or '/'}: expected {len(wanted)} items, got {len(got)}: {show(got)}")
    if expected and expected[0] == MORE:
        _find_in_order(wanted, got, captures, where, to_end=expected[-1] != MORE)
        return
    if len(got) < len(wanted):
        raise Mismatch(f"{where or '/'}: expected {len(wanted)} items or more, got {len(got)}")
    for index, item in enumerate(wanted):
        compare(item, got[index], captures, f"{where}/{index}")


def _find_in_order(wanted, got, captures, where, to_end):
    start = len(got) - len(wanted) if to_end else 0
    for item in wanted:
        for index in range(max(start, 0), len(got)):
            trial = dict(captures)
            try:
                compare(item, got[index], trial, f"{where}/{index}")
            except Mismatch:
                continue
            captures.update(trial)
            start = index + 1
            break
        else:
            raise Mismatch(f"{where or '/'}: no item like {show(item)} in {show(got)}")


def _compare_text(expected, got, captures, where):
    if expected.startswith(MARK):
        _compare_mark(expected[1:], got, where)
    elif expected.startswith("~"):
        wanted = substitute(expected[1:], captures)
        if not isinstance(got, str) or not re.search(wanted, got):
            raise Mismatch(f"{where or '/'}: expected text like {wanted!r}, got {show(got)}")
    elif re.fullmatch(r"!\$\w+", expected):
        if got == captures[expected[2:]]:
            raise Mismatch(f"{where or '/'}: should differ from {expected[1:]}, is {show(got)}")
    elif re.fullmatch(r"\$\w+", expected):
        wanted = captures.setdefault(expected[1:], got)
        if wanted != got:
            raise Mismatch(f"{where or '/'}: {expected} was {show(wanted)}, is {show(got)}")
    elif substitute(expected, captures) != got:
        wanted = substitute(expected, captures)
        raise Mismatch(f"{where or '/'}: expected {show(wanted)}, got {show(got)}")


def _compare_mark(mark, got, where):
    if mark == "*" or (mark == "some" and got is not None):
        return
    if mark[:2] in (">=", "<=") and isinstance(got, (int, float)) and not isinstance(got, bool):
        bound = float(mark[2:])
        if (got >= bound) if mark[0] == ">" else (got <= bound):
            return
    raise Mismatch(f"{where or '/'}: expected {mark}, got {show(got)}")


def compare_header(name, wanted, got, captures):
    """A header against its pattern: `*` as in a shell, `$name` captured by its first use."""
    if name.startswith("!"):
        if got is not None:
            raise Mismatch(f"header {name[1:]}: should be absent, is {got!r}")
        return
    if got is None:
        raise Mismatch(f"header {name}: missing")
    wanted = wanted or "*"
    if re.fullmatch(r"\$\w+", wanted):
        wanted = captures.setdefault(wanted[1:], got)
        if wanted != got:
            raise Mismatch(f"header {name}: was {wanted!r}, is {got!r}")
    elif not _glob(substitute(wanted, captures), got):
        raise Mismatch(f"header {name}: expected {substitute(wanted, captures)!r}, got {got!r}")


def _glob(wanted, got):
    return re.fullmatch(fnmatch.translate(wanted.replace("[", "[[]")), got) is not None


def show(value, limit=300):
    if isinstance(value, bytes):
        return repr(value[:limit])
    text = json.dumps(value, ensure_ascii=False).replace("\\u0001", "")
    return text if len(text) <= limit else text[:limit] + "…"
