"""Which URLs may be registered: spellings of what is private are refused before anything is called."""

import spellings
from harness import equal


def problems_of(broker, urls, wanted):
    for number, url in enumerate(urls):
        status, answer = broker.ask("POST", "/workers", {"identity": f"w{number}", "queues": ["q"], "mode": "push",
                                                         "push_url": url})
        if status != wanted:
            yield f"{url[:90]!r}: {status} {str(answer)[:160]}"
        elif status == 400:
            places = [one["pointer"] for one in answer.get("errors", [])]
            if answer["code"] != "invalid_field" or places != ["/push_url"]:
                yield f"{url[:90]!r}: {answer['code']} at {places}"


def private_addresses_are_refused_in_every_spelling(world):
    broker = world.broker(allow=None)
    equal(list(problems_of(broker, spellings.REFUSED, 400)), [])
    equal(broker.must("GET", "/workers")["items"], [], "nothing is registered")


def public_names_are_taken(world):
    broker = world.broker(allow=None)
    equal(list(problems_of(broker, spellings.ACCEPTED, 201)), [])


def a_range_that_is_allowed_opens_itself_only(world):
    broker = world.broker(allow="127.0.0.2/32,fd00::/8")
    equal(list(problems_of(broker, spellings.ALLOWED_BY_RANGE, 201)), [])
    equal(list(problems_of(broker, spellings.STILL_REFUSED, 400)), [])


def a_push_worker_needs_a_url_and_a_puller_has_none(world):
    broker = world.broker()
    for members in ({"mode": "push"}, {"mode": "pull", "push_url": world.fixture.url("ok")},
                    {"push_url": world.fixture.url("ok")}, {"mode": "shove", "push_url": world.fixture.url("ok")},
                    {"mode": "push", "push_url": 7}, {"mode": "push", "push_url": None},
                    {"mode": "push", "push_url": world.fixture.url("ok"), "push_secret": "short"},
                    {"mode": "push", "push_url": world.fixture.url("ok"), "push_secret": "whsec_" + "!" * 44}):
        status, answer = broker.ask("POST", "/workers", {"identity": "w", "queues": ["q"], **members})
        equal((status, answer["code"]), (400, "invalid_field"), str(members))


def the_secret_is_told_once(world):
    broker = world.broker()
    url = world.fixture.url("ok")
    first = broker.worker("q", url)
    equal(first["push_secret"].startswith("whsec_"), True)
    again = broker.worker("q", url)
    equal((again["id"], again.get("push_secret")), (first["id"], None), "the same worker, its secret untold")
    seen = str(broker.must("GET", "/workers")) + broker.log()
    equal(first["push_secret"].removeprefix("whsec_") in seen, False, "the secret is shown")
    own = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="
    equal(broker.worker("other", url, push_secret=own)["push_secret"], own, "by the call that set it")


TESTS = (
    private_addresses_are_refused_in_every_spelling,
    public_names_are_taken,
    a_range_that_is_allowed_opens_itself_only,
    a_push_worker_needs_a_url_and_a_puller_has_none,
    the_secret_is_told_once,
)
