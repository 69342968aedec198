"""Namespaces and queues that stay apart: whoever may not see a thing is answered as if it were not there.

Two brokers are asked the same by the same stranger: one is full of somebody else's things, the other has none of
them. Every answer must be the same, but for times, new ids and cursors. So no id, name or count can have come through.
"""

import re
import threading
import time

from bench import Bench, equal
from contract import ANYTHING, routes

ADMIN, OWNER = "admin-of-everything-0001", "owner-of-alpha-000000001"
STRANGER, NEIGHBOUR = "admin-of-beta-0000000001", "admin-of-open-queues-0001"
LINES = (f"{ADMIN} admin", f"{OWNER} admin ns=alpha", f"{STRANGER} admin ns=beta",
         f"{NEIGHBOUR} admin ns=alpha queue=open-*")
OPTIONS = ("--failures-per-address", "0", "--log-level", "debug")
KEY = {"Idempotency-Key": "alpha-key"}

VOLATILE = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "TIME"),
    (re.compile(r'"next_cursor":"[^"]+"'), "CURSOR"),
    (re.compile(r'"token":"slc_[^"]+"'), "TOKEN"),
    (re.compile(r'"id":"[a-z0-9]{8}"|/tokens/[a-z0-9]{8}'), "TOKEN-ID"),
    (re.compile(r'("action":"token\.[a-z]+","object":)"[a-z0-9]{8}"'), r"\1 TOKEN-ID"),
    (re.compile(r'"(etag|date|content-length|last-modified)": "[^"]*"'), "HEADER"),
    (re.compile(r"(_seconds(?:_sum)?(?:\{[^}]*\})?) [0-9.e+-]+"), r"\1 SECONDS"),
)


def blank(text):
    """Without what differs between any two brokers."""
    for pattern, instead in VOLATILE:
        text = pattern.sub(instead, text)
    return text


class Alpha:
    """Somebody's namespace, full of things; and their names, to ask for them."""

    def __init__(self, bench):
        self.bench = bench
        self.names = {"id": ANYTHING, "worker": ANYTHING, "lease": "nothing", "queue": "alpha-queue", "token": "nothing"}
        self.waiting = []

    def must(self, status, method, path, body=None, headers=None):
        return self.bench.must(status, method, path, OWNER, body, headers)

    def fill(self):
        """Queues, tasks in every state, a worker with leases, a token, a key and two requests that wait."""
        self.must(201, "PUT", "/v1/queues/alpha-queue", {"concurrency": 9, "pending_limit": 900})
        self.must(201, "PUT", "/v1/queues/alpha-shut", {})
        self.must(200, "POST", "/v1/queues/alpha-shut/close", {"mode": "now"})
        for nth in range(7):
            self.submit(delay_s=3600, name=f"alpha-later-{nth}")
        held, done, failed = (self.submit(tags=["alpha-tag"], headers={"alpha-header": "x"}) for _ in range(3))
        self.must(201, "POST", "/v1/tasks", {"queue": "alpha-queue", "type": "alpha-type", "payload": {"alpha": 1}}, KEY)
        worker = self.must(201, "POST", "/v1/workers",
                           {"identity": "alpha-worker", "queues": ["alpha-queue"], "concurrency": 9})["id"]
        leases = {item["id"]: item["lease"]
                  for item in self.must(200, "POST", f"/v1/workers/{worker}/claim", {"max": 3})["tasks"]}
        self.must(200, "POST", f"/v1/leases/{leases[done]}/complete", {"alpha-result": 1})
        self.must(200, "POST", f"/v1/leases/{leases[failed]}/fail", {"message": "alpha-error", "retryable": False})
        token = self.must(201, "POST", "/v1/tokens", {"role": "viewer", "name": "alpha-token"})
        self.bench.secrets.add(token.pop("token"))
        self.names = {"id": held, "worker": worker, "lease": leases[held], "queue": "alpha-queue", "token": token["id"]}
        self.wait("GET", f"/v1/tasks/{held}?wait=60")
        self.wait("POST", f"/v1/workers/{worker}/heartbeat?wait=60", {"leases": "all"})

    def submit(self, **members):
        return self.must(201, "POST", "/v1/tasks", {"queue": "alpha-queue", "type": "alpha-type", **members})["id"]

    def wait(self, *words):
        """A request that is parked until the broker ends."""
        def run():
            try:
                self.bench.ask(words[0], words[1], OWNER, *words[2:], timeout=90)
            except OSError:
                pass  # the broker has ended
        self.waiting.append(threading.Thread(target=run, daemon=True))
        self.waiting[-1].start()
        time.sleep(0.3)

    def snapshot(self):
        """All that its owner can see of it."""
        worker, task = self.names["worker"], self.names["id"]
        paths = ("/v1/tasks?limit=500", "/v1/queues", "/v1/workers", f"/v1/workers/{worker}", f"/v1/tasks/{task}",
                 f"/v1/tasks/{task}/attempts", "/v1/namespaces/alpha", f"/v1/tokens/{self.names['token']}", "/v1/stats")
        text = "\n".join(self.bench.ask("GET", path, OWNER).text for path in paths)
        return re.sub(r'"(last_used_at|last_seen_at|uptime_s|oldest_ready_age_s)": [^,}]+', "", text)


