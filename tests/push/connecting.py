"""Which addresses are connected to: names lead wherever look-ups say, and what may not be called sees no packet. Look-ups
are answered by resolve_shim.c, preloaded into the broker; listeners and, where it is installed, strace see connections."""

import os
import re
import select
import shutil
import socket
import threading
import time

import spellings
from certificates import Certificates
from fixture import Fixture
from harness import build_shim, check, equal, free_port, never, until

QUICK_S = 20  # what is done in a moment, however slow the machine; far below the 30 s of a look-up that hangs
NEVER_TWICE = {"retry": {"max_attempts": 1}}


class Sentinel:
    """Listens on addresses that must see nothing, and counts what it sees."""

    def __init__(self, addresses, port):
        self.seen = []
        self.listeners = []
        self.done = threading.Event()
        for address in addresses:
            listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            if ":" in address:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(16)
            self.listeners.append(listener)
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.done.is_set():
            for listener in select.select(self.listeners, [], [], 0.1)[0]:
                connection, peer = listener.accept()
                self.seen.append((listener.getsockname(), peer))
                connection.close()

    def close(self):
        self.done.set()
        self.thread.join()
        for listener in self.listeners:
            listener.close()


class Names:
    """A broker whose look-ups are the test's: the file of answers, and what was asked."""

    def __init__(self, world, hosts, allow, ca=None, trace=False, options=()):
        self.path = os.path.join(world.folder, f"hosts-{len(world.brokers)}")
        with open(self.path, "w", encoding="ascii") as out:
            out.writelines(f"{name} {answer}\n" for name, answer in hosts.items())
        self.trace_path = self.path + ".trace"
        self.traced = trace and _can_trace(world.folder)
        env = {"LD_PRELOAD": build_shim(world.folder), "RESOLVE_SHIM": self.path}
        if ca:
            env["RESOLVE_SHIM_CA"] = ca
        wrap = ()
        if self.traced:
            wrap = ("strace", "-D", "-f", "-q", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", self.trace_path)
            env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        self.broker = world.broker(*options, allow=allow, env=env, wrap=wrap)

    def asked(self, name):
        """(begun, ended) look-ups of a name."""
        try:
            with open(self.path + ".log", encoding="ascii") as log:
                lines = log.read().split("\n")
        except FileNotFoundError:
            return 0, 0
        return lines.count(name), lines.count("-" + name)

    def connected(self):
        """Addresses that the broker connected or sent to, as strace has it."""
        with open(self.trace_path, encoding="utf-8", errors="replace") as trace:
            text = trace.read()
        found = re.findall(r'(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"', text)
        return sorted(set(found))


def _can_trace(folder):
    """strace may be missing, or forbidden where this runs."""
    path = os.path.join(folder, "try.trace")
    return shutil.which("strace") is not None and os.system(f"strace -D -o {path} true 2>/dev/null") == 0


def error_of(broker, task):
    attempts = broker.attempts(task)
    check(attempts, lambda: f"there is no attempt: {broker.told(task)}")
    return attempts[-1]["error"]


def no_packet_to_a_denied_address(world):
    """Each denied address behind a name of its own, and all of them behind one."""
    port = free_port()
    hosts = {f"d{n}.example": address for n, address in enumerate(spellings.DENIED)}
    hosts["all.example"] = ",".join(spellings.DENIED)
    sentinel = Sentinel(["0.0.0.0", "::"], port)
    names = Names(world, hosts, "127.0.0.2/32", trace=True, options=("--push-per-host", "64"))
    broker = names.broker
    for name in hosts:
        broker.worker(name, f"https://{name}:{port}/x")
    tasks = {name: broker.submit(name, **NEVER_TWICE) for name in hosts}
    broker.worker("allowed", f"http://127.0.0.2:{free_port()}/x")
    broker.ended(broker.submit("allowed", **NEVER_TWICE), "failed")
    wrong = []
    for name, task in tasks.items():
        got = broker.ended(task)
        error = got["error"] or {}
        if (got["state"], error.get("type")) != ("failed", "push_denied"):
            wrong.append(f"{hosts[name]}: {got['state']} {error}")
    equal(wrong, [])
    equal(sentinel.seen, [], "connections to denied addresses")
    sentinel.close()
    if names.traced:
        broker.stop()
        until(lambda: "exited" in open(names.trace_path, encoding="utf-8", errors="replace").read()[-4000:])
        equal(names.connected(), ["127.0.0.2"], "addresses in the trace")
    else:
        print("     strace cannot be used here: the listeners alone have seen it")


def a_message_does_not_tell_refused_from_silent(world):
    """No scanner of ports: an address that may not be called, a closed port behind it or an open one read alike."""
    port, closed = free_port(), free_port()
    sentinel = Sentinel(["127.0.0.1"], port)
    names = Names(world, {"a.example": "127.0.0.1"}, "127.0.0.2/32")
    broker = names.broker
    errors = []
    for number, one in enumerate((port, closed)):
        broker.worker(f"q{number}", f"https://a.example:{one}/x")
        task = broker.submit(f"q{number}", **NEVER_TWICE)
        broker.ended(task, "failed")
        error = error_of(broker, task)
        errors.append((error["type"], error["message"].replace(str(one), "PORT")))
    equal(errors[0], errors[1])
    check("127.0.0.1" not in errors[0][1], f"the address is told: {errors[0]}")
    equal(sentinel.seen, [])
    sentinel.close()


def a_name_that_turns_private_is_not_called(world):
    """Rebinding: the first look-up leads where it may, the next elsewhere; or one leads to both."""
    other = Fixture("127.0.0.2").start()
    sentinel = Sentinel(["127.0.0.1", "127.0.0.3", "::1"], other.port)
    names = Names(world, {"turn.example": "127.0.0.2|127.0.0.1", "both.example": "127.0.0.2,127.0.0.1,127.0.0.3,::1"},
                  "127.0.0.2/32")
    broker = names.broker
    for name in ("turn", "both"):
        broker.worker(name, f"http://{name}.example:{other.port}/ok", concurrency=1)
        broker.ended(broker.submit(name, **NEVER_TWICE), "succeeded")
    equal(len(other.seen("ok")), 2)
    other.close()
    broker.stop()  # it remembers addresses for a minute
    broker.start()
    for name, wanted in (("turn", ("push_denied",)), ("both", ("push_denied", "push_unreachable"))):
        task = broker.submit(name, **NEVER_TWICE)
        broker.ended(task, "failed")
        check(error_of(broker, task)["type"] in wanted, broker.told(task))
    equal(names.asked("turn.example")[0], 2, "look-ups")
    equal(sentinel.seen, [])
    sentinel.close()


def plain_http_goes_to_allowed_ranges_only(world):
    """http: to a name is judged where it leads."""
    names = Names(world, {"in.example": "127.0.0.1", "out.example": "127.0.0.2"}, "127.0.0.1/32")
    broker = names.broker
    sentinel = Sentinel(["127.0.0.2"], world.fixture.port)
    for name, wanted in (("in", "succeeded"), ("out", "failed")):
        broker.worker(name, f"http://{name}.example:{world.fixture.port}/ok")
        task = broker.submit(name, **NEVER_TWICE)
        broker.ended(task, wanted)
    equal(error_of(broker, task)["type"], "push_denied")
    equal(sentinel.seen, [])
    sentinel.close()


def a_name_without_an_address_costs_an_attempt(world):
    names = Names(world, {"gone.example": "none"}, "127.0.0.0/8")
    broker = names.broker
    broker.worker("q", f"http://gone.example:{world.fixture.port}/ok")
    task = broker.submit("q", retry={"max_attempts": 2, "delays_s": [0.1]})
    broker.ended(task, "failed")
    equal([one["error"]["type"] for one in broker.attempts(task)], ["push_unreachable"] * 2)


def five_hundred_addresses_are_one_attempt(world):
    """All of them private: none is tried, and the answer comes soon."""
    port = free_port()
    sentinel = Sentinel(["127.7.0.1", "127.7.0.2", "127.7.1.250"], port)
    names = Names(world, {"many.example": "many"}, "127.0.0.2/32")
    broker = names.broker
    broker.worker("q", f"https://many.example:{port}/x")
    task = broker.submit("q", **NEVER_TWICE)
    broker.ended(task, "failed")
    equal(error_of(broker, task)["type"], "push_denied")
    equal(sentinel.seen, [])
    sentinel.close()


def a_look_up_that_hangs_holds_nobody_else(world):
    """30 s of it: others go on, its threads are few, the broker stops in time."""
    hosts = {f"hang{n}.example": "hang" for n in range(20)}
    names = Names(world, {**hosts, "good.example": "127.0.0.1"}, "127.0.0.0/8", options=("--drain-timeout", "1"))
    broker = names.broker
    before = threads_of(broker)
    for name in hosts:
        broker.worker(name, f"http://{name}:{world.fixture.port}/ok")
        broker.submit_many(name, 20, lease_s=60)
    until(lambda: sum(names.asked(name)[0] for name in hosts) >= 4)
    broker.worker("good", f"http://good.example:{world.fixture.port}/echo")
    began = time.monotonic()
    for _ in range(10):
        broker.ended(broker.submit("good"), "succeeded")
    check(time.monotonic() - began < QUICK_S, f"the others took {time.monotonic() - began:.1f} s")
    grown = threads_of(broker) - before
    check(grown <= 64, f"{grown} threads more")
    check(sum(names.asked(name)[0] for name in hosts) <= 20 * 3, "as many look-ups as tasks")
    began = time.monotonic()
    broker.stop()
    check(time.monotonic() - began < QUICK_S, f"stopping took {time.monotonic() - began:.1f} s")


def threads_of(broker):
    return len(os.listdir(f"/proc/{broker.pid}/task"))


def certificates_are_checked(world):
    """Good ones pass; self-signed, of another host, and expired ones see no request."""
    made = Certificates(world.folder, "tls.example")
    names = Names(world, {"tls.example": "127.0.0.1"}, "127.0.0.0/8", ca=made.ca)
    broker = names.broker
    wanted = {"good": None, "alone": "push_untrusted", "other": "push_untrusted", "expired": "push_untrusted"}
    tasks = {}
    for kind in wanted:
        port = world.fixture.listen_tls(kind, getattr(made, kind), getattr(made, kind + "_key"))
        broker.worker(kind, f"https://tls.example:{port}/echo/{kind}")
        tasks[kind] = broker.submit(kind, payload={"secret": kind}, **NEVER_TWICE)
    got = {kind: (broker.ended(task)["error"] or {}).get("type") for kind, task in tasks.items()}
    equal(got, wanted)
    equal([one.path for one in world.fixture.seen("echo")], ["/echo/good"])


def tls_where_there_is_none(world):
    """https: to a server that speaks plain HTTP, and http: to one that speaks TLS."""
    made = Certificates(world.folder, "tls.example")
    names = Names(world, {"tls.example": "127.0.0.1"}, "127.0.0.0/8", ca=made.ca)
    broker = names.broker
    port = world.fixture.listen_tls("good", made.good, made.good_key)
    for queue, url in (("a", f"https://tls.example:{world.fixture.port}/ok"), ("b", f"http://tls.example:{port}/ok")):
        broker.worker(queue, url)
        task = broker.submit(queue, lease_s=5, **NEVER_TWICE)
        broker.ended(task, "failed")
        wanted = ("push_untrusted", "push_broken", "push_unreachable")
        check(error_of(broker, task)["type"] in wanted, broker.told(task))
    equal(world.fixture.seen("ok"), [])


def the_environment_names_no_proxy(world):
    """A proxy of the environment would be the one that is connected to."""
    sentinel = Sentinel(["127.0.0.9"], free_port())
    place = f"http://127.0.0.9:{sentinel.listeners[0].getsockname()[1]}"
    broker = world.broker(env={key: place for key in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY")})
    broker.worker("q", world.fixture.url("ok"))
    broker.ended(broker.submit("q", **NEVER_TWICE), "succeeded")
    equal(sentinel.seen, [])
    sentinel.close()


def its_own_address_is_not_called(world):
    """A broker is never made to call itself, though the range is allowed."""
    names = Names(world, {"self.example": "127.0.0.1"}, "127.0.0.0/8")
    broker = names.broker
    status, answer = broker.ask("POST", "/workers", {"identity": "w", "queues": ["q"], "mode": "push",
                                                     "push_url": f"http://127.0.0.1:{broker.port}/v1/shutdown"})
    equal((status, answer["code"]), (400, "invalid_field"))
    broker.worker("q", f"http://self.example:{broker.port}/v1/shutdown")
    task = broker.submit("q", **NEVER_TWICE)
    broker.ended(task, "failed")
    equal(error_of(broker, task)["type"], "push_denied")
    never(lambda: not broker.is_running(), 0.5)


TESTS = (
    no_packet_to_a_denied_address,
    a_message_does_not_tell_refused_from_silent,
    a_name_that_turns_private_is_not_called,
    plain_http_goes_to_allowed_ranges_only,
    a_name_without_an_address_costs_an_attempt,
    five_hundred_addresses_are_one_attempt,
    a_look_up_that_hangs_holds_nobody_else,
    certificates_are_checked,
    tls_where_there_is_none,
    the_environment_names_no_proxy,
    its_own_address_is_not_called,
)
