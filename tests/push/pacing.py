"""How fast targets are called: retries by the task's delays, concurrency and limits that hold exactly, slow and dead
targets beside ones that are well."""

import time

from harness import check, equal, free_port, never, until


# row 22: a failing target is called again after 1, 2, 4 and 8 s
def retries_come_after_the_tasks_delays(world):
    broker = world.broker(clock="manual")
    broker.worker("q", world.fixture.url("flaky/5"), concurrency=1)
    task = broker.submit("q", retry={"max_attempts": 10, "delays_s": [1, 2, 4, 8, 30, 60], "jitter": "none"})
    for number, delay_s in enumerate((1, 2, 4, 8), start=1):
        until(lambda: len(world.fixture.seen("flaky")) == number)
        until(lambda: broker.task(task)["state"] == "retrying", lambda: broker.told(task))
        broker.advance(delay_s - 0.1)
        never(lambda: len(world.fixture.seen("flaky")) > number, 0.3, f"it came before {delay_s} s")
        broker.advance(0.2)
    until(lambda: len(world.fixture.seen("flaky")) == 5)
    equal([one.header("Task-Attempt") for one in world.fixture.seen("flaky")], ["1", "2", "3", "4", "5"])
    until(lambda: broker.task(task)["state"] == "retrying")
    broker.advance(30.1)
    until(lambda: (broker.advance(60), len(world.fixture.seen("flaky")) == 6)[1])
    equal(broker.ended(task, "succeeded")["attempt"], 6)
    ids = {one.header("webhook-id") for one in world.fixture.seen("flaky")}
    equal(ids, {task}, "webhook-id is the same at each attempt")


def concurrency_is_never_passed_and_is_reached(world):
    broker = world.broker("--push-per-host", "64")
    broker.worker("q", world.fixture.url("slow/0.1"), concurrency=8)
    broker.submit_many("q", 150)
    until(lambda: broker.counts("q")["succeeded"] == 150, lambda: str(broker.counts("q")))
    equal(world.fixture.overlap("slow"), 8)


def limits_of_tasks_hold_exactly(world):
    broker = world.broker("--push-per-host", "64")
    broker.must("PUT", "/limits/three", {"max_running": 3})
    broker.worker("q", world.fixture.url("slow/0.05"), concurrency=16)
    broker.submit_many("q", 80, limits=["three"])
    until(lambda: broker.counts("q")["succeeded"] == 80, lambda: str(broker.counts("q")))
    equal(world.fixture.overlap("slow"), 3)


def a_queues_cap_holds_exactly(world):
    broker = world.broker("--push-per-host", "64")
    broker.must("PUT", "/queues/q", {"concurrency": 2})
    broker.worker("q", world.fixture.url("slow/0.05"), concurrency=16)
    broker.submit_many("q", 50)
    until(lambda: broker.counts("q")["succeeded"] == 50, lambda: str(broker.counts("q")))
    equal(world.fixture.overlap("slow"), 2)


def a_host_is_not_called_more_often_at_once_than_was_set(world):
    """By all its workers together; each of them gets its turn."""
    broker = world.broker("--push-per-host", "4")
    for name in "abc":
        broker.worker(name, world.fixture.url(f"slow/0.05/{name}"), concurrency=16, identity=name)
        broker.submit_many(name, 40)
    until(lambda: all(broker.counts(name)["succeeded"] == 40 for name in "abc"))
    most = world.fixture.overlap("slow")
    check(most <= 4, f"{most} at once")
    half = [one.words[2] for one in world.fixture.seen("slow")][:60]
    check(all(half.count(name) >= 8 for name in "abc"), f"one of them starves: {half}")


def a_new_target_is_begun_slowly(world):
    """The first requests come one at a time, and more as it answers."""
    broker = world.broker("--push-per-host", "64")
    broker.worker("q", world.fixture.url("hold-a"), concurrency=32)
    broker.submit_many("q", 40)
    until(lambda: world.fixture.seen("hold-a"))
    never(lambda: len(world.fixture.seen("hold-a")) > 2, 0.7)
    world.fixture.release("hold-a")
    until(lambda: broker.counts("q")["succeeded"] == 40)


