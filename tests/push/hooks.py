"""Webhooks: told of events at least once, in order per task, again and again by a ladder of waits, and not by whoever asks."""

import json
import threading
import time

import spellings
from harness import check, equal, never, signed_by, until

SECRET = "whsec_" + "d2ViaG9vay10ZXN0LWtleS1vZi0zMi1ieXRlcy1sb25nIQ=="
LADDER_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
BY_CHANCE = 0.1  # how much longer a wait may be


def hook(broker, name, url, **members):
    return broker.must("PUT", f"/webhooks/{name}", {"url": url, "secret": SECRET, **members})


def told(world, path, task=None):
    """(kind, task) of each message that came, or the kinds of one task's."""
    events = [json.loads(one.body) for one in world.fixture.seen(path)]
    if task is None:
        return [(one["type"], one.get("task_id")) for one in events]
    return [one["type"] for one in events if one.get("task_id") == task]


def puller(broker, queue):
    return broker.must("POST", "/workers", {"identity": "p", "queues": [queue], "concurrency": 10})["id"]


def run_one(broker, worker, outcome="complete", body=None):
    claim = broker.must("POST", f"/workers/{worker}/claim?wait=20", {})["tasks"][0]
    broker.must("POST", f"/leases/{claim['lease']}/{outcome}", body or {})
    return claim["id"]


def deliveries(broker, name, state=None):
    return broker.must("GET", f"/webhooks/{name}/deliveries" + (f"?state={state}" if state else ""))["items"]


# row 79: a webhook is told of a task's begin and end, in order
def a_webhook_is_told_in_order(world):
    broker = world.broker()
    hook(broker, "h", world.fixture.url("ok/hook"), types=["task.*"])
    worker = puller(broker, "q")
    tasks = [broker.submit("q") for _ in range(5)]
    for _ in tasks:
        run_one(broker, worker)
    until(lambda: all("task.succeeded" in told(world, "ok/hook", task) for task in tasks))
    for task in tasks:
        kinds = told(world, "ok/hook", task)
        order = [kind for kind in ("task.submitted", "task.claimed", "task.started", "task.succeeded") if kind in kinds]
        equal(kinds, order)
        check({"task.submitted", "task.claimed", "task.succeeded"} <= set(kinds), str(kinds))
    ids = [one.header("webhook-id") for one in world.fixture.seen("ok/hook")]
    equal(len(ids), len(set(ids)), "ids of messages")
    for request in world.fixture.seen("ok/hook"):
        event = json.loads(request.body)
        check(signed_by(SECRET, request), "the signature")
        equal(request.header("Content-Type"), "application/json")
        check({"id", "at", "type", "namespace", "data"} <= set(event), str(event))
        equal(request.header("Task-Lease"), None, "nobody but a worker is given the lease")


def only_what_was_asked_for_is_told(world):
    broker = world.broker()
    hook(broker, "failures", world.fixture.url("ok/failures"), types=["task.failed"], queue="a*")
    hook(broker, "off", world.fixture.url("ok/off"), enabled=False)
    workers = {queue: puller(broker, queue) for queue in ("a1", "b1")}
    for queue, worker in workers.items():
        for outcome in ("complete", "fail"):
            broker.submit(queue, retry={"max_attempts": 1})
            run_one(broker, worker, outcome, {"type": "t", "message": "m"})
    until(lambda: told(world, "ok/failures"))
    never(lambda: len(told(world, "ok/failures")) > 1, 0.5)
    event = json.loads(world.fixture.seen("ok/failures")[0].body)
    equal((event["type"], event["queue"]), ("task.failed", "a1"))
    equal(told(world, "ok/off"), [])


def order_holds_while_deliveries_fail(world):
    """Each message fails twice: none of a task's is sent before the one before it was taken."""
    broker = world.broker(clock="manual")
    hook(broker, "h", world.fixture.url("moody/2"), types=["task.*"])
    worker = puller(broker, "q")
    tasks = [broker.submit("q") for _ in range(3)]
    for _ in tasks:
        run_one(broker, worker)

    def is_done():
        broker.advance(400)
        return not deliveries(broker, "h", "due")

    until(is_done, lambda: str(deliveries(broker, "h", "due"))[:2000])
    for task in tasks:
        kinds = told(world, "moody", task)
        once = list(dict.fromkeys(kinds))
        equal(kinds, [kind for kind in once for _ in range(3)])
        equal((once[0], once[-1]), ("task.submitted", "task.succeeded"))


