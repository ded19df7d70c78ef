"""The words for those who do not read Python: JSON Schemas of every event, fact, journal record and error.

Pure: it returns documents, keyed by their path under ``schemas/frozen/``. The frozen copies are written by
``python -m tests.schemas.freeze`` and compared by ``tests/schemas``; `schemas.evolution` says which change is allowed.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.asyncapi import asyncapi
from schemas.decisions import Outcome
from schemas.facts import FACTS, Fact
from schemas.journal import Clock
from schemas.primitives import ID_PATTERN, INT_MAX
from schemas.problems import ProblemDetails
from schemas.registry import events_of, known_types
from schemas.topics import DOMAINS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHARED_FACTS = ("policy", "task", "case")
"""First words of the facts every domain shares."""


def documents() -> dict[str, Schema]:
    """Every exported document by its path, in a stable order."""
    out: dict[str, Schema] = {}
    for name in sorted(known_types()):
        domain = sorted(known_types()[name])[0]
        out[f"events/{name}.json"] = _document(f"events:{name}", events_of(domain)[name].model_json_schema())
    for name, fact in sorted(facts().items()):
        out[f"facts/{name}.json"] = _document(f"facts:{name}", fact.model_json_schema())
    for domain in DOMAINS:
        out[f"journal/{domain}.json"] = _document(f"journal:{domain}", journal_schema(domain))
    out["problem.json"] = _document("problem", ProblemDetails.model_json_schema())
    out["asyncapi.json"] = asyncapi()
    return out


def facts(domain: str | None = None) -> dict[str, type[Fact]]:
    """Every fact declared in this folder (a test may declare its own) of the domains that are switched on, or those that a
    domain's journal can hold."""
    switched_on = (*DOMAINS, *SHARED_FACTS)
    ours = {name: fact for name, fact in FACTS.items() if fact.__module__.startswith("schemas.") and name.split(".", 1)[0] in switched_on}
    if domain is None:
        return ours
    return {name: fact for name, fact in ours.items() if name.split(".", 1)[0] in (domain, *SHARED_FACTS)}


def journal_schema(domain: str) -> Schema:
    """One record of ``<domain>.decisions``: opened, decided or failed (contract, "Journal record")."""
    in_journal = sorted(facts(domain).items())
    models: list[tuple[type[BaseModel], Any]] = [(fact, "serialization") for _, fact in in_journal]
    refs, shared = models_json_schema(models)
    fact_forms = [
        _closed({"type": {"const": name}, "data": refs[(fact, "serialization")], "why": {"type": "object"}}, ("type", "data"))
        for name, fact in in_journal
    ]
    whole = {"type": "integer", "minimum": 0, "maximum": INT_MAX}
    source = _closed({"partition": whole, "offset": whole}, ("partition", "offset"))
    opened = _closed({"owner": _text(), "clock": {"enum": [str(clock) for clock in Clock]}}, ("owner", "clock"))
    failed = _closed({"source": source, "error": _text()}, ("source", "error"))
    set_aside = _closed(
        {
            "reason": _text(),
            "index": {"type": ["integer", "null"], "minimum": 0},
            "event_id": {"type": ["string", "null"]},
            "home": {"type": ["integer", "null"], "minimum": 0},
        },
        ("reason",),
    )
    decided = {
        "epoch": whole,
        "seq": whole,
        "source": source,
        "decisions": {"type": "array", "items": _decision_schema({"oneOf": fact_forms})},
        "set_aside": {"type": "array", "items": set_aside},
    }
    return {
        "description": "One record of the journal. Its offset is its place; whether it counts is decided by epoch and seq.",
        "oneOf": [
            _closed({"opened": opened}, ("opened",)),
            _closed(decided, ("epoch", "seq", "source", "decisions")),
            _closed({"epoch": whole, "failed": failed}, ("epoch", "failed")),
        ],
        "$defs": shared["$defs"],
    }


def _decision_schema(fact: Schema) -> Schema:
    properties = {
        "event_id": {"type": "string", "pattern": ID_PATTERN},
        "event_type": _text(),
        "area": {"type": "string", "pattern": ID_PATTERN},
        "time": {"type": "string", "format": "date-time", "description": "the area's now when it was decided"},
        "outcome": {"enum": [str(outcome) for outcome in Outcome]},
        "reason": {"type": ["string", "null"], "description": "null when accepted"},
        "policy": {"type": "object", "additionalProperties": {"type": "string"}},
        "facts": {"type": "array", "items": fact, "description": "in the order they were evolved"},
        "why": {"type": ["object", "null"]},
        "digest": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "hash of the event's identity attributes"},
        "subject": {"type": "string"},
        "correlationid": {"type": "string"},
        "repeat": {"const": True, "description": "the id came before: same outcome and reason, no facts of its own"},
        "flags": {"type": "array", "items": _text()},
        "error": {"type": "string", "description": "class of the exception behind internal_error"},
    }
    optional = ("subject", "correlationid", "repeat", "flags", "error")
    return _closed(properties, tuple(name for name in properties if name not in optional))


def _closed(properties: Schema, required: tuple[str, ...]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _text() -> Schema:
    return {"type": "string", "minLength": 1}


def _document(name: str, schema: Schema) -> Schema:
    return {"$schema": DIALECT, "$id": f"urn:laoxiao:{name}", **_untitled(schema)}


def _untitled(schema: Any, naming: bool = False) -> Any:
    """Without the titles pydantic makes of names: they say nothing and would change with a class's name.
    ``naming`` is true where the keys are names of fields, one of which may be called title."""
    if isinstance(schema, dict):
        return {
            key: _untitled(part, naming=not naming and key in ("properties", "$defs"))
            for key, part in schema.items()
            if naming or key != "title" or not isinstance(part, str)
        }
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    return schema
