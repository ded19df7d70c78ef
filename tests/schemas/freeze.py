"""Write the frozen copies of the words: ``python -m tests.schemas.freeze [--unreleased]``.

Additions are written; a breaking change is refused with the way to evolve, unless ``--unreleased`` says that no release has
carried the type yet. A type without an example gets one made from its field names. An example that exists is never rewritten:
it stands for what the logs already hold.
"""

import json
import sys
import types
import typing
from pathlib import Path
from typing import Any

from schemas import evolution
from schemas.export import documents, facts
from schemas.facts import Fact
from schemas.registry import events_of, known_types
from tests.schemas.event_examples import examples_of

FROZEN = Path(__file__).parents[2] / "schemas" / "frozen"
EXAMPLES = FROZEN / "examples"
HOW = f"{(evolution.__doc__ or '').strip()}\n\nThen: python -m tests.schemas.freeze"


def frozen_documents() -> dict[str, Any]:
    """Every frozen document by its path, examples left out."""
    paths = sorted(path for path in FROZEN.rglob("*.json") if EXAMPLES not in path.parents)
    return {path.relative_to(FROZEN).as_posix(): json.loads(path.read_text("utf-8")) for path in paths}


def frozen_examples(kind: str) -> dict[str, Any]:
    """The examples of ``events``, ``facts`` or ``journal``, by name."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((EXAMPLES / kind).glob("*.json"))}


def written(document: Any) -> str:
    """A document as it lies in git: readable and the same on every machine."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def refused_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Changes that break what was promised: by document, then by place."""
    judged = {path: document for path, document in old.items() if path != "asyncapi.json"}
    found = [f"{path}: removed" for path in judged if path not in new]
    for path, document in judged.items():
        if path in new:
            found += [f"{path}: {change}" for change in evolution.breaking_changes(document, new[path])]
    return found


def example_of(fact: type[Fact]) -> dict[str, Any]:
    """A fact as the wire has it, with plausible values chosen by the names and types of its fields."""
    data = {name: _example_value(name, field.annotation) for name, field in fact.model_fields.items()}
    return {"type": fact.type, "data": json.loads(fact.model_validate(data).model_dump_json())}


def _example_value(name: str, kind: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _example_value(name, next(part for part in typing.get_args(kind) if part is not types.NoneType))
    if origin is tuple:
        return [_example_value(name.removesuffix("s"), typing.get_args(kind)[0])]
    if origin is dict:
        value = typing.get_args(kind)[1]
        return {"example": 1 if value is Any else _example_value(name, value)}
    if kind is bool:
        return True
    if kind is float:
        return {"lat": 31.2304, "lon": 121.4737}.get(name, 1.5)
    if kind is int:
        return 1_795_309_200_000 if name.endswith("_ms") else 3
    if kind is str:
        return "2026-11-23" if name.endswith("date") or name == "in_force_from" else f"{name}-1"
    return next(iter(kind))


def main(arguments: list[str]) -> int:
    """Write, or say what stands against it."""
    new = documents()
    refused = refused_changes(frozen_documents(), new)
    if refused and arguments != ["--unreleased"]:
        sys.stderr.write("\n".join([*refused, "", HOW, ""]))
        return 1
    for path in frozen_documents():
        if path not in new:
            (FROZEN / path).unlink()
    for path, document in new.items():
        (FROZEN / path).parent.mkdir(parents=True, exist_ok=True)
        (FROZEN / path).write_text(written(document), "utf-8")
    for name, domains in known_types().items():
        example = EXAMPLES / "events" / f"{name}.json"
        if not example.exists():
            example.write_text(written(examples_of(events_of(min(domains))[name])), "utf-8")
    (EXAMPLES / "facts").mkdir(parents=True, exist_ok=True)
    for name, fact in facts().items():
        example = EXAMPLES / "facts" / f"{name}.json"
        if not example.exists() or (arguments and refused):
            example.write_text(written(example_of(fact)), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
