"""What api/openapi.yaml says about who may call what."""

import os
import re

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = ("get", "put", "post", "patch", "delete")
ANYTHING = "018f0000-0000-7000-8000-000000000000"


class Route:
    """One operation of the contract."""

    def __init__(self, path, method, operation, document):
        self.path, self.method, self.name = path, method.upper(), operation["operationId"]
        self.scope = operation["x-scope"]
        self.roles = document["x-scopes"][self.scope]
        self.is_whole = self.scope in document["x-scopes-whole"]
        self.needs_all_queues = operation.get("x-queues") == "all"
        self.is_open = self.scope == "none"
        self.has_body = method != "get" and method != "delete"

    def at(self, **names):
        """The path with these names in place, and any others where none are given."""
        usual = {"id": ANYTHING, "lease": "nothing", "queue": "nothing", "name": "nothing", "token": "nothing"}
        return re.sub(r"\{(\w+)\}", lambda match: {**usual, **names}[match[1]], self.path)

    def body(self, queue="nothing"):
        """One that is looked at and never does harm."""
        special = {"start_shutdown": {"mode": "nonsense"}, "submit_task": {"queue": queue}}
        return special.get(self.name, {}) if self.has_body else None


def routes():
    with open(os.path.join(HERE, "..", "..", "api", "openapi.yaml"), encoding="utf-8") as text:
        document = yaml.safe_load(text)
    return [Route(path, method, item[method], document)
            for path, item in document["paths"].items() for method in METHODS if method in item]
