"""Which change of a schema is allowed: what may be added to a v1 type, and what needs a new major version.

The rule, for whoever reads the failed test: an event or fact type keeps its meaning for ever. **Allowed** are a new type, a
new *optional* field with a default, and a wider bound or enum. A new required field, a removed or renamed field, another type
of a value, another default, a narrower bound or enum needs a **new type** with the next major version
(``meals.order.placed.v2``) beside the old one, which is taken until no sender uses it and no kept record holds it.
"""

from typing import Any

Schema = dict[str, Any]

ANNOTATIONS = frozenset({"title", "description", "$schema", "$id", "examples"})
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_JUDGED = frozenset({*_LOWER_BOUNDS, *_UPPER_BOUNDS, "properties", "required", "enum", "anyOf", "oneOf", "items"})


def without_annotations(schema: Any, naming: bool = False) -> Any:
    """What of a schema means something to a machine. ``naming`` is true where keys are names of fields."""
    if isinstance(schema, dict):
        return {
            key: without_annotations(part, naming=not naming and key in ("properties", "$defs"))
            for key, part in schema.items()
            if naming or key not in ANNOTATIONS
        }
    if isinstance(schema, list):
        return [without_annotations(part) for part in schema]
    return schema


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What a value valid under ``old`` may no longer be under ``new``, as paths with the rule; empty when all old values stay
    valid. Careful to one side: a change it cannot judge is breaking. The name of a shared definition means nothing."""
    return _breaking(_inlined(without_annotations(old), old), _inlined(without_annotations(new), new), "")


def _inlined(schema: Any, document: Schema) -> Any:
    """The schema with each local reference replaced by what it names. None of ours refers to itself."""
    if isinstance(schema, dict):
        reference = str(schema.get("$ref", ""))
        if reference.startswith("#/$defs/"):
            definition = without_annotations(document["$defs"][reference.removeprefix("#/$defs/")])
            rest = {key: part for key, part in schema.items() if key != "$ref"}
            schema = {**definition, **rest}
        return {key: _inlined(part, document) for key, part in schema.items() if key != "$defs"}
    if isinstance(schema, list):
        return [_inlined(part, document) for part in schema]
    return schema


def _breaking(old: Any, new: Any, path: str) -> list[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else [f"{path or '/'}: changed"]
    found = [
        f"{path or '/'}: {rule} changed"
        for rule in sorted(old.keys() | new.keys())
        if rule not in _JUDGED and old.get(rule) != new.get(rule)
    ]
    found += _narrower_bounds(old, new, path)
    found += _narrower_choice(old, new, path)
    found += [f"{path or '/'}: {name} is now required" for name in sorted(set(new.get("required", [])) - set(old.get("required", [])))]
    if "items" in old or "items" in new:
        found += _breaking(old.get("items", True), new.get("items", True), f"{path}/items")
    was, now = old.get("properties", {}), new.get("properties", {})
    found += [f"{path}/{name}: removed" for name in sorted(was.keys() - now.keys())]
    for name in sorted(was.keys() & now.keys()):
        found += _breaking(was[name], now[name], f"{path}/{name}")
    return found


def _narrower_bounds(old: Schema, new: Schema, path: str) -> list[str]:
    found = []
    for rule in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        was, now = old.get(rule), new.get(rule)
        sign = 1 if rule in _LOWER_BOUNDS else -1
        if now is not None and (was is None or (now - was) * sign > 0):
            found.append(f"{path or '/'}: {rule} is narrower")
    return found


def _narrower_choice(old: Schema, new: Schema, path: str) -> list[str]:
    found = []
    if "enum" in new and ("enum" not in old or any(value not in new["enum"] for value in old["enum"])):
        found.append(f"{path or '/'}: enum is narrower")
    for rule in ("anyOf", "oneOf"):
        for index, was in enumerate(old.get(rule, [])):
            if all(_breaking(was, now, "") for now in new.get(rule, [])):
                found.append(f"{path}/{rule}/{index}: no longer taken")
        if rule in new and rule not in old:
            found.append(f"{path or '/'}: {rule} is new")
    return found
