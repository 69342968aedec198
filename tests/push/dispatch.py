"""Pushing as such: the one request a task makes, its signature, its end by answer or by lease, cancels, stops, and pull
workers beside."""

import datetime
import re
import time

from harness import PATIENCE_S, check, equal, never, signatures, signed_by, until

SECRET = "whsec_" + "c2x1aWNlLXB1c2gtdGVzdC1rZXktb2YtMzItYnl0ZXM="
OTHER_SECRET = "whsec_" + "YW5vdGhlci1rZXktb2YtdGhlLXRlc3RzLTMyLWJ5dGU="
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


# row 21: a task is one signed POST with its id and lease; 2xx ends it, 202 leaves it to the lease
def a_task_is_one_signed_request(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("echo/in?key=v"), push_secret=SECRET)
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    task = broker.submit("q", payload={"a": [1, "\u00e9"]}, type="send \u00e9mail", traceparent=parent,
                         headers={"Host": "evil.example", "X-Mine": "1"}, timeout_s=60)
    got = broker.ended(task, "succeeded")
    equal(got["result"], {"a": [1, "\u00e9"]})
    time.sleep(0.3)
    equal(len(world.fixture.requests), 1)
    request = world.fixture.requests[0]
    equal((request.method, request.path), ("POST", "/echo/in?key=v"))
    equal(request.header("Host"), f"127.0.0.1:{world.fixture.port}")
    equal(request.header("Content-Type"), "application/json")
    equal((request.header("Task-Id"), request.header("webhook-id")), (task, task))
    equal((request.header("Task-Queue"), request.header("Task-Attempt")), ("q", "1"))
    check(request.header("Task-Type") is not None, "Task-Type is missing")
    check(len(request.header("Task-Lease")) > 20, "Task-Lease is missing")
    deadline = datetime.datetime.fromisoformat(request.header("Task-Deadline").replace("Z", "+00:00")).timestamp()
    check(-60 < deadline - request.wall - 30 < 60, f"Task-Deadline: {request.header('Task-Deadline')}")
    check(request.header("traceparent").split("-")[1] == parent.split("-")[1], request.header("traceparent"))
    check(re.fullmatch(r"Sluice/\d+\.\d+\.\d+\S*", request.header("User-Agent")), request.header("User-Agent"))
    check(abs(int(request.header("webhook-timestamp")) - request.wall) < 60, "webhook-timestamp")
    given, right = signatures(SECRET, request)
    equal(given, [right])
    for name in ("Expect", "Accept-Encoding", "Transfer-Encoding", "Cookie", "Authorization", "X-Mine", "Referer"):
        equal(request.header(name), None, name)
    equal(int(request.header("Content-Length")), len(request.body))


def text_of_a_task_cannot_make_a_header(world):
    """A type may be any text without control characters: it comes as its UTF-8, blanks at its ends aside."""
    broker = world.broker()
    broker.worker("q", world.fixture.url("ok"))
    for kind in ("a: b", "\u202eevil", "x" * 255, "50% off", " lead and trail ", "\u00ff", "=?utf-8?q?x?="):
        status, answer = broker.ask("POST", "/tasks", {"queue": "q", "type": kind})
        if status != 201:
            continue
        broker.ended(answer["id"], "succeeded")
        request = world.fixture.requests[-1]
        equal(request.header("Task-Type").encode("latin-1").decode(), kind.strip())
        equal(request.header("Task-Queue"), "q")


def an_empty_and_a_large_payload_are_posted_whole(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("ok"), push_secret=SECRET)
    large = b'"' + b"y" * (1024 * 1024 - 2) + b'"'
    for body in (b"", large):
        broker.ended(broker.must("POST", "/queues/q/tasks", body)["id"], "succeeded")
        request = world.fixture.requests[-1]
        check(request.body == body or (not body and request.body in (b"", b"null")), f"{len(request.body)} bytes")
        check(signed_by(SECRET, request), "the signature")


