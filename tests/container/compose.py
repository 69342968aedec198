"""What docker/compose.yaml must say, and that all it names exists; there is no compose here to run it."""

import pathlib
import re

import jsonschema
import yaml

LOCKED = {
    "read_only": {"const": True},
    "cap_drop": {"const": ["ALL"]},
    "security_opt": {"contains": {"const": "no-new-privileges:true"}},
    "restart": {"enum": ["unless-stopped", "always", "on-failure"]},
    "image": {"type": "string", "pattern": ":[0-9]"},
    "build": {
        "type": "object",
        "required": ["context", "dockerfile", "target"],
        "additionalProperties": False,
        "properties": {"context": {"const": ".."}, "dockerfile": {"type": "string"}, "target": {"type": "string"}},
    },
    "environment": {"type": "object", "additionalProperties": {"type": "string"}},
    "secrets": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "stop_grace_period": {"type": "string", "pattern": "^[0-9]+s$"},
    "mem_limit": {"type": "string", "pattern": "^[0-9]+m$"},
}

SCHEMA = {
    "type": "object",
    "required": ["services", "volumes", "secrets"],
    "properties": {
        "services": {
            "type": "object",
            "required": ["broker", "worker"],
            "additionalProperties": False,
            "properties": {
                "broker": {
                    "type": "object",
                    "required": [*LOCKED, "volumes", "ports", "healthcheck"],
                    "additionalProperties": False,
                    "properties": {
                        **LOCKED,
                        "volumes": {"const": ["data:/data"]},
                        "ports": {"type": "array", "items": {"pattern": r"^127\.0\.0\.1:[0-9]+:8080$"}},
                        "healthcheck": {
                            "type": "object",
                            "required": ["test", "interval", "timeout", "retries", "start_period"],
                            "properties": {"test": {"const": ["CMD", "/usr/bin/sluice", "health"]}},
                        },
                        "ulimits": {"type": "object"},
                    },
                },
                "worker": {
                    "type": "object",
                    "required": [*LOCKED, "command", "depends_on"],
                    "additionalProperties": False,
                    "properties": {
                        **LOCKED,
                        "command": {"type": "array", "items": {"type": "string"}},
                        "depends_on": {"const": {"broker": {"condition": "service_healthy"}}},
                        "tmpfs": {"type": "array"},
                    },
                },
            },
        },
        "volumes": {"type": "object", "required": ["data"]},
        "secrets": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string", "pattern": r"^\./secrets/"}},
            },
        },
    },
}


def load(root):
    return yaml.safe_load((pathlib.Path(root) / "docker/compose.yaml").read_text(encoding="utf-8"))


def check(root, secrets):
    """root: of the clone; secrets: the folder that docker/make-tokens filled."""
    said = load(root)
    jsonschema.validate(said, SCHEMA)
    dockerfile = (pathlib.Path(root) / "docker/Dockerfile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.M))
    for name, service in said["services"].items():
        build = service["build"]
        assert (pathlib.Path(root) / "docker" / build["context"] / build["dockerfile"]).is_file(), name
        assert build["target"] in targets, f"{name}: the Dockerfile has no target {build['target']}"
        for secret in service["secrets"]:
            assert secret in said["secrets"], f"{name}: no secret {secret}"
        for variable, value in service["environment"].items():
            if value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], f"{name}: {variable} names no secret of it"
    for name, secret in said["secrets"].items():
        made = pathlib.Path(secrets) / pathlib.Path(secret["file"]).name
        assert made.is_file(), f"secret {name}: docker/make-tokens makes no {made.name}"
    url = said["services"]["worker"]["environment"]["SLUICE_URL"]
    assert url == "http://broker:8080", url
    return said
