"""What filters mean, in plain Python: written from docs/how-to/routing.md, slow, and nothing taken from our code."""

import fnmatch
import math
import re

RULES_MAX, DEPTH_MAX, REGEX_MAX, REGEXES_MAX, TEXT_MAX = 1000, 32, 1024, 64, 65536
KINDS = {"double": {float}, "string": {str}, "object": {dict}, "array": {list}, "bool": {bool}, "null": {type(None)},
         "int": {int, bool}, "long": {int, bool}, "number": {int, bool, float}}
NUMBERS = {1: "double", 2: "string", 3: "object", 4: "array", 8: "bool", 10: "null", 16: "int", 18: "long"}
WILD = set("?*[]!")


class Malformed(Exception):
    """With the pointer to what is wrong."""


class Trouble(Exception):
    """It cannot be worked out."""


class _Missing:
    """Equals nothing, not even itself."""

    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True

    __hash__ = None


MISSING = _Missing()


# ---- what is malformed ----

def check(filters):
    if not isinstance(filters, list) or len(filters) > RULES_MAX:
        raise Malformed("/filters")
    if _depth(filters) > DEPTH_MAX:
        raise Malformed("/filters")
    count = [0]
    for number, rule in enumerate(filters):
        where = f"/filters/{number}"
        if not isinstance(rule, dict):
            raise Malformed(where)
        for key in _sorted(rule):
            if not isinstance(rule[key], str) or key.startswith("$"):
                _check_member(key, rule[key], where, count)


