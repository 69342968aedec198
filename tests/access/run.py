#!/usr/bin/python3
"""Who may do what: every route with every role, namespaces and queues that stay apart, and the life of tokens.

Usage: tests/access/run.py --binary PATH [NAME-PART...]
"""

import argparse
import os
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import isolation  # noqa: E402  (the path must be set first)
import lifetime  # noqa: E402
import routes  # noqa: E402
from bench import Bench  # noqa: E402

TESTS = (*routes.TESTS, *isolation.TESTS, *lifetime.TESTS)


def run_one(test, binary):
    """None when it passed, else why not."""
    bench = Bench(binary)
    try:
        test(bench)
        bench.assert_no_token_told()
        return None
    except Exception:  # whatever it is, the other tests go on
        return traceback.format_exc(limit=-2) + bench.log_tail(10)
    finally:
        bench.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("parts", nargs="*")
    options = arguments.parse_args()
    chosen = [test for test in TESTS if not options.parts or any(part in test.__name__ for part in options.parts)]
    failed = 0
    for test in chosen:
        why = run_one(test, options.binary)
        failed += why is not None
        print(f"{'ok  ' if why is None else 'FAIL'} {test.__name__.replace('_', ' ')}", flush=True)
        if why is not None:
            print(why)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