def a_rotated_secret_signs_with_both(world):
    """The old key signs beside the new one for a day, and not after it."""
    broker = world.broker(clock="manual")
    url = world.fixture.url("ok")
    first = broker.worker("q", url, push_secret=SECRET)
    broker.ended(broker.submit("q"), "succeeded")
    equal(broker.worker("q", url, push_secret=OTHER_SECRET)["id"], first["id"])
    broker.ended(broker.submit("q"), "succeeded")
    request = world.fixture.requests[-1]
    check(signed_by(SECRET, request) and signed_by(OTHER_SECRET, request), request.header("webhook-signature"))
    broker.advance(25 * 3600)
    broker.ended(broker.submit("q"), "succeeded")
    request = world.fixture.requests[-1]
    equal((signed_by(SECRET, request), signed_by(OTHER_SECRET, request)), (False, True))


def what_was_accepted_is_finished_by_its_lease(world):
    """202: the worker says the rest, also across a restart of the broker."""
    broker = world.broker()
    broker.worker("q", world.fixture.url("accept"))
    tasks = [broker.submit("q", payload={"n": n}, lease_s=600) for n in range(3)]
    until(lambda: len(world.fixture.seen("accept")) == 3)
    leases = {one.header("Task-Id"): one.header("Task-Lease") for one in world.fixture.seen("accept")}
    until(lambda: broker.counts("q")["running"] == 3)
    broker.must("POST", f"/leases/{leases[tasks[0]]}/progress", {"percent": 50})
    equal(broker.must("POST", f"/leases/{leases[tasks[0]]}/complete", {"n": 0})["state"], "succeeded")
    broker.stop()
    broker.start()
    equal(broker.must("POST", f"/leases/{leases[tasks[1]]}/complete", {"n": 1})["state"], "succeeded")
    equal(broker.task(tasks[1])["result"], {"n": 1})
    broker.kill()
    broker.start()
    equal(broker.must("POST", f"/leases/{leases[tasks[2]]}/complete", {"n": 2})["state"], "succeeded")
    equal(len(world.fixture.seen("accept")), 3)


def an_accepted_task_that_is_never_finished_comes_back(world):
    """By the clock of its lease, as with any worker that went silent."""
    broker = world.broker(clock="manual")
    broker.worker("q", world.fixture.url("accept"))
    task = broker.submit("q", lease_s=20)
    until(lambda: len(world.fixture.seen("accept")) == 1)
    until(lambda: broker.task(task)["state"] == "running")
    broker.advance(1)
    time.sleep(0.3)
    equal(len(world.fixture.seen("accept")), 1)
    until(lambda: (broker.advance(10), len(world.fixture.seen("accept")) >= 2)[1])
    second = world.fixture.seen("accept")[1]
    check(second.header("Task-Lease") != world.fixture.seen("accept")[0].header("Task-Lease"), "the same lease")
    broker.must("POST", f"/leases/{second.header('Task-Lease')}/complete", {})
    broker.ended(task, "succeeded")


def accepted_tasks_count_against_concurrency(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("accept"), concurrency=3)
    broker.submit_many("q", 8, lease_s=600)
    until(lambda: len(world.fixture.seen("accept")) == 3)
    never(lambda: len(world.fixture.seen("accept")) > 3, 1)
    broker.must("POST", f"/leases/{world.fixture.seen('accept')[0].header('Task-Lease')}/complete", {})
    until(lambda: len(world.fixture.seen("accept")) == 4)


def a_cancel_is_a_signed_delete(world):
    """At the URL with the task's id, before any query; its 200 ends the task at once."""
    broker = world.broker()
    broker.worker("q", world.fixture.url("hold/jobs?k=1"), push_secret=SECRET)
    task = broker.submit("q", lease_s=60)
    request = until(lambda: world.fixture.seen("hold"))[0]
    broker.ask("POST", f"/tasks/{task}/cancel", {"reason": "user", "grace_s": 50})
    broker.ended(task, "cancelled")
    deleted = until(lambda: world.fixture.seen("hold", method="DELETE"))[0]
    equal(deleted.path, f"/hold/jobs/{task}?k=1")
    equal((deleted.header("Task-Lease"), deleted.body), (request.header("Task-Lease"), b""))
    check(signed_by(SECRET, deleted), "the signature of the DELETE")
    until(lambda: request.was_cut, "the POST is still open")
    equal(broker.task(task)["abandoned"], False)
    equal(len(world.fixture.seen("hold")), 1)


