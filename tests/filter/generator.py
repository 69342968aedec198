"""Filters and headers that have much to do with each other, as JSON text; patterns keep to what Python and PCRE2 share."""

import json

KEYS = ("a", "b", "c", "kind", "0", "1", "a.b", "a b", "", "é", "x/y", "x~y")
TEXTS = ("", "x", "win", "win32", "win10", "linux", "True", "False", "None", "true", "null", "20", "1", "1.5", "0.1", "1e+16",
         "inf", "-0.0", "!x", "!", "*", "a*c", "[x]", "é", "日本", "\U0001f600x", "x\ny", "x\\y", "^x", "a-c", "WIN32", "aab", "abab",
         "100000000000000000000000", "x" * 20)
NUMBERS = ("0", "-0", "1", "2", "3", "-1", "-7", "20", "1.0", "1.5", "-0.0", "0.1", "1e0", "2E1", "1e16", "1e15", "123456789012345.6",
           "1e-4", "1e-5", "1.5e300", "1e400", "-1e400", "9007199254740993", "9007199254740992.0", "9223372036854775807",
           "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "9223372036854775808.0",
           "100000000000000000000000", "123456789123456789123456789", "1e23", "99999999999999991611392", "1" + "0" * 400, "-" + "7" * 300, "5e-324", "0.30000000000000004")
ORDERS = ("$gt", "$gte", "$lt", "$lte")
TYPES = ('"int"', '"double"', '"string"', '"object"', '"array"', '"bool"', '"null"', '"number"', '"long"', "1", "2", "3", "4", "8", "10",
         "16", "18")
MALFORMED = ('{"$foo":1}', '{"$in":1}', '{"$in":"x"}', '{"$and":{}}', '{"$or":null}', '{"$nor":"x"}', '{"$size":true}', '{"$size":1.0}',
             '{"$size":-1}', '{"$type":"text"}', '{"$type":5}', '{"$type":1.0}', '{"$type":true}', '{"$type":[]}', '{"$type":0}',
             '{"$mod":[0,1]}', '{"$mod":[0.0,1]}', '{"$mod":[1]}', '{"$mod":[1,2,3]}', '{"$mod":2}', '{"$mod":[true,0]}',
             '{"$mod":["2",0]}', '{"$mod":[9223372036854775808,0]}', '{"$mod":[1e400,0]}', '{"$regex":"("}', '{"$regex":"[x"}',
             '{"$regex":5}', '{"$regex":"*"}', '{"$exists":1}', '{"$exists":null}', '{"$elemMatch":[]}', '{"$elemMatch":"x"}',
             '{"$all":"x"}', '{"$options":"i"}', '{"$text":"x"}', '{"$where":"x"}', '{"$":1}', '{"$EQ":1}', '{"$not":{"$bar":1}}',
             '{"$or":[1,{"x~/y":{"$baz":1}}]}')


