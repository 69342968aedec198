"""B191-B195: many at once, and settings that change under them."""

import threading
import time

from raw import RawClient
from wire import Connection

QUEUES = 1000


def many_connections(broker):
    """1,000 connections open at the same time; each is served."""
    clients = [RawClient(broker.port) for _ in range(1000)]
    for client in clients:
        client.send(b"GET /v1/version HTTP/1.1\r\nHost: localhost\r\n\r\n")
    served = sum(client.reply(30).status == 200 for client in clients)
    for client in clients:
        client.close()
    if served != 1000:
        yield f"{served} of 1,000 were served"


def waits_on_many_queues(broker):
    """A waiting claim on each of 1,000 queues; one task wakes one of them."""
    http = Connection(broker.port)
    clients = []
    for i in range(QUEUES):
        _, worker = http.json("POST", "/v1/workers", {"identity": "w", "queues": [f"many{i}"]})
        client = RawClient(broker.port)
        client.send(f"POST /v1/workers/{worker['id']}/claim?wait=20 HTTP/1.1\r\nHost: localhost\r\n"
                    "Content-Length: 0\r\n\r\n".encode())
        clients.append(client)
    time.sleep(0.5)
    http.json("POST", "/v1/tasks", {"queue": "many500"})
    woken = clients[500].reply(10)
    if woken.status != 200:
        yield f"the claim on the task's queue is answered {woken.status}"
    others = [i for i, client in enumerate(clients) if i != 500 and not _is_silent(client)]
    if others:
        yield f"{len(others)} others woke as well"
    for client in clients:
        client.close()


def _is_silent(client):
    client.socket.settimeout(0.0)
    try:
        client.socket.recv(1)
        return False
    except BlockingIOError:
        return True


def cap_flips(broker):
    """A cap that goes from 1 to 100 and back while four workers claim and finish: it holds in the end, nothing is lost."""
    http = Connection(broker.port)
    for _ in range(5):
        http.json("POST", "/v1/tasks/batch", [{"queue": "flip"}] * 200)
    stop = threading.Event()
    workers = [threading.Thread(target=_work_off, args=(broker.port, "flip", stop)) for _ in range(4)]
    for worker in workers:
        worker.start()
    end = time.monotonic() + 3
    flips = 0
    while time.monotonic() < end:
        http.json("PATCH", "/v1/queues/flip", {"concurrency": (1, 100)[flips % 2]})
        flips += 1
    http.json("PATCH", "/v1/queues/flip", {"concurrency": None})
    deadline = time.monotonic() + 30
    while http.json("GET", "/v1/queues/flip")[1]["counts"]["succeeded"] < 1000 and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    for worker in workers:
        worker.join()
    counts = http.json("GET", "/v1/queues/flip")[1]["counts"]
    if counts["succeeded"] != 1000 or sum(counts.values()) != 1000:
        yield f"after {flips} flips: {counts}"


def _work_off(port, queue, stop):
    http = Connection(port)
    _, worker = http.json("POST", "/v1/workers", {"identity": "w", "queues": [queue], "concurrency": 10})
    while not stop.is_set():
        status, claim = http.json("POST", f"/v1/workers/{worker['id']}/claim?wait=0.2", {"max": 10})
        if status == 200:
            http.json("POST", f"/v1/workers/{worker['id']}/outcomes",
                      {"outcomes": [{"lease": task["lease"], "outcome": "succeeded"} for task in claim["tasks"]]})


def queue_comes_and_goes(broker):
    """A queue that is deleted and made again while others submit to it and claim from it."""
    stop = threading.Event()
    made = []

    def submit():
        http = Connection(broker.port)
        while not stop.is_set():
            status, task = http.json("POST", "/v1/tasks", {"queue": "phoenix"})
            if status == 201:
                made.append(task["id"])

    threads = [threading.Thread(target=submit), threading.Thread(target=_work_off, args=(broker.port, "phoenix", stop))]
    for thread in threads:
        thread.start()
    http = Connection(broker.port)
    seen = set()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        seen.add(http.json("DELETE", "/v1/queues/phoenix")[0])
        seen.add(http.json("PUT", "/v1/queues/phoenix", {})[0])
    stop.set()
    for thread in threads:
        thread.join()
    if not seen <= {200, 201, 204, 404, 409}:
        yield f"answers: {sorted(seen)}"
    for task in made[::max(1, len(made) // 100)]:
        if http.json("GET", f"/v1/tasks/{task}")[0] != 200:
            yield f"acknowledged task {task} is gone"
            break


def purge_in_drain(broker):
    """Everything is cancelled while the broker drains: it stops in time, and what was acknowledged is there after."""
    http = Connection(broker.port)
    status, answer = http.json("POST", "/v1/tasks/batch", [{"queue": "last"}] * 1000)
    if status != 200:
        yield f"the batch is answered {status}"
        return
    parked = RawClient(broker.port)
    _, worker = http.json("POST", "/v1/workers", {"identity": "w", "queues": ["last"], "concurrency": 1})
    http.json("POST", f"/v1/workers/{worker['id']}/claim", {})
    purger = Connection(broker.port)
    broker.signal(15)
    purger.send("POST", "/v1/queues/last/purge?wait=1", b"{}")
    try:
        purged = purger.receive().status
    except OSError:
        purged = None  # the drain was quicker
    parked.close()
    broker.wait_exit(0)
    broker.start()
    _, page = Connection(broker.port).json("GET", f"/v1/tasks/{answer['items'][-1]['id']}")
    if page.get("state") not in ("ready", "cancelled"):
        yield f"purge {purged}, the last task is {page}"


ROWS = (
    ("B191", "1,000 connections", many_connections),
    ("B192", "waiting on 1,000 queues", waits_on_many_queues),
    ("B193", "a cap flipped under load", cap_flips),
    ("B194", "a queue deleted and made under load", queue_comes_and_goes),
    ("B195", "a purge in the drain", purge_in_drain),
)