def a_cancel_that_is_not_heard_ends_after_its_grace(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("hold-deaf"), concurrency=1)
    task = broker.submit("q", lease_s=60)
    request = until(lambda: world.fixture.seen("hold-deaf"))[0]
    broker.ask("POST", f"/tasks/{task}/cancel", {"grace_s": 1})
    until(lambda: world.fixture.seen("hold-deaf", method="DELETE"))
    equal(broker.ended(task, "cancelled")["abandoned"], True)
    until(lambda: request.was_cut, "the POST is still open")
    world.fixture.release("hold-deaf")
    broker.ended(broker.submit("q"), "succeeded")


def a_cancel_of_what_was_accepted_is_sent_too(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("accept"))
    task = broker.submit("q", lease_s=600)
    until(lambda: world.fixture.seen("accept"))
    time.sleep(0.3)
    broker.ask("POST", f"/tasks/{task}/cancel", {"grace_s": 60})
    until(lambda: world.fixture.seen("accept", method="DELETE"))
    broker.ended(task, "cancelled")


def many_cancels_go_out_a_few_at_a_time(world):
    """They have bounds as tasks have, of their own."""
    broker = world.broker("--push-per-host", "5")
    broker.worker("q", world.fixture.url("accept-slow"), concurrency=60)
    tasks = broker.submit_many("q", 60, lease_s=600)
    until(lambda: broker.counts("q")["running"] == 60)
    world.fixture.overlap("accept-slow", forget=True)
    for task in tasks:
        broker.ask("POST", f"/tasks/{task}/cancel", {"grace_s": 300})
    for task in tasks:
        broker.ended(task, "cancelled")
    equal(world.fixture.overlap("accept-slow"), 5)


def a_drain_finishes_what_is_under_way(world):
    """And begins nothing."""
    broker = world.broker("--drain-timeout", "60s")
    broker.worker("q", world.fixture.url("hold-a"), concurrency=1)
    tasks = broker.submit_many("q", 3)
    until(lambda: world.fixture.seen("hold-a"))
    broker.signal(15)
    until(lambda: broker.probe("/readyz") == 503)
    time.sleep(0.5)
    equal((broker.is_running(), len(world.fixture.seen("hold-a"))), (True, 1))
    world.fixture.release("hold-a")
    broker.wait_exit(0, timeout_s=PATIENCE_S)
    equal(len(world.fixture.seen("hold-a")), 1)
    broker.start()
    for task in tasks:
        broker.ended(task, "succeeded")
    equal([broker.task(task)["delivery"] for task in tasks], [1, 1, 1])


def a_stop_that_cannot_wait_loses_nothing(world):
    """Its time is over while a request hangs: the task is there after the start, and is done."""
    broker = world.broker("--drain-timeout", "0")
    broker.worker("q", world.fixture.url("hold-b"), concurrency=1)
    task = broker.submit("q", lease_s=2)
    request = until(lambda: world.fixture.seen("hold-b"))[0]
    began = time.monotonic()
    broker.stop()
    check(time.monotonic() - began < 15, f"it took {time.monotonic() - began:.1f} s to stop")
    until(lambda: request.was_cut)
    world.fixture.release("hold-b")
    broker.start()
    broker.ended(task, "succeeded")


def a_kill_in_the_middle_delivers_again(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("hold-c"), concurrency=2)
    tasks = broker.submit_many("q", 6, lease_s=2)
    until(lambda: len(world.fixture.seen("hold-c")) >= 1)
    broker.kill()
    world.fixture.release("hold-c")
    broker.start()
    for task in tasks:
        broker.ended(task, "succeeded")