def prepare(binary, is_full):
    bench = Bench(binary)
    bench.start(*LINES, options=OPTIONS, clock="manual")
    alpha = Alpha(bench)
    for name in ("alpha", "beta"):
        bench.must(201, "PUT", f"/v1/ns/{name}/queues/open-to-all", ADMIN, {})
    if is_full:
        alpha.fill()
    return bench, alpha


def paths_of(route, names, prefix):
    """The route about alpha's things; /v1/workers/{id} means a worker, all others a task."""
    about = dict(names, name="alpha")
    if route.path.startswith("/v1/workers"):
        about["id"] = names["worker"]
    path = route.at(**{key: about[key] for key in ("id", "lease", "queue", "name", "token")})
    yield re.sub("^/v1", prefix, path)
    if route.name == "list_tasks":
        for query in (f"ids={about['id']}", "queue=alpha-queue", "type=alpha-type", "tag=alpha-tag", "limit=1"):
            yield re.sub("^/v1", prefix, path) + "?" + query


def bodies_of(route, names):
    """Bodies that would do something if they were let."""
    queue = names["queue"]
    full = {
        "submit_task": {"queue": queue, "type": "alpha-type", "payload": {"alpha": 1}},
        "register_worker": {"identity": "alpha-worker", "queues": [queue]},
        "claim_tasks": {"max": 5, "queues": [queue]},
        "heartbeat_worker": {"leases": [names["lease"]]},
        "finish_outcomes": {"outcomes": [{"lease": names["lease"], "outcome": "succeeded", "result": 1}]},
        "edit_task": {"priority": 7}, "edit_worker": {"mode": "quiet"}, "put_queue": {"concurrency": 2},
        "patch_queue": {"concurrency": 3}, "progress_lease": {"progress": 0.5}, "snooze_lease": {"delay_s": 5},
        "fail_lease": {"message": "x"}, "make_token": {"role": "viewer", "namespace": "beta"},
        "start_shutdown": {"mode": "now"}, "advance_clock": {"s": 1},
    }
    yield route.body()
    if route.name in full:
        yield full[route.name]
    if route.name == "edit_task":
        yield {"queue": queue}
    if route.name == "make_token":
        yield {"role": "viewer", "namespace": "alpha"}
        yield {"role": "viewer", "namespace": "alpha", "queue": queue}


def walk(bench, token, names, prefix):
    """Every route; what was asked and what was answered."""
    for route in routes():
        for path in paths_of(route, names, prefix if route.path.startswith("/v1") else "/v1"):
            for body in bodies_of(route, names):
                headers = KEY if route.name == "submit_task" else None
                if route.name == "submit_batch":
                    body, headers = b'{"queue":"alpha-queue","type":"alpha-type"}\n', {"Content-Type": "application/x-ndjson"}
                answer = bench.ask(route.method, path, token, body, headers)
                yield route, f"{route.method} {path} {body}", answer


def compare(bench, token, prefix, allowed):
    """The full broker and the empty one, asked by the same token. allowed: statuses of a route about alpha's things."""
    empty, full = prepare(bench.binary, False), prepare(bench.binary, True)
    bench.broker = full[0].broker
    problems = []
    try:
        names, before = full[1].names, full[1].snapshot()
        marks = {value for value in names.values()} | {"alpha-type", "alpha-tag", "alpha-error", "alpha-later",
                                                       "alpha-header", "alpha-worker", "alpha-token", "alpha-shut"}
        for (route, asked, got), (_, _, wanted) in zip(walk(full[0], token, names, prefix),
                                                       walk(empty[0], token, names, prefix)):
            mine, other = blank(got.whole), blank(wanted.whole)
            if (got.status, mine) != (wanted.status, other):
                problems.append(f"{asked}\n   full:  {got.status} {difference(mine, other)}\n"
                                f"   empty: {wanted.status} {difference(other, mine)}")
            problems += [f"{asked}: {mark} came through: {got.text[:300]}" for mark in marks
                         if mark in got.whole and mark not in asked and mark not in wanted.whole]
            if not allowed(route, got):
                problems.append(f"{asked}: {got.status} {got.text[:200]}")
        after = full[1].snapshot()
        if after != before:
            problems.append(f"alpha has changed:\n   {difference(before, after)}\n   {difference(after, before)}")
        full[1].must(200, "POST", f"/v1/leases/{names['lease']}/complete", {"still": "mine"})
        full[0].assert_no_token_told()
    finally:
        empty[0].close()
        full[0].close()
        bench.broker = None
    if problems:
        raise AssertionError("\n".join([f"{len(problems)} differences:", *problems]))