def the_ladder_is_climbed_to_its_end(world):
    """5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 h, then dead; redelivered by hand."""
    broker = world.broker(clock="manual")
    hook(broker, "h", world.fixture.url("status/500/hook"), types=["task.submitted"])
    broker.submit("q")
    seen = lambda: len(world.fixture.seen("status/500/hook"))  # noqa: E731
    for number, wait_s in enumerate(LADDER_S, start=1):
        until(lambda: seen() == number, lambda: f"{seen()} of {number}: {deliveries(broker, 'h')}")
        until(lambda: deliveries(broker, "h")[0]["attempts"] == number)
        broker.advance(wait_s - 1)
        never(lambda: seen() > number, 0.15, f"number {number + 1} came before {wait_s} s")
        broker.advance(wait_s * BY_CHANCE + 2)
    until(lambda: [one["state"] for one in deliveries(broker, "h")] == ["dead"])
    equal(seen(), 10)
    one = deliveries(broker, "h")[0]
    equal((one["attempts"], one["last_status"]), (10, 500))
    equal(len({request.header("webhook-id") for request in world.fixture.seen("status/500/hook")}), 1)
    broker.advance(7200)
    hook(broker, "h", world.fixture.url("ok/again"), types=["task.submitted"])
    broker.must("POST", f"/webhooks/h/deliveries/{one['id']}/redeliver")
    until(lambda: world.fixture.seen("ok/again"))
    equal(world.fixture.seen("ok/again")[0].header("webhook-id"), one["id"])
    until(lambda: deliveries(broker, "h")[0]["state"] == "delivered")


def a_test_is_sent_and_answered(world):
    broker = world.broker()
    hook(broker, "h", world.fixture.url("ok/hook"), types=["task.failed"])
    status, answer = broker.ask("POST", "/webhooks/h/test?wait=20")
    equal((status, answer["state"], answer["last_status"]), (200, "delivered", 200))
    equal(told(world, "ok/hook")[0][0], "webhook.test")
    hook(broker, "bad", world.fixture.url("status/500"))
    status, answer = broker.ask("POST", "/webhooks/bad/test?wait=20")
    check(answer["last_status"] == 500, str(answer))


def a_hook_that_is_gone_is_sent_nothing_more(world):
    broker = world.broker()
    hook(broker, "h", world.fixture.url("status/410/hook"), types=["task.submitted"])
    broker.submit("q")
    until(lambda: broker.must("GET", "/webhooks/h")["gone_at"])
    count = len(world.fixture.seen("status/410"))
    broker.submit("q")
    broker.stop()
    broker.start()
    never(lambda: len(world.fixture.seen("status/410")) > count, 0.5)


def a_hook_with_another_url_does_not_rest(world):
    broker = world.broker()
    hook(broker, "h", world.fixture.url("throttle/503/1/3000"), types=["task.failed"])
    broker.ask("POST", "/webhooks/h/test?wait=1")
    until(lambda: broker.must("GET", "/webhooks/h")["state"] == "resting")
    hook(broker, "h", world.fixture.url("ok/hook"), types=["task.failed"])
    broker.must("POST", "/webhooks/h/test?wait=20")
    equal(len(world.fixture.seen("ok/hook")), 1)


def messages_outlive_a_kill(world):
    """At least once: what was not taken before is sent after the start."""
    broker = world.broker()
    hook(broker, "h", world.fixture.url("hold-a/hook"), types=["task.submitted"])
    tasks = set(broker.submit_many("q", 50))
    until(lambda: world.fixture.seen("hold-a"))
    broker.kill()
    world.fixture.release("hold-a")
    broker.start()
    until(lambda: {task for _, task in told(world, "hold-a")} == tasks)


def a_dead_hook_does_not_hold_another(world):
    broker = world.broker()
    hook(broker, "dead", world.fixture.url("hang/hook"), types=["task.submitted"])
    hook(broker, "well", world.fixture.url("ok/hook"), types=["task.submitted"])
    tasks = set(broker.submit_many("q", 100))
    until(lambda: {task for _, task in told(world, "ok/hook")} == tasks)