def push_and_pull_share_a_queue(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("slow/0.05"), concurrency=2)
    puller = broker.must("POST", "/workers", {"identity": "puller", "queues": ["q"], "concurrency": 1})["id"]
    tasks = set(broker.submit_many("q", 60))
    pulled, outcomes = [], []
    until_s = time.monotonic() + PATIENCE_S
    while broker.counts("q")["succeeded"] < 60:
        check(time.monotonic() < until_s, "they are not done")
        status, claim = broker.ask("POST", f"/workers/{puller}/claim?wait=0.2", {"outcomes": outcomes})
        outcomes = [{"lease": one["lease"], "outcome": "succeeded"} for one in (claim or {}).get("tasks", [])]
        pulled += [one["id"] for one in (claim or {}).get("tasks", [])] if status == 200 else []
    pushed = [one.header("Task-Id") for one in world.fixture.seen("slow")]
    equal(len(pulled) + len(pushed), 60, "each once")
    equal(set(pulled) | set(pushed), tasks)
    check(pulled and pushed, f"{len(pulled)} pulled, {len(pushed)} pushed")


def a_worker_that_is_deleted_or_quiet_is_not_called(world):
    broker = world.broker()
    worker = broker.worker("q", world.fixture.url("ok"))["id"]
    broker.ended(broker.submit("q"), "succeeded")
    broker.must("PATCH", f"/workers/{worker}", {"state": "quiet"})
    held = broker.submit("q")
    never(lambda: len(world.fixture.seen("ok")) > 1, 0.7)
    broker.must("PATCH", f"/workers/{worker}", {"state": "run"})
    broker.ended(held, "succeeded")
    broker.must("DELETE", f"/workers/{worker}")
    broker.submit("q")
    never(lambda: len(world.fixture.seen("ok")) > 2, 0.7)


def workers_outlive_silence_and_restarts(world):
    """A URL sends no heartbeats: it is never lost by silence, nor forgotten after a day."""
    broker = world.broker(clock="manual")
    worker = broker.worker("q", world.fixture.url("ok"), push_secret=SECRET)["id"]
    broker.advance(3 * 86400)
    broker.ended(broker.submit("q"), "succeeded")
    broker.stop()
    broker.start()
    broker.ended(broker.submit("q"), "succeeded")
    equal(broker.worker_state(worker)["id"], worker)
    check(all(signed_by(SECRET, one) for one in world.fixture.seen("ok")), "signatures after the start")


def a_changed_worker_is_called_as_it_is_now(world):
    """Registered again with other queues and concurrency, it goes on under its id."""
    broker = world.broker()
    first = broker.must("POST", "/workers", {"identity": "w", "queues": ["a"], "mode": "push", "concurrency": 1,
                                             "push_url": world.fixture.url("ok")})["id"]
    broker.ended(broker.submit("a"), "succeeded")
    second = broker.must("POST", "/workers", {"identity": "w", "queues": ["b"], "mode": "push", "concurrency": 2,
                                              "push_url": world.fixture.url("ok")})["id"]
    equal(second, first)
    broker.ended(broker.submit("b"), "succeeded")
    broker.submit("a")
    never(lambda: len(world.fixture.seen("ok")) > 2, 0.5)


TESTS = (
    a_task_is_one_signed_request,
    text_of_a_task_cannot_make_a_header,
    an_empty_and_a_large_payload_are_posted_whole,
    a_rotated_secret_signs_with_both,
    what_was_accepted_is_finished_by_its_lease,
    an_accepted_task_that_is_never_finished_comes_back,
    accepted_tasks_count_against_concurrency,
    a_cancel_is_a_signed_delete,
    a_cancel_that_is_not_heard_ends_after_its_grace,
    a_cancel_of_what_was_accepted_is_sent_too,
    many_cancels_go_out_a_few_at_a_time,
    a_drain_finishes_what_is_under_way,
    a_stop_that_cannot_wait_loses_nothing,
    a_kill_in_the_middle_delivers_again,
    push_and_pull_share_a_queue,
    a_worker_that_is_deleted_or_quiet_is_not_called,
    workers_outlive_silence_and_restarts,
    a_changed_worker_is_called_as_it_is_now,
)
