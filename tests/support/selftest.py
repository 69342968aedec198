#!/usr/bin/python3
"""The test tools tested: a checker that cannot fail proves nothing."""

import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "http"), str(HERE.parent / "crash")]

import conversation  # noqa: E402
import match  # noqa: E402
from history import Grant, History  # noqa: E402


class Matching(unittest.TestCase):
    """What the expected side of a conversation accepts and refuses."""

    def holds(self, wanted, got, captures=None):
        try:
            match.compare(match.pattern(wanted), got, {} if captures is None else captures)
        except match.Mismatch:
            return False
        return True

    def test_objects_match_by_subset(self):
        self.assertTrue(self.holds('{"a":1}', {"a": 1, "b": 2}))
        self.assertFalse(self.holds('{"a":1,"b":2}', {"a": 1}))
        self.assertFalse(self.holds('{"a":absent}', {"a": None}))
        self.assertFalse(self.holds('{"a":some}', {"a": None}))
        self.assertTrue(self.holds('{"a":*}', {"a": None}))

    def test_lists_match_exactly_or_from_an_end(self):
        self.assertFalse(self.holds("[1]", [1, 2]))
        self.assertTrue(self.holds("[1, ...]", [1, 2]))
        self.assertTrue(self.holds("[..., 2]", [1, 2]))
        self.assertFalse(self.holds("[..., 1]", [1, 2]))
        self.assertTrue(self.holds("[..., 2, ...]", [1, 2, 3]))
        self.assertFalse(self.holds("[..., 4, ...]", [1, 2, 3]))
        self.assertFalse(self.holds("[]", [1]))

    def test_values(self):
        self.assertFalse(self.holds('{"a":1}', {"a": True}))
        self.assertTrue(self.holds('{"a":>=3}', {"a": 3.5}))
        self.assertFalse(self.holds('{"a":>=3}', {"a": 2}))
        self.assertTrue(self.holds('{"a":"~^x"}', {"a": "xy"}))
        self.assertFalse(self.holds('{"a":"~^x"}', {"a": "yx"}))

    def test_captures_bind_once(self):
        captures = {}
        self.assertTrue(self.holds('{"a":"$id","b":"$id"}', {"a": "7", "b": "7"}, captures))
        self.assertEqual(captures, {"id": "7"})
        self.assertFalse(self.holds('{"a":"$id"}', {"a": "8"}, captures))
        self.assertTrue(self.holds('{"a":"!$id"}', {"a": "8"}, captures))
        self.assertFalse(self.holds('{"a":"!$id"}', {"a": "7"}, captures))


class Parsing(unittest.TestCase):
    """Statements as written."""

    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".http") as file:
            file.write(text)
            file.flush()
            return conversation.read(file.name)

    def test_an_exchange_over_lines(self):
        step, = self.read('# why\nPOST /a {"b":[1,"]"]}\n  [X: y] -> 201 in 0..2s\n  {"c":*} [Z: *]\n')
        self.assertEqual((step.argument, step.path, step.note), ("POST", "/a", "why"))
        self.assertEqual(step.request.body.parts, ['{"b":[1,"]"]}'])
        self.assertEqual(step.request.headers, [("X", "y")])
        self.assertEqual((step.expected.status, step.expected.within), ("201", (0.0, 2.0)))
        self.assertEqual(step.expected.side.headers, [("Z", "*")])

    def test_raw_bytes(self):
        step, = self.read("POST /a 'x\\n\\x00\\'é' -> 200 BINARY 00 ff\n")
        self.assertEqual(step.request.body.parts, ["x\n\0'é".encode()])
        self.assertEqual(step.expected.side.body.parts, [b"\0\xff"])

    def test_loops_nest_and_must_end(self):
        step, = self.read("REPEAT 2\nGET /a -> 200\nEND\n")
        self.assertEqual([inner.path for inner in step.inner], ["/a"])
        with self.assertRaises(conversation.Malformed):
            self.read("REPEAT 2\nGET /a -> 200\n")


class Judging(unittest.TestCase):
    """Planted violations of the crash test's history are found."""

    def test_two_live_leases(self):
        history = History()
        history.granted(Grant("t", "one", "q", 0.0, 0.1, 2.0))
        history.granted(Grant("t", "two", "q", 1.0, 1.1, 2.0))
        history.check_overlaps()
        self.assertEqual(len(history.violations), 1)

    def test_a_lease_after_the_end_of_another_is_fine(self):
        history = History()
        first = Grant("t", "one", "q", 0.0, 0.1, 2.0)
        first.ends(0.5)
        history.granted(first)
        history.granted(Grant("t", "two", "q", 0.4, 0.6, 2.0))
        history.check_overlaps()
        self.assertEqual(history.violations, [])

    def test_a_cap_passed(self):
        history = History()
        for task in "abc":
            history.granted(Grant(task, task, "q", 0.0, 0.1, 2.0))
        self.assertEqual(history.check_limit("q", 2), 3)
        self.assertEqual(len(history.violations), 1)

    def test_lost_changed_stuck_and_doubled_tasks(self):
        history = History()
        for key, task in (("1", "gone"), ("2", "changed"), ("3", "stuck"), ("2", "other")):
            history.submitted(key, task)
        history.ended("changed", "succeeded")
        history.check_final({"changed": "cancelled", "stuck": "ready", "other": "succeeded"})
        self.assertEqual(len(history.violations), 4)


if __name__ == "__main__":
    unittest.main()
