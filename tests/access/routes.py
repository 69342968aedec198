"""Every route of the contract with every role, and with what is no valid token at all."""

import base64

from bench import ROLES, equal, is_one_of
from contract import routes

ADMIN = "admin-of-everything-0001"
BOUND = {"in-a-namespace-00000001": "admin ns=team", "on-some-queues-00000001": "admin queue=mail-*"}
EXPIRED = "expired-long-ago-0000001"
WRONG = "this-is-no-token-at-all1"


def start(bench, *more, **how):
    lines = [f"{role}-of-everything-0001 {role}" for role in ROLES]
    lines += [f"{token} {rest}" for token, rest in BOUND.items()]
    lines += [f"{EXPIRED} admin expires=2020-01-01T00:00:00Z"]
    bench.secrets.add(WRONG)
    return bench.start(*lines, *more, options=("--failures-per-address", "0", "--log-level", "debug"), **how)


def check(problems, route, who, answer, wanted):
    """wanted: 401, 403, or None for anything else."""
    got = answer.status if answer.status in (401, 403) else None
    if got != wanted:
        problems.append(f"{route.method} {route.path} by {who}: {answer.status}, not {wanted or 'let in'}")
    code = {401: "unauthorized", 403: "forbidden"}.get(got)
    if code is not None and answer.code != code:
        problems.append(f"{route.method} {route.path} by {who}: code {answer.code}")
    if (got == 401) != ("www-authenticate" in answer.headers):
        problems.append(f"{route.method} {route.path} by {who}: WWW-Authenticate does not go with {answer.status}")


def fail_if_any(problems):
    if problems:
        raise AssertionError("\n".join(["what the contract says otherwise:", *problems]))


def every_role_may_what_the_contract_says(bench):
    start(bench)
    problems, asked = [], 0
    for route in routes():
        for role in ROLES:
            allowed = route.is_open or role in route.roles
            answer = bench.ask(route.method, route.at(), f"{role}-of-everything-0001", route.body())
            check(problems, route, role, answer, None if allowed else 403)
            asked += 1
    fail_if_any(problems)
    print(f"     {asked} requests")


def the_whole_broker_is_not_for_bound_tokens(bench):
    start(bench)
    problems = []
    for route in routes():
        for token in BOUND:
            answer = bench.ask(route.method, route.at(queue="mail-1", name="team"), token,
                               route.body("mail-1"))
            is_refused = route.is_whole or (route.needs_all_queues and "queues" in token)
            check(problems, route, token, answer, 403 if is_refused else None)
    fail_if_any(problems)


def no_route_takes_what_is_no_valid_token(bench):
    start(bench)
    basic = base64.b64encode(f"admin:{ADMIN}".encode()).decode()
    bench.secrets.add(ADMIN)
    tries = {
        "nobody": {},
        "a wrong token": {"Authorization": f"Bearer {WRONG}"},
        "an expired token": {"Authorization": f"Bearer {EXPIRED}"},
        "the beginning of a token": {"Authorization": f"Bearer {ADMIN[:-1]}"},
        "basic": {"Authorization": f"Basic {basic}"},
        "a bare token": {"Authorization": ADMIN},
        "two blanks": {"Authorization": f"Bearer  {ADMIN}"},
        "another header": {"X-Api-Key": ADMIN, "Cookie": f"token={ADMIN}", "Proxy-Authorization": f"Bearer {ADMIN}"},
    }
    problems, texts = [], set()
    for route in routes():
        for who, headers in tries.items():
            answer = bench.ask(route.method, route.at(), None, route.body(), headers)
            check(problems, route, who, answer, None if route.is_open else 401)
            if answer.status == 401:
                texts.add((answer.json["title"], answer.json["detail"]))
        for query in ("token", "access_token", "Authorization"):
            answer = bench.ask(route.method, f"{route.at()}?{query}={ADMIN}", None, route.body())
            check(problems, route, f"?{query}=", answer, None if route.is_open else 401)
    fail_if_any(problems)
    equal(len(texts), 1, "texts of refusals")


def only_a_sent_token_is_called_invalid(bench):
    start(bench)
    equal(bench.ask("GET", "/v1/tasks").headers["www-authenticate"], 'Bearer realm="sluice"')
    for token in (WRONG, EXPIRED):
        equal(bench.ask("GET", "/v1/tasks", token).headers["www-authenticate"],
              'Bearer realm="sluice", error="invalid_token"')


def who_is_refused_comes_before_what_is_not_there(bench):
    start(bench)
    for method, path, known in (("GET", "/v1/nowhere", 404), ("PUT", "/v1/tasks", 405), ("GET", "//", 404),
                                ("OPTIONS", "/v1/tasks", 204), ("HEAD", "/v1/tasks", 200)):
        answer = bench.ask(method, path)
        equal(answer.status, 401, f"{method} {path} by nobody")
        equal("allow" in answer.headers, False, "Allow")
        equal(bench.ask(method, path, ADMIN).status, known, f"{method} {path} by an admin")
    equal(bench.ask("GET", "/v1/tasks", headers={"Origin": "http://elsewhere.example"}).status, 403)
    equal(bench.ask("POST", "/v1/tasks", body=b"{" * 10000, headers={"Content-Type": "text/html"}).status, 401)
    equal(bench.ask("POST", "/v1/tasks", "viewer-of-everything-0001", b"x", {"Content-Type": "text/html"}).status, 403)


def the_scheme_may_be_spelled_in_any_case(bench):
    start(bench)
    for scheme in ("Bearer", "bearer", "BEARER"):
        equal(bench.ask("GET", "/v1/whoami", headers={"Authorization": f"{scheme} {ADMIN}"}).status, 200, scheme)


def whoami_tells_what_the_contract_says(bench):
    start(bench)
    scopes = {route.scope: route for route in routes() if not route.is_open}
    for role in ROLES:
        told = bench.must(200, "GET", "/v1/whoami", f"{role}-of-everything-0001")
        equal(sorted(told["scopes"]), sorted(name for name, route in scopes.items() if role in route.roles), role)
        equal((told["role"], told["namespace"], told["queue"], told["home_namespace"]), (role, "*", "*", "default"))
    told = bench.must(200, "GET", "/v1/whoami", "in-a-namespace-00000001")
    equal((told["namespace"], told["home_namespace"]), ("team", "team"))
    is_one_of("shutdown" in told["scopes"], (False,), "shutdown")


def without_tokens_loopback_may_do_all(bench):
    bench.start_open()
    told = bench.must(200, "GET", "/v1/whoami")
    equal((told["id"], told["role"]), (None, "admin"))
    problems = []
    for route in routes():
        check(problems, route, "anybody", bench.ask(route.method, route.at(), None, route.body()), None)
    fail_if_any(problems)


TESTS = (
    every_role_may_what_the_contract_says,
    the_whole_broker_is_not_for_bound_tokens,
    no_route_takes_what_is_no_valid_token,
    only_a_sent_token_is_called_invalid,
    who_is_refused_comes_before_what_is_not_there,
    the_scheme_may_be_spelled_in_any_case,
    whoami_tells_what_the_contract_says,
    without_tokens_loopback_may_do_all,
)
