#!/usr/bin/python3
"""Holds api/openapi.yaml against itself, the generated route table and the table of errors.

Usage: tests/contract/run.py
"""

import os
import re
import subprocess
import sys
import warnings

import yaml
from jsonschema import Draft202012Validator

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from jsonschema import RefResolver

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
METHODS = ("get", "put", "post", "patch", "delete")
ROUTE = re.compile(r'ROUTE\((\w+), "(\w+)", "([^"]+)", (\w+), (\w+), (\d+), (\w+), (\w+)\)')
ERROR = re.compile(r'ERROR\(\w+, (\d+), "(\w+)"')
# An operation that takes these must say what may come of it.
WITH_KEY = "#/components/parameters/idempotency_key"
WITH_MATCH = "#/components/parameters/if_match"


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


class Contract:
    """openapi.yaml and what is needed to walk it."""

    def __init__(self):
        self.document = yaml.safe_load(read("api/openapi.yaml"))
        self.resolver = RefResolver.from_schema(self.document)

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method.upper(), item[method], item.get("parameters", [])

    def deref(self, node):
        while isinstance(node, dict) and "$ref" in node:
            _, node = self.resolver.resolve(node["$ref"])
        return node


def walk(node, where="#"):
    """Every object in the document with the place it stands at."""
    if isinstance(node, dict):
        yield where, node
        for key, value in node.items():
            yield from walk(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{where}/{index}")


# Each test yields what is wrong; nothing yielded is a pass.

def every_reference_resolves(contract):
    for where, node in walk(contract.document):
        target = node.get("$ref")
        if isinstance(target, str):
            try:
                contract.resolver.resolve(target)
            except Exception:  # whatever the resolver calls it
                yield f"{where}: {target} leads nowhere"


def every_component_is_used(contract):
    text = read("api/openapi.yaml")
    for kind, members in contract.document["components"].items():
        if kind == "securitySchemes":
            continue  # used by name
        for name in members:
            if f"#/components/{kind}/{name}'" not in text:
                yield f"components/{kind}/{name} is not used"


def every_schema_is_one(contract):
    for where, node in walk(contract.document):
        if "schema" in node and isinstance(node["schema"], dict):
            try:
                Draft202012Validator.check_schema(node["schema"])
            except Exception as error:
                yield f"{where}/schema: {error}"
    for name, schema in contract.document["components"]["schemas"].items():
        try:
            Draft202012Validator.check_schema(schema)
        except Exception as error:
            yield f"components/schemas/{name}: {error}"


def every_example_fits_its_schema(contract):
    for where, node in walk(contract.document):
        if not isinstance(node.get("examples"), dict) or "schema" not in node:
            continue
        validator = Draft202012Validator(node["schema"], resolver=contract.resolver)
        for name, example in node["examples"].items():
            value = contract.deref(example)["value"]
            for error in validator.iter_errors(value):
                yield f"{where}/examples/{name}: {error.json_path}: {error.message[:200]}"


def body_most(operation):
    most = operation["x-body-max"]
    return (most, "NONE") if isinstance(most, int) else (0, most.upper())


def routes_are_those_of_the_table(contract):
    table = {(m, p): (o, s, k, int(b), bound, u) for o, m, p, s, k, b, bound, u in ROUTE.findall(read("server/api/routes.gen.inc"))}
    for path, method, operation, _ in contract.operations():
        row = table.pop((method, path), None)
        want = (operation["operationId"], operation["x-scope"].upper().replace(":", "_"), operation["x-body"].upper(),
                *body_most(operation), "URGENT" if operation.get("x-urgent") else "ORDINARY")
        if row != want:
            yield f"{method} {path}: the table has {row}, the contract {want}"
    for method, path in table:
        yield f"{method} {path} is in the table, not in the contract"


def generated_files_are_current(_):
    done = subprocess.run([os.path.join(ROOT, "script/generate"), "--check"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield done.stdout.strip() or done.stderr.strip()


def every_operation_is_described(contract):
    tags = {tag["name"] for tag in contract.document["tags"]}
    for path, method, operation, _ in contract.operations():
        name = f"{method} {path}"
        for member in ("operationId", "summary", "description", "tags", "x-scope", "x-body", "x-body-max", "responses"):
            if member not in operation:
                yield f"{name} has no {member}"
        if not set(operation.get("tags", [])) <= tags or len(operation.get("tags", [])) != 1:
            yield f"{name}: one of the declared tags is expected"
        if operation["x-scope"] not in contract.document["x-scopes"]:
            yield f"{name}: scope {operation['x-scope']} is not declared"


def operation_ids_are_unique(contract):
    seen = set()
    for path, method, operation, _ in contract.operations():
        if operation["operationId"] in seen:
            yield f"{method} {path}: {operation['operationId']} is used twice"
        seen.add(operation["operationId"])


def path_parameters_match_the_template(contract):
    for path, method, operation, shared in contract.operations():
        declared = {p["name"] for p in map(contract.deref, shared + operation.get("parameters", [])) if p["in"] == "path"}
        if declared != set(re.findall(r"\{(\w+)\}", path)):
            yield f"{method} {path}: declares {sorted(declared)}"


def every_operation_may_be_refused(contract):
    for path, method, operation, _ in contract.operations():
        answers = operation["responses"]
        references = [p.get("$ref") for p in operation.get("parameters", [])]
        if "4XX" not in answers or "5XX" not in answers:
            yield f"{method} {path}: 4XX and 5XX are missing"
        if "{" in path and "404" not in answers and "{lease}" not in path:
            yield f"{method} {path}: 404 is missing"
        if WITH_KEY in references and "422" not in answers:
            yield f"{method} {path}: takes an Idempotency-Key and has no 422"
        if WITH_MATCH in references and not {"412", "409"} & set(answers):
            yield f"{method} {path}: takes If-Match and has no 412"


def every_answer_names_its_request(contract):
    for path, method, operation, _ in contract.operations():
        for code, answer in operation["responses"].items():
            if "Request-Id" not in contract.deref(answer).get("headers", {}):
                yield f"{method} {path} {code}: no Request-Id"


def bodies_fit_their_kind(contract):
    for path, method, operation, _ in contract.operations():
        body = contract.deref(operation.get("requestBody"))
        kind = operation["x-body"]
        if (kind == "none") != (body is None):
            yield f"{method} {path}: x-body is {kind}, requestBody is {'missing' if body is None else 'there'}"
        if kind == "json" and set(body["content"]) != {"application/json"}:
            yield f"{method} {path}: x-body is json, the content is {sorted(body['content'])}"


def json_requests_are_strict(contract):
    for path, method, operation, _ in contract.operations():
        if operation["x-body"] != "json":
            continue
        schema = contract.deref(contract.deref(operation["requestBody"])["content"]["application/json"]["schema"])
        if schema.get("additionalProperties") is not False and schema.get("unevaluatedProperties") is not False:
            yield f"{method} {path}: unknown members are not refused"


def problem_codes_are_those_of_the_table(contract):
    listed = contract.document["components"]["schemas"]["ProblemCode"]["enum"]
    table = ERROR.findall(read("include/tables/errors.def"))
    for code in set(listed) ^ {code for _, code in table}:
        yield f"{code} is in one of the contract and errors.def only"
    common = {str(status) for name in ("Refused", "Broken")
              for status in contract.document["components"]["responses"][name]["content"]["application/problem+json"]
              ["schema"]["properties"]["status"]["enum"]}
    own = {code for _, _, operation, _ in contract.operations() for code in operation["responses"]}
    for status, code in table:
        if status not in common | own:
            yield f"{status} {code} is answered by no operation"


def states_are_those_of_the_table(contract):
    table = re.findall(r'STATE\(\d+, \w+, "(\w+)"', read("include/tables/task_states.def"))
    if contract.document["components"]["schemas"]["State"]["enum"] != table:
        yield f"the contract does not list {table}"


TESTS = (
    every_reference_resolves,
    every_component_is_used,
    every_schema_is_one,
    every_example_fits_its_schema,
    routes_are_those_of_the_table,
    generated_files_are_current,
    every_operation_is_described,
    operation_ids_are_unique,
    path_parameters_match_the_template,
    every_operation_may_be_refused,
    every_answer_names_its_request,
    bodies_fit_their_kind,
    json_requests_are_strict,
    problem_codes_are_those_of_the_table,
    states_are_those_of_the_table,
)


def main():
    contract = Contract()
    failed = 0
    for test in TESTS:
        wrong = list(test(contract))
        failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {test.__name__.replace('_', ' ')}")
        for line in wrong[:20]:
            print(f"     {line}")
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
