"""Answers against api/openapi.yaml: the route, the status and the body must be documented."""

import re
import warnings

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from jsonschema import RefResolver

NAMESPACE = re.compile(r"^/v1/ns/[^/]+/")
FORMATS = FormatChecker(())
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@FORMATS.checks("uuid")
def _is_uuid(value):
    return not isinstance(value, str) or UUID.fullmatch(value) is not None


@FORMATS.checks("date-time")
def _is_date_time(value):
    return not isinstance(value, str) or DATE_TIME.fullmatch(value) is not None


class Contract:
    """The OpenAPI document, asked one answer at a time."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as text:
            self.document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.resolver = RefResolver.from_schema(self.document)
        self.routes = sorted(map(_compile_route, self.document["paths"].items()),
                             key=lambda route: route[0])
        self.validators = {}
        self.seen = set()

    def unseen(self):
        """Operations that no checked answer came from."""
        every = {operation["operationId"] for _, _, _, methods in self.routes
                 for operation in methods.values() if "operationId" in operation}
        return sorted(every - {name for name, _ in self.seen})

    def problems(self, method, target, answer):
        """What the document says against this answer; an empty list when nothing."""
        path = NAMESPACE.sub("/v1/", target.split("?")[0])
        if answer.header("Request-Id") is None:
            return ["no Request-Id header"]
        template, operations = self._route(path)
        if operations is None:
            return [] if answer.status in (404, 405) else [f"{path} is not in the document"]
        operation = operations.get("get" if method == "HEAD" else method.lower())
        if operation is None:
            return [] if answer.status == 405 else [f"{method} {template} is not in the document"]
        return self._check_answer(f"{method} {template}", operation, answer)

    def _route(self, path):
        for _, pattern, template, operations in self.routes:
            if pattern.fullmatch(path):
                return template, operations
        return None, None

    def _check_answer(self, name, operation, answer):
        documented = operation.get("responses", {})
        key = str(answer.status)
        response = documented.get(key) or documented.get(key[0] + "XX") or documented.get("default")
        if response is None:
            return [f"{name}: status {key} is not documented"]
        self.seen.add((operation.get("operationId", name), answer.status))
        content = self._deref(response).get("content")
        if not content or not answer.body:
            return [f"{name}: {key} has an undocumented body"] if answer.body else []
        media = content.get(answer.media_type) or content.get("*/*")
        if media is None:
            wild = answer.media_type.split("/")[0] + "/*"
            if wild in content:
                return []
            return [f"{name}: {key} as {answer.media_type!r} is not documented"]
        return self._check_body(f"{name} {key}", media, answer)

    def _check_body(self, name, media, answer):
        schema = media.get("schema")
        if schema is None or not (answer.is_json or answer.media_type == "application/x-ndjson"):
            return []
        validator = self.validators.get(id(schema))
        if validator is None:
            validator = Draft202012Validator(schema, resolver=self.resolver, format_checker=FORMATS)
            self.validators[id(schema)] = validator
        value = answer.value()
        bodies = value if answer.media_type == "application/x-ndjson" else [value]
        errors = [best_match(validator.iter_errors(body)) for body in bodies]
        return [f"{name}: {_describe(error)}" for error in errors if error][:5]

    def _deref(self, node):
        while "$ref" in node:
            _, node = self.resolver.resolve(node["$ref"])
        return node


def _describe(error):
    where = "/".join(str(part) for part in error.absolute_path)
    return f"/{where}: {error.message[:300]}"


def _compile_route(item):
    template, operations = item
    parts = re.split(r"(\{[^}]+\})", template)
    pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
    return template.count("{"), re.compile(pattern), template, operations
