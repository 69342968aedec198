"""What clients saw, and the checks on it: only what surely happened counts against the broker."""

import threading
import time
from collections import defaultdict

TERMINAL = ("succeeded", "failed", "cancelled", "expired")


class Grant:
    """One lease as its worker knows it."""

    def __init__(self, task, lease, queue, sent, got, lease_s):
        self.task = task
        self.lease = lease
        self.queue = queue
        self.start = got            # surely granted by then
        self.end = sent + lease_s   # surely not expired before

    def ends(self, moment):
        self.end = min(self.end, moment)


class History:
    """Appended to by all client threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}             # task id -> key
        self.keys = {}                     # key -> task id
        self.grants = []
        self.endings = defaultdict(set)    # task id -> terminal states that were answered
        self.violations = []
        self.counts = defaultdict(int)

    def note(self, what):
        with self.lock:
            self.counts[what] += 1

    def violate(self, text):
        with self.lock:
            self.violations.append(text)

    def submitted(self, key, task):
        with self.lock:
            known = self.keys.setdefault(key, task)
            self.acknowledged[task] = key
            self.counts["submitted"] += 1
        if known != task:
            self.violate(f"key {key} answered {known} and {task}")

    def granted(self, grant):
        with self.lock:
            self.grants.append(grant)
            self.counts["claimed"] += 1

    def ended(self, task, state):
        if state in TERMINAL:
            with self.lock:
                self.endings[task].add(state)

    # -- the checks

    def check_overlaps(self):
        """No task has two leases that are surely live at the same time."""
        by_task = defaultdict(list)
        for grant in self.grants:
            by_task[grant.task].append(grant)
        for task, grants in by_task.items():
            grants.sort(key=lambda grant: grant.start)
            for earlier, later in zip(grants, grants[1:]):
                if later.start < earlier.end and earlier.lease != later.lease:
                    self.violate(f"task {task} has two live leases for {earlier.end - later.start:.3f} s")

    def check_limit(self, queue, limit):
        """The leases surely live in a capped queue never pass the cap; returns the most seen."""
        edges = []
        for grant in self.grants:
            if grant.queue == queue and grant.end > grant.start:
                edges += [(grant.start, 1), (grant.end, -1)]
        live = most = 0
        for _, step in sorted(edges):
            live += step
            most = max(most, live)
        if most > limit:
            self.violate(f"{most} live leases in {queue}, the cap is {limit}")
        return most

    def check_final(self, final):
        """Every acknowledged task is there, in the terminal state that was answered."""
        for task in self.acknowledged:
            if task not in final:
                self.violate(f"task {task} was acknowledged and is gone")
        for task, states in self.endings.items():
            if len(states) > 1:
                self.violate(f"task {task} was answered as {sorted(states)}")
            elif task in final and final[task] not in states:
                self.violate(f"task {task} was answered as {sorted(states)}, is {final[task]}")
        stuck = [task for task, state in final.items() if state not in TERMINAL]
        if stuck:
            self.violate(f"{len(stuck)} tasks never ended, the first is {stuck[0]} ({final[stuck[0]]})")


def now():
    return time.monotonic()