def _check_member(key, value, where, count):
    where += "/" + key.replace("~", "~0").replace("/", "~1")
    if not key.startswith("$"):
        _check_condition(value, where, count)
        return
    if key in ("$and", "$or", "$nor", "$all", "$in", "$nin"):
        _need(isinstance(value, list), where)
        if key not in ("$in", "$nin"):
            for number, part in enumerate(value):
                _check_condition(part, f"{where}/{number}", count)
    elif key == "$not":
        _check_condition(value, where, count)
    elif key == "$elemMatch":
        _need(isinstance(value, dict), where)
        _check_condition(value, where, count)
    elif key == "$size":
        _need(type(value) is int and 0 <= value < 2**63, where)
    elif key == "$exists":
        _need(isinstance(value, bool), where)
    elif key == "$type":
        known = KINDS if isinstance(value, str) else NUMBERS if type(value) is int else ()
        _need(value in known, where)
    elif key == "$mod":
        _need(isinstance(value, list) and len(value) == 2, where)
        for number in value:
            _need(type(number) is int and -2**63 <= number < 2**63 or
                  type(number) is float and math.isfinite(number), where)
        _need(value[0] != 0, where)
    elif key == "$regex":
        _need(isinstance(value, str) and len(value.encode()) <= REGEX_MAX, where)
        count[0] += 1
        _need(count[0] <= REGEXES_MAX, where)
        try:
            _compile(value)
        except re.error:
            raise Malformed(where) from None
    else:
        _need(key in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"), where)


def _check_condition(value, where, count):
    if isinstance(value, dict):
        for key in _sorted(value):
            _check_member(key, value[key], where, count)


def _need(is_right, where):
    if not is_right:
        raise Malformed(where)


def _sorted(members):
    return sorted(members, key=lambda name: name.encode())


def _depth(value):
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 0


# ---- what matches ----

def match(filters, headers):
    """True or False, or Trouble. No rule at all matches nothing; one without keys matches everything."""
    accepted = False
    for rule in filters:
        negated = {key: text for key, text in rule.items()
                   if isinstance(text, str) and text.startswith("!") and not key.startswith("$")}
        if not all(_key(key, rule[key], headers) for key in _sorted(rule) if key not in negated):
            continue
        accepted = True
        if any(_text(headers, key, negated[key][1:]) for key in _sorted(negated)):
            return False
    return accepted


def _key(key, value, headers):
    if isinstance(value, str) and not key.startswith("$"):
        return _text(headers, key, value)
    return _member(key, value, headers, True)


def _text(headers, key, text):
    value, _ = find(headers, key.split("."))
    if WILD & set(text):
        return isinstance(value, str) and fnmatch.fnmatchcase(value, text)
    return _plain(text, value)


def find(value, path):
    """What a path leads to, and whether there is anything."""
    if not path:
        return value, not isinstance(value, _Missing)
    if value is None:
        return None, False
    step = path[0]
    if isinstance(value, list):
        if re.fullmatch("[0-9]+", step):
            if (step != "0" and step[0] == "0") or int(step) >= len(value):
                return MISSING, False
            return find(value[int(step)], path[1:])
        found = [find(item, path) for item in value]
        return [item for item, _ in found], any(exists for _, exists in found)
    if isinstance(value, dict) and step in value:
        return find(value[step], path[1:])
    return MISSING, False


def _condition(condition, value, exists):
    if isinstance(condition, dict):
        return all(_member(key, condition[key], value, exists) for key in _sorted(condition))
    return _plain(condition, value)


def _plain(wanted, value):
    if isinstance(value, list):
        return any(same(wanted, item) for item in value)
    return _same_text(wanted, value)


def _same_text(wanted, value):
    if isinstance(wanted, str) and (value is None or isinstance(value, (bool, int, float))):
        return str(value) == wanted
    return same(wanted, value)


def same(left, right):
    """Python's equality; two lists are not the same because they are one."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def _member(key, operand, value, exists):
    if not key.startswith("$"):
        return _condition(operand, *find(value, key.split(".")))
    if key == "$exists":
        return exists == operand
    if key in ("$and", "$all"):
        return all(_condition(part, value, exists) for part in operand)
    if key == "$or":
        return any(_condition(part, value, exists) for part in operand)
    if key == "$nor":
        return not any(_condition(part, value, exists) for part in operand)
    if key == "$not":
        return not _condition(operand, value, exists)
    if key == "$elemMatch":
        return isinstance(value, list) and \
            any(_condition(operand, item, not isinstance(item, _Missing)) for item in value)
    return OPERATORS[key](operand, value)


def _in(wanted, value):
    values = value if isinstance(value, list) else [value]
    return any(same(one, other) for one in wanted for other in values)


def _ordered(compare):
    def decide(operand, value):
        try:
            return bool(compare(value, operand))
        except TypeError:
            return False
    return decide


def _mod(operand, value):
    if isinstance(value, _Missing):
        return False
    if not isinstance(value, (int, float)):
        raise Trouble
    try:
        if not math.isfinite(value):
            raise Trouble
        return value % operand[0] == operand[1]
    except OverflowError:  # an integer beyond all doubles
        if isinstance(operand[0], float):
            raise Trouble from None
        return value % operand[0] == operand[1]


def _compile(pattern):
    slashed = re.fullmatch("/(.+)/([imsx]{0,4})", pattern, re.DOTALL)
    flags = 0
    if slashed:
        pattern = slashed[1]
        for letter in slashed[2]:
            flags |= {"i": re.I, "m": re.M, "s": re.S, "x": re.X}[letter]
    return re.compile(pattern, flags)


OPERATORS = {
    "$eq": _same_text,
    "$ne": lambda operand, value: not _same_text(operand, value),
    "$gt": _ordered(lambda value, operand: value > operand),
    "$gte": _ordered(lambda value, operand: value >= operand),
    "$lt": _ordered(lambda value, operand: value < operand),
    "$lte": _ordered(lambda value, operand: value <= operand),
    "$in": _in,
    "$nin": lambda operand, value: not _in(operand, value),
    "$size": lambda operand, value: isinstance(value, list) and len(value) == operand,
    "$type": lambda operand, value: type(value) in KINDS[NUMBERS.get(operand, operand)],
    "$mod": _mod,
    "$regex": lambda operand, value: isinstance(value, str) and _compile(operand).search(value) is not None,
}