def a_task_calls_back_when_it_is_over(world):
    """A URL of its own, or a webhook that was set up."""
    broker = world.broker("--push-allow-task-urls")
    hook(broker, "h", world.fixture.url("ok/named"), types=["worker.left"])
    worker = puller(broker, "q")
    first = broker.submit("q", callback={"url": world.fixture.url("ok/own")})
    second = broker.submit("q", callback={"webhook": "h"}, retry={"max_attempts": 1})
    run_one(broker, worker)
    run_one(broker, worker, "fail", {"type": "t", "message": "m"})
    until(lambda: told(world, "ok/own", first) and told(world, "ok/named", second))
    equal((told(world, "ok/own"), told(world, "ok/named")), ([("task.succeeded", first)], [("task.failed", second)]))


def one_tasks_url_does_not_speak_for_anothers(world):
    """URLs of tasks that are gone, dead or silent hold up nobody whose host is another."""
    broker = world.broker("--push-allow-task-urls")
    worker = puller(broker, "q")
    for number, path in enumerate(["status/410/x", "status/500/x", "status/503/x"] + ["hang/x"] * 97):
        broker.submit("q", callback={"url": world.fixture.url(f"{path}{number}")})
        run_one(broker, worker)
    until(lambda: world.fixture.seen("status/410") and world.fixture.seen("hang"))
    for number in range(10):
        url = world.fixture.url(f"ok/own{number}").replace("127.0.0.1", "localhost")
        broker.submit("q", callback={"url": url})
        run_one(broker, worker)
    until(lambda: len({one.path for one in world.fixture.seen("ok")}) == 10, timeout_s=25)
    less = len(world.fixture.seen("hang"))
    assert less <= 8, f"{less} requests are with one silent host"


def tasks_name_no_url_unless_that_is_allowed(world):
    broker = world.broker()
    url = world.fixture.url("ok/own")
    status, answer = broker.ask("POST", "/tasks", {"queue": "q", "payload": 1, "callback": {"url": url}})
    equal((status, answer["errors"][0]["pointer"]), (400, "/callback/url"))
    for callback in ({}, {"url": url, "webhook": "h"}, {"url": 7}, "x"):
        equal(broker.ask("POST", "/tasks", {"queue": "q", "payload": 1, "callback": callback})[0], 400, str(callback))


def private_addresses_are_refused_for_hooks_too(world):
    broker = world.broker("--push-allow-task-urls", allow=None)
    wrong = []
    for url in spellings.REFUSED:
        for method, path, body, pointer in (("PUT", "/webhooks/h", {"url": url}, "/url"),
                                            ("POST", "/tasks", {"queue": "q", "payload": 1, "callback": {"url": url}},
                                             "/callback/url")):
            status, answer = broker.ask(method, path, body)
            places = [one["pointer"] for one in answer.get("errors", [])] if isinstance(answer, dict) else None
            if (status, places) != (400, [pointer]):
                wrong.append(f"{method} {url[:80]!r}: {status} {str(answer)[:150]}")
    equal(wrong, [])


# row 70: a failure that somebody waited for is told with handled: true, another with handled: false
def a_failure_says_whether_somebody_waited(world):
    broker = world.broker()
    hook(broker, "h", world.fixture.url("ok/hook"), types=["task.failed"])
    worker = puller(broker, "q")
    alone = broker.submit("q", retry={"max_attempts": 1})
    run_one(broker, worker, "fail", {"type": "t", "message": "m"})
    waited = broker.submit("q", retry={"max_attempts": 1})
    waiter = threading.Thread(target=lambda: broker.ask("GET", f"/tasks/{waited}?wait=30"))
    waiter.start()
    until(lambda: (broker.metric("sluice_parked_requests") or 1) >= 1)
    time.sleep(0.7)
    run_one(broker, worker, "fail", {"type": "t", "message": "m"})
    waiter.join()
    until(lambda: len(told(world, "ok/hook")) == 2)
    handled = {json.loads(one.body)["task_id"]: json.loads(one.body)["data"]["handled"] for one in
               world.fixture.seen("ok/hook")}
    equal(handled, {alone: False, waited: True})


TESTS = (
    a_webhook_is_told_in_order,
    only_what_was_asked_for_is_told,
    order_holds_while_deliveries_fail,
    the_ladder_is_climbed_to_its_end,
    a_test_is_sent_and_answered,
    a_hook_that_is_gone_is_sent_nothing_more,
    a_hook_with_another_url_does_not_rest,
    messages_outlive_a_kill,
    a_dead_hook_does_not_hold_another,
    a_task_calls_back_when_it_is_over,
    one_tasks_url_does_not_speak_for_anothers,
    tasks_name_no_url_unless_that_is_allowed,
    private_addresses_are_refused_for_hooks_too,
    a_failure_says_whether_somebody_waited,
)