def difference(text, other):
    """The part of text from where it is not other any more."""
    at = next((i for i, (a, b) in enumerate(zip(text, other)) if a != b), min(len(text), len(other)))
    return repr(text[max(0, at - 60):at + 160])


# Where the path names a single thing of alpha's.
SINGLE = re.compile(r"\{(id|lease|token)\}")


def a_stranger_finds_nothing_by_id(bench):
    def allowed(route, answer):
        if not SINGLE.search(route.path) or answer.status in (400, 404, 415):
            return True
        return answer.status == 409 and answer.code == "stale_lease"
    compare(bench, STRANGER, "/v1", allowed)


def a_stranger_is_refused_by_path(bench):
    def allowed(route, answer):
        return not route.path.startswith("/v1") or answer.status == 403
    compare(bench, STRANGER, "/v1/ns/alpha", allowed)


def a_neighbour_finds_nothing_of_other_queues(bench):
    def allowed(route, answer):
        if "{queue}" in route.path:
            return answer.status == 403
        if not SINGLE.search(route.path) or answer.status in (400, 403, 404, 415):
            return True
        return answer.status == 409 and answer.code == "stale_lease"
    compare(bench, NEIGHBOUR, "/v1", allowed)


def namespaces_of_their_own_have_the_same_names(bench):
    bench.start(*LINES, options=OPTIONS, clock="manual")
    ids = {}
    for token in (OWNER, STRANGER):
        bench.must(201, "PUT", "/v1/queues/same", token, {"concurrency": 1})
        answer = bench.ask("POST", "/v1/tasks", token, {"queue": "same", "type": "t"}, KEY)
        equal((answer.status, answer.headers.get("idempotency-replayed")), (201, None))
        ids[token] = answer.json["id"]
        again = bench.ask("POST", "/v1/tasks", token, {"queue": "same", "type": "t"}, KEY)
        equal((again.json["id"], again.headers.get("idempotency-replayed")), (ids[token], "true"))
    equal(len(set(ids.values())), 2, "tasks")
    for token, ns in ((OWNER, "alpha"), (STRANGER, "beta")):
        equal(bench.must(200, "GET", f"/v1/ns/{ns}/tasks", token)["items"][0]["id"], ids[token])
        equal(bench.must(200, "GET", f"/v1/ns/{ns}/tasks", ADMIN)["items"][0]["id"], ids[token])
        equal(bench.must(200, "GET", "/v1/stats", token)["counts"]["ready"], 1)
    equal(bench.must(200, "GET", "/v1/tasks", ADMIN)["items"], [], "tasks of default")


def a_token_of_several_namespaces_must_say_which(bench):
    bench.start(f"{ADMIN} admin", "of-all-teams-00000000001 admin ns=team-*", options=OPTIONS)
    bench.must(201, "POST", "/v1/tasks", ADMIN, {"queue": "q", "type": "t"})
    bench.must(201, "POST", "/v1/ns/team-a/tasks", ADMIN, {"queue": "q", "type": "t"})
    token = "of-all-teams-00000000001"
    for route in routes():
        answer = bench.ask(route.method, route.at(), token, route.body())
        is_apart = route.scope.split(":")[0] in ("tasks", "work", "workers", "queues") or route.is_whole
        if is_apart and answer.status != 403:
            raise AssertionError(f"{route.method} {route.path}: {answer.status} {answer.text[:200]}")
        if '"default"' in answer.text:
            raise AssertionError(f"{route.method} {route.path} tells of default: {answer.text[:200]}")
    equal(bench.must(200, "GET", "/v1/ns/team-a/stats", token)["counts"]["ready"], 1)
    stats = bench.ask("GET", "/v1/stats", token)
    equal(stats.status == 200 and stats.json["counts"]["ready"] > 0, False, "numbers of default")
    equal(bench.must(200, "GET", "/v1/whoami", token)["home_namespace"], None)


TESTS = (
    a_stranger_finds_nothing_by_id,
    a_stranger_is_refused_by_path,
    a_neighbour_finds_nothing_of_other_queues,
    namespaces_of_their_own_have_the_same_names,
    a_token_of_several_namespaces_must_say_which,
)
