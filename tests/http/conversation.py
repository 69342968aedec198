"""Reads a .http conversation: one statement a line, indented lines continue the one above."""

import re
from dataclasses import dataclass, field

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADER = re.compile(r"\[(!?[A-Za-z][A-Za-z0-9-]*)(?::\s*([^\]]*))?\]")
BODY_WORD = re.compile(r"(FILE|BINARY|FILL|EMPTY|LINES|LIST)\b")
WITHIN = re.compile(r"in\s+([\d.]+)\.\.([\d.]+)s(?=\s|$)")
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


class Malformed(Exception):
    """A statement that the parser does not understand."""


@dataclass
class Body:
    """A body as written: `json` parts, `raw` bytes, or a generated one."""
    kind: str
    parts: list = field(default_factory=list)


@dataclass
class Side:
    """What stands on one side of the arrow."""
    body: Body = None
    headers: list = field(default_factory=list)


@dataclass
class Expectation:
    status: str
    within: tuple
    side: Side


@dataclass
class Step:
    """One statement: its verb, its argument, and where it stands."""
    line: int
    text: str
    note: str
    verb: str
    argument: str = ""
    path: str = ""
    request: Side = None
    expected: Expectation = None
    inner: list = field(default_factory=list)


def read(path):
    """The steps of a file, loops nested."""
    with open(path, encoding="utf-8") as lines:
        steps = [_parse(*statement) for statement in _statements(lines)]
    nested, rest = _nest(steps)
    if rest:
        raise Malformed(f"line {rest[0].line}: END without REPEAT")
    return nested


def _statements(lines):
    """(line number, text, note) of each statement; the note is the comment above it."""
    current, note = None, ""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip()
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            if current and (not stripped or not line[0].isspace()):
                yield current
                current = None
            if stripped and not line[0].isspace():
                note = stripped.lstrip("# ")
        elif line[0].isspace() and current:
            current = (current[0], f"{current[1]}\n{stripped}", current[2])
        else:
            if current:
                yield current
            current = (number, stripped, note)
    if current:
        yield current


def _nest(steps):
    nested = []
    while steps:
        step = steps[0]
        if step.verb == "END":
            return nested, steps
        steps = steps[1:]
        if step.verb == "REPEAT":
            step.inner, steps = _nest(steps)
            if not steps:
                raise Malformed(f"line {step.line}: REPEAT without END")
            steps = steps[1:]
        nested.append(step)
    return nested, steps


def _parse(line, text, note):
    verb, _, rest = text.partition(" ")
    step = Step(line, text, note, verb, rest.strip())
    try:
        if verb in METHODS:
            _parse_exchange(step, verb, rest)
        elif verb == "BACKGROUND":
            name, _, request = rest.partition(":")
            step.argument = name.strip()
            inner = request.strip()
            step.inner = [_parse(line, inner, note)]
        elif verb == "EVENTUALLY":
            step.inner = [_parse(line, rest.strip(), note)]
        elif verb in ("AWAIT", "METRIC"):
            name, arrow, answer = rest.partition("->")
            step.argument = name.strip()
            if arrow:
                step.expected = _expectation(Cursor(answer))
    except (Malformed, ValueError) as error:
        raise Malformed(f"line {line}: {error}") from error
    return step


def _parse_exchange(step, method, rest):
    cursor = Cursor(rest)
    step.argument = method
    step.verb = "CALL"
    step.path = cursor.word()
    step.request = _side(cursor, stop_at_arrow=True)
    if cursor.take("->"):
        step.expected = _expectation(cursor)


def _expectation(cursor):
    status = cursor.word()
    if not re.fullmatch(r"[1-5][0-9x]{2}(\|[1-5][0-9x]{2})*", status):
        raise Malformed(f"not a status: {status!r}")
    within = cursor.match(WITHIN)
    bounds = (float(within[1]), float(within[2])) if within else None
    side = _side(cursor, stop_at_arrow=False)
    return Expectation(status, bounds, side)


def _side(cursor, stop_at_arrow):
    """Bodies and headers in any order, up to the arrow or the end."""
    side = Side()
    while not cursor.at_end():
        if cursor.sees("->"):
            if stop_at_arrow:
                break
            raise Malformed("two arrows")
        header = cursor.match(HEADER)
        if header:
            side.headers.append((header[1], header[2]))
        else:
            _add_body(side, cursor)
    return side


def _add_body(side, cursor):
    word = cursor.match(BODY_WORD)
    if word:
        body = Body(word[1].lower(), [_generator_argument(word[1], cursor)])
    elif cursor.sees("'"):
        body = Body("raw", [cursor.quoted()])
    elif cursor.sees("{") or cursor.sees("["):
        body = Body("json", [cursor.balanced()])
    elif cursor.sees("$") or cursor.sees("*"):
        body = Body("json", [cursor.word()])
    else:
        raise Malformed(f"neither body nor header: {cursor.rest()[:40]!r}")
    if side.body is None:
        side.body = body
    elif side.body.kind == "json" and body.kind == "json":
        side.body.parts += body.parts
    else:
        raise Malformed("two bodies")


def _generator_argument(word, cursor):
    if word == "BINARY":
        return bytes.fromhex(cursor.match(re.compile(r"[0-9a-fA-F ]+"))[0])
    if word in ("LINES", "LIST"):
        return int(cursor.word()), cursor.balanced()
    return None if word == "EMPTY" else cursor.word()


class Cursor:
    """A place in a statement's text."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def _skip(self):
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def rest(self):
        return self.text[self.at:]

    def at_end(self):
        self._skip()
        return self.at >= len(self.text)

    def sees(self, mark):
        self._skip()
        return self.text.startswith(mark, self.at)

    def take(self, mark):
        if not self.sees(mark):
            return False
        self.at += len(mark)
        return True

    def match(self, pattern):
        self._skip()
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def word(self):
        found = self.match(re.compile(r"\S+"))
        if not found:
            raise Malformed("something is missing at the end")
        return found[0]

    def quoted(self):
        """Text in single quotes, as bytes; \\n, \\r, \\t, \\0, \\xNN, \\' and \\\\ are known."""
        found = self.match(re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL))
        if not found:
            raise Malformed("a quote is left open")
        out, last, text = b"", 0, found[1]
        for escape in ESCAPE.finditer(text):
            out += text[last:escape.start()].encode() + _unescape(escape[1])
            last = escape.end()
        return out + text[last:].encode()

    def balanced(self):
        """JSON text up to its closing bracket, kept as written."""
        self._skip()
        depth, inside, start = 0, False, self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if inside:
                if char == "\\":
                    self.at += 1
                inside = char != '"'
            elif char == '"':
                inside = True
            else:
                depth += (char in "{[") - (char in "}]")
            if depth == 0 and not inside:
                return self.text[start:self.at]
        raise Malformed("a bracket is left open")


def _unescape(code):
    if code[0] == "x" and len(code) == 3:
        return bytes.fromhex(code[1:])
    return PLAIN_ESCAPES.get(code, code).encode()
