"""Checks real answers against api/openapi.yaml."""

from __future__ import annotations

import json
import re
from functools import cache

import jsonschema
import yaml

from harness.program import ROOT, Answer


@cache
def document() -> dict:
    return yaml.safe_load((ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"))


@cache
def _patterns() -> list[tuple[re.Pattern, str]]:
    paths = sorted(document()["paths"], key=lambda p: p.count("{"))
    return [(re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", p) + "$"), p) for p in paths]


def operation(method: str, path: str) -> dict | None:
    bare = path.split("?")[0]
    for pattern, name in _patterns():
        if pattern.match(bare):
            return document()["paths"][name].get(method.lower())
    return None


def _resolve(node: dict) -> dict:
    while "$ref" in node:
        target = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def check(method: str, path: str, answer: Answer) -> None:
    """Fails unless the contract has this operation, with this status, type and shape."""
    found = operation(method, path)
    assert found is not None, f"{method} {path} is not in the contract"
    response = found["responses"].get(str(answer.status)) or found["responses"].get("default")
    assert response is not None, f"{method} {path}: status {answer.status} is not in the contract"
    response = _resolve(response)
    content = response.get("content")
    if not content:
        assert not answer.body, f"{method} {path}: a body where the contract has none"
        return
    kind = answer.headers.get_content_type()
    match = next((c for c in content if c == kind or (c.endswith("/*") and kind.startswith(c[:-1]))), None)
    assert match, f"{method} {path}: {kind} is not among {list(content)}"
    schema = content[match].get("schema") if content[match] else None
    if schema:
        whole = {**document(), **schema}
        jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker()).validate(
            json.loads(answer.body))


def untried(calls: list, tag: str) -> set[tuple[str, str]]:
    """Methods and paths of the operations with this tag that none of the calls went to with success."""
    paths = document()["paths"]
    wanted = {(m, p) for p, item in paths.items() for m, it in item.items() if isinstance(it, dict) and it.get("tags") == [tag]}
    assert wanted, f"no operation is tagged {tag}"
    return wanted - {(m.lower(), p) for m, path, answer in calls if answer.status == 200 for _, p in wanted
                     if operation(m, path) is paths[p].get(m.lower())}