class Generator:
    def __init__(self, rng):
        self.rng = rng

    def case(self):
        """The text of {"filters":…, "headers":…}."""
        self.headers = self._object(3, 5)
        self.loaded = json.loads(self.headers)
        rules = [self._rule() for _ in range(self.rng.choice((0, 1, 1, 1, 2, 2, 3, 5)))]
        return '{"filters":[%s],"headers":%s}' % (",".join(rules), self.headers)

    # ---- headers ----

    def _object(self, depth, most, one=None):
        one = one or self._value
        names = self.rng.sample(KEYS, self.rng.randint(0, min(most, len(KEYS))))
        return "{%s}" % ",".join(f"{self._quoted(name)}:{one(depth - 1)}" for name in names)

    def _array(self, depth):
        return "[%s]" % ",".join(self._value(depth - 1) for _ in range(self.rng.randint(0, 4)))

    def _value(self, depth):
        kind = self.rng.randrange(10)
        if kind < 4 or (depth <= 0 and kind > 6):
            return self._quoted(self.rng.choice(TEXTS))
        if kind < 6:
            return self.rng.choice(NUMBERS)
        if kind == 6:
            return self.rng.choice(("true", "false", "null"))
        return self._object(depth, 3) if kind == 7 else self._array(depth)

    def _quoted(self, text):
        return json.dumps(text, ensure_ascii=self.rng.random() < 0.3)

    # ---- filters ----

    def _rule(self):
        names = {}
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 2, 3))):
            path, value = self._path()
            kind = self.rng.randrange(10)
            if kind < 5:
                names[path] = self._quoted(self._text(value))
            elif kind == 5:
                names[path] = self._same_or_other(value)
            elif kind == 6 and self.rng.random() < 0.2:
                names[self.rng.choice(("$or", "$and", "$nor"))] = "[%s]" % ",".join(
                    self._fields(2) for _ in range(self.rng.randint(0, 3)))
            else:
                names[path] = self._condition(value, 3)
        return "{%s}" % ",".join(f"{self._quoted(name)}:{text}" for name, text in names.items())

    def _path(self):
        """A path, mostly one that leads somewhere, and the value there."""
        value, steps = self.loaded, []
        while isinstance(value, (dict, list)) and len(value) > 0 and (not steps or self.rng.random() < 0.6):
            if isinstance(value, dict):
                name = self.rng.choice(list(value))
                steps.append(name)
                value = value[name]
            elif self.rng.random() < 0.5:
                at = self.rng.randrange(len(value))
                steps.append(str(at))
                value = value[at]
            else:
                value = self.rng.choice(value)  # over all elements
        if not steps or self.rng.random() < 0.15:
            steps.append(self.rng.choice((*KEYS, "01", "7", "-1", "99999999999999999999")))
        return ".".join(steps), value

    def _text(self, value):
        """A string of a rule: plain, with wildcards, negated."""
        text = value if isinstance(value, str) and self.rng.random() < 0.8 else \
            str(value) if isinstance(value, (bool, int, float, type(None))) and self.rng.random() < 0.8 else self.rng.choice(TEXTS)
        if self.rng.random() < 0.4:
            text = self._wild(text)
        return "!" + text if self.rng.random() < 0.35 else text

    def _wild(self, text):
        out = ""
        for char in text[:20]:
            kind = self.rng.randrange(12)
            out += ("*", "?", self._set(char), "*" + char, char + "**")[kind] if kind < 5 else char
        return out + self.rng.choice(("", "", "*", "?", "[", "]", "!", "[!", self._set("x")))

    def _set(self, char):
        parts = [self.rng.choice((char, "a-z", "0-9", "!", "-", "]", "[", "^", "\\", "z-a", "a", "!-b", "é-\U0001f601", "&&", "--9", "b-a",
                                  "c-a-b", "|", "~~", ":alpha:")) for _ in range(self.rng.randint(1, 4))]
        return "[" + self.rng.choice(("", "", "!")) + "".join(parts) + "]"

    def _same_or_other(self, value):
        if self.rng.random() < 0.3:
            return self._value(2)
        if isinstance(value, bool) or value is None or self.rng.random() < 0.5:
            return _written(value)
        if isinstance(value, (int, float)):
            return self.rng.choice((_written(value), self.rng.choice(NUMBERS), self._quoted(str(value))))
        return _written(value)

    def _fields(self, depth):
        path, value = self._path()
        return "{%s:%s}" % (self._quoted(path), self._condition(value, depth))

    def _condition(self, value, depth):
        kind = self.rng.randrange(12)
        if self.rng.random() < 0.008:
            return self.rng.choice(MALFORMED)
        if depth <= 0 or kind < 2:
            return self._same_or_other(value)
        if kind == 2 and isinstance(value, dict) and value:
            name = self.rng.choice(list(value))
            return "{%s:%s}" % (self._quoted(name), self._condition(value[name], depth - 1))
        operators = dict(self._operator(value, depth) for _ in range(self.rng.choice((1, 1, 1, 2))))
        return "{%s}" % ",".join(f'"{name}":{operand}' for name, operand in operators.items())

    def _operator(self, value, depth):
        name = self.rng.choice(("$eq", "$ne", "$order", "$order", "$in", "$nin", "$and", "$or", "$not", "$nor", "$all", "$elemMatch",
                                "$size", "$type", "$mod", "$regex", "$regex", "$exists"))
        if name == "$order":
            return self.rng.choice(ORDERS), self._same_or_other(value)
        if name in ("$eq", "$ne"):
            return name, self._same_or_other(value)
        if name in ("$in", "$nin"):
            inner = self.rng.choice(value) if isinstance(value, list) and value else value
            return name, "[%s]" % ",".join(self._same_or_other(inner) for _ in range(self.rng.randint(0, 3)))
        if name in ("$and", "$or", "$nor"):
            return name, "[%s]" % ",".join(self._condition(value, depth - 1) for _ in range(self.rng.randint(0, 3)))
        if name == "$all":
            inner = value if isinstance(value, list) and value else [value]
            return name, "[%s]" % ",".join(self._condition(self.rng.choice(inner), 0) for _ in range(self.rng.randint(0, 3)))
        if name == "$not":
            return name, self._condition(value, depth - 1)
        if name == "$elemMatch":
            inner = self.rng.choice(value) if isinstance(value, list) and value else value
            operand = self._condition(inner, depth - 1)
            return name, operand if operand.startswith("{") else '{"$eq":%s}' % operand
        if name == "$size":
            return name, str(len(value) if isinstance(value, list) and self.rng.random() < 0.7 else self.rng.randint(0, 4))
        if name == "$type":
            return name, self.rng.choice(TYPES)
        if name == "$mod":
            return name, "[%s,%s]" % (self.rng.choice(("2", "-3", "7", "1.5", "-1", "9223372036854775807", "-9223372036854775808", "10", "1000")),
                                      self.rng.choice(("0", "1", "-1", "0.5", "2", "-0.0", "789", "3", "6")))
        if name == "$regex":
            return name, self._quoted(self._regex(value if isinstance(value, str) else self.rng.choice(TEXTS)))
        return name, self.rng.choice(("true", "false"))

    def _regex(self, text):
        pattern = "".join(self._regex_item(char) for char in text[:12])
        pattern = self.rng.choice(("", "", "^", r"\b")) + pattern + self.rng.choice(("", "", "$", ".*", "|x", r"\d*"))
        if self.rng.random() < 0.3:
            pattern = "/" + pattern + "/" + self.rng.choice(("", "i", "s", "m", "x", "is", "imsx", "ii", "q", "imsxi"))
        return pattern

    def _regex_item(self, char):
        plain = char if char.isalnum() or char == " " else "."
        kind = self.rng.randrange(14)
        items = (".", "[a-z0-9]", r"\w", f"{plain}+?", f"(?:{plain}|y)", f"({plain})", f"[^{plain if plain != '.' else 'q'}]",
                 f"{plain}{{1,2}}")
        return items[kind] if kind < len(items) else plain


def _written(value):
    """As JSON that reads back the same, infinities too."""
    return json.dumps(value, ensure_ascii=False).replace("-Infinity", "-1e400").replace("Infinity", "1e400")