def calls_to_a_dead_target_are_bounded(world):
    """Many tasks, retries at once, nobody there: the breaker lets few of them through, and says so."""
    broker = world.broker()
    fixture = world.fixture
    worker = broker.worker("dead", fixture.url("x", port=fixture.ports["slam"]), concurrency=16)["id"]
    broker.worker("well", fixture.url("ok"))
    broker.submit_many("dead", 300, retry={"max_attempts": 1000, "delays_s": [0.01]})
    began = time.monotonic()
    done = 0
    while time.monotonic() - began < 6:
        broker.ended(broker.submit("well"), "succeeded")
        done += 1
    tried = len(fixture.connections("slam"))
    took_s = time.monotonic() - began
    check(5 <= tried <= 25 + 2 * took_s, f"{tried} connections in {took_s:.1f} s")
    check(done >= 10, f"only {done} tasks were done beside it")
    shown = broker.worker_state(worker)
    check(shown["push"]["state"] in ("resting", "probing", "open"), str(shown))
    check(broker.counts("dead")["ready"] + broker.counts("dead")["retrying"] >= 280, str(broker.counts("dead")))


def a_dead_target_that_comes_back_is_found(world):
    """By a probe; then everything is done."""
    broker = world.broker()
    port = free_port()
    broker.worker("q", world.fixture.url("ok", port=port), concurrency=4)
    broker.submit_many("q", 20, retry={"max_attempts": 1000, "delays_s": [0.05]})
    until(lambda: (broker.metric("sluice_push_requests_total") or 0) >= 1 or broker.counts("q")["retrying"] > 0)
    time.sleep(1)
    import fixture
    there = fixture.Fixture(port=port).start()
    try:
        until(lambda: broker.counts("q")["succeeded"] == 20, lambda: str(broker.counts("q")))
    finally:
        there.close()


def a_slow_target_does_not_slow_pull_workers(world):
    """A thousand tasks for a target that takes long: the puller's come at once."""
    broker = world.broker()
    broker.worker("slow", world.fixture.url("slow/20"), concurrency=64)
    broker.submit_many("slow", 1000)
    until(lambda: world.fixture.under_way("slow") >= 1)
    puller = broker.must("POST", "/workers", {"identity": "p", "queues": ["pulled"], "concurrency": 10})["id"]
    began = time.monotonic()
    for _ in range(20):
        broker.submit("pulled")
        claim = broker.must("POST", f"/workers/{puller}/claim?wait=10", {})
        broker.must("POST", f"/leases/{claim['tasks'][0]['lease']}/complete", {})
    check(time.monotonic() - began < 15, f"twenty took {time.monotonic() - began:.1f} s")
    check(world.fixture.overlap("slow") <= 16, f"{world.fixture.overlap('slow')} at one host")


def a_thousand_tasks_are_done_once_each(world):
    """Over few connections, which are kept."""
    broker = world.broker("--push-per-host", "16")
    broker.worker("q", world.fixture.url("ok"), concurrency=16)
    tasks = broker.submit_many("q", 1000)
    until(lambda: broker.counts("q")["succeeded"] == 1000, lambda: str(broker.counts("q")))
    equal(sorted(one.header("Task-Id") for one in world.fixture.seen("ok")), sorted(tasks))
    check(len(world.fixture.connections()) <= 64, f"{len(world.fixture.connections())} connections")
    check(world.fixture.overlap("ok") <= 16, f"{world.fixture.overlap('ok')} at once")


TESTS = (
    retries_come_after_the_tasks_delays,
    concurrency_is_never_passed_and_is_reached,
    limits_of_tasks_hold_exactly,
    a_queues_cap_holds_exactly,
    a_host_is_not_called_more_often_at_once_than_was_set,
    a_new_target_is_begun_slowly,
    calls_to_a_dead_target_are_bounded,
    a_dead_target_that_comes_back_is_found,
    a_slow_target_does_not_slow_pull_workers,
    a_thousand_tasks_are_done_once_each,
)
