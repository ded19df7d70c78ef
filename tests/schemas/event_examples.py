"""Examples of events made from their own schemas: one with every field, one with only what is required."""

import json
from typing import Any

from schemas.envelope import Event

ENVELOPE: dict[str, Any] = {
    "specversion": "1.0", "id": "", "source": "/registry/310106", "type": "", "time": "2026-11-22T09:12:03.120+08:00",
    "area": "310106", "actor": "operator:o-17", "data": {},
}  # fmt: skip
OPTIONAL = {
    "correlationid": "call-7781", "causationid": "01JD7Z8Q5H0000000000000000", "onbehalfof": "p-88120", "channel": "phone",
    "datacontenttype": "application/json", "dataschema": "urn:laoxiao:events",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}  # fmt: skip
BY_NAME: dict[str, Any] = {
    "lat": 31.2304, "lon": 121.4737, "from_minute": 480, "until_minute": 1200, "birth_date": "2024-05-17", "assessed_on": "2026-03-02",
    "start": "2026-11-24T09:00:00+08:00", "end": "2026-11-24T11:00:00+08:00", "settle_by": "2026-12-24T09:00:00+08:00",
}  # fmt: skip
"""Values that must fit each other or a rule: otherwise a value follows from the field's type."""
EXCLUSIVE = {
    "childcare.booking.requested.v1": frozenset({"session_id"}),
    "childcare.group.requested.v1": frozenset({"session_id"}),
}
"""Fields that exclude another one: they stand in the second example."""


def examples_of(event: type[Event]) -> list[dict[str, Any]]:
    """The full example and, when anything is optional, the smallest."""
    schema = event.model_json_schema()
    name = schema["properties"]["type"]["const"]
    without = EXCLUSIVE.get(name, frozenset())
    data = _resolved(schema["properties"]["data"], schema["$defs"])
    full = _object(data, schema["$defs"], everything=True)
    smallest = _object(data, schema["$defs"], everything=False)
    out = [{**ENVELOPE, **OPTIONAL, "id": f"ex-{name}-1", "type": name, "data": {k: v for k, v in full.items() if k not in without}}]
    if without:
        other = {key: full[key] for key in full if key in without or key in data.get("required", ())}
        out.append({**ENVELOPE, "id": f"ex-{name}-2", "type": name, "data": other})
    elif smallest != full:
        out.append({**ENVELOPE, "id": f"ex-{name}-2", "type": name, "data": smallest})
    return out


def _resolved(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _object(schema: dict[str, Any], defs: dict[str, Any], *, everything: bool) -> dict[str, Any]:
    required = schema.get("required", ())
    parts = schema.get("properties", {})
    return {name: _value(name, part, defs, everything) for name, part in parts.items() if everything or name in required}


def _value(name: str, part: dict[str, Any], defs: dict[str, Any], everything: bool) -> Any:
    schema = _resolved(part, defs)
    if "anyOf" in schema:
        return _value(name, next(one for one in schema["anyOf"] if one.get("type") != "null"), defs, everything)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if name in BY_NAME:
        return BY_NAME[name]
    match schema["type"]:
        case "object":
            return _object(schema, defs, everything=everything) if "properties" in schema else {}
        case "array":
            one = json.dumps(_value(name.removesuffix("s"), schema["items"], defs, everything))
            count = max(int(everything), schema.get("minItems", 0))
            return [json.loads(one.replace('-1"', f'-{number}"')) for number in range(1, count + 1)]
        case "integer":
            return max(int(schema.get("minimum", 0)), min(3, int(schema.get("maximum", 3))))
        case "number":
            return max(float(schema.get("minimum", 0)), min(36.5, float(schema.get("maximum", 36.5))))
        case "boolean":
            return True
        case _:
            return _text(name, schema)


def _text(name: str, schema: dict[str, Any]) -> str:
    form = schema.get("format")
    if form in ("date-time", "date"):
        return "2026-11-24T09:00:00+08:00" if form == "date-time" else "2026-11-24"
    pattern = str(schema.get("pattern", ""))
    if ":[0-5][0-9]" in pattern:
        return {"from": "09:00"}.get(name, "11:00")
    return name if pattern.startswith("^[a-z]") else f"{name}-1"
