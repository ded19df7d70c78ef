"""The OpenAPI document: every event type with its schema, generated from the same classes the codec reads by."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from infra.gateway.intake import BATCHED, BINARY, FORBIDDEN_TYPES, STRUCTURED
from infra.gateway.problems import PROBLEM_TYPE, TITLES, Trouble
from schemas.codec import Rejected
from schemas.envelope import BATCH_EVENTS_MAX
from schemas.registry import events_of
from schemas.topics import DOMAINS

REF = "#/components/schemas/{model}"

Json = dict[str, Any]

IDEMPOTENT: Json = {
    "name": "Idempotency-Key", "in": "header", "required": True, "schema": {"$ref": "#/components/schemas/Id"},
    "description": "The event's id: the same key with the same body is answered again, with another body it is a conflict.",
}  # fmt: skip
PREFER: Json = {
    "name": "Prefer", "in": "header", "required": False, "schema": {"type": "string", "examples": ["wait=5"]},
    "description": "`wait=N` (RFC 7240): wait up to N seconds, at most 30, for the decision.",
}  # fmt: skip


def _answer(description: str, schema: str, media: str = "application/json") -> Json:
    return {"description": description, "content": {media: {"schema": {"$ref": REF.format(model=schema)}}}}


def problem(description: str) -> Json:
    """A problem answer."""
    return _answer(description, "Problem", PROBLEM_TYPE)


ANSWERS: dict[int | str, Json] = {
    200: _answer("The decisions, in the order of the events (with `Prefer: wait`)", "Decisions"),
    202: _answer("Recorded durably; decided soon", "Recorded"),
    400: problem("Not readable: `bad_json`, `duplicate_key`, `not_an_event`, `empty_batch`, a bad or repeated header"),
    401: problem("`no_token`, `token_expired`, `token_not_valid`, `token_revoked`; never for a call for help"),
    403: problem("`forbidden_type`, `forbidden_role`, `forbidden_source`, `forbidden_area`"),
    408: problem("`request_too_slow`"),
    409: problem("`conflict`: the id came before with another body (told to those who wait)"),
    413: problem("`body_too_large`, `too_large`, `batch_too_long`"),
    415: problem("`unsupported_media_type`, `content_encoding_refused`"),
    422: problem("Readable, but no event of ours: `unknown_type`, `invalid_event`, ... or `nothing_recorded` for a whole batch"),
    503: problem("`log_unavailable`, `overloaded`: come again with the same id after Retry-After"),
}

READ_ANSWERS: dict[int | str, Json] = {
    401: problem("`no_token`, `token_expired`, `token_not_valid`, `token_revoked`"),
    403: problem("`forbidden_role`, `forbidden_area`"),
    404: problem("`not_found`"),
    422: problem("`invalid_parameter`"),
    503: problem("`register_unavailable`"),
}


def events_body() -> Json:
    """Request body of `POST /v1/events`."""
    event = {"$ref": REF.format(model="AnyEvent")}
    return {
        "parameters": [PREFER],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": event},
                BATCHED: {"schema": {"type": "array", "minItems": 1, "maxItems": BATCH_EVENTS_MAX, "items": event}},
                BINARY: {"schema": {"type": "object", "description": "Binary mode: `data`; the attributes are `ce-*` headers."}},
            },
        },
    }


def wish_body(name: str, data: type[BaseModel] | None, fields: Json | None = None, without: tuple[str, ...] = ()) -> Json:
    """Request body of a resource route: who, where, when, and what."""
    properties: Json = {
        "area": {"$ref": REF.format(model="Id")},
        "actor": {"type": "string", "description": "`role:id`"},
        "time": {"type": "string", "format": "date-time", "description": "when it happened; the same at every retry"},
        "onbehalfof": {"$ref": REF.format(model="Id")},
        "channel": {"enum": ["app", "phone", "counter", "device", "paper", "system"]},
        "correlationid": {"$ref": REF.format(model="Id")},
    }
    required = ["area", "actor", "time"]
    if data is not None:
        inner = data.model_json_schema(ref_template=REF)
        inner.pop("$defs", None)
        inner["properties"] = {key: value for key, value in inner["properties"].items() if key not in without}
        inner["required"] = [key for key in inner.get("required", []) if key not in without]
        properties["data"] = inner
        required.append("data")
    schema: Json = {"title": name, "type": "object", "additionalProperties": False, "required": required}
    schema["properties"] = properties | (fields or {})
    return {"requestBody": {"required": True, "content": {BINARY: {"schema": schema}}}}


BEARER: Json = {
    "bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "A signed token (EdDSA or ES256) of a role, for ids, areas and domains. What each role may do: "
        "infra/docs/access.md. A gateway that is open asks for none.",
    }
}  # fmt: skip


def router(app: FastAPI) -> APIRouter:
    """The complete document as a route like all others, so that the door stands before it too."""
    routes = APIRouter(include_in_schema=False)
    install(app)

    @routes.get("/openapi.json")
    async def openapi() -> Response:
        return JSONResponse(app.openapi())

    return routes


def install(app: FastAPI) -> None:
    """Make the app's document the complete one."""

    def document() -> Json:
        if app.openapi_schema is None:
            made = get_openapi(
                title="Laoxiao gateway", version="1", routes=app.routes, openapi_version="3.1.0",
                description="Events in, decisions and their reasons out. Errors are RFC 9457 problems with a stable `code`.",
            )  # fmt: skip
            made.setdefault("components", {}).setdefault("schemas", {}).update(_schemas())
            made["components"]["securitySchemes"] = BEARER
            made["security"] = [{"bearer": []}]
            made["paths"]["/healthz"]["get"]["security"] = []
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend its document


def _schemas() -> Json:
    out: Json = {}
    mapping: dict[str, str] = {}
    for domain in DOMAINS:
        for name, event in sorted(events_of(domain).items()):
            if name in FORBIDDEN_TYPES:
                continue
            schema = event.model_json_schema(ref_template=REF)
            out |= schema.pop("$defs", {})
            out[event.__name__] = schema
            mapping[name] = REF.format(model=event.__name__)
    refs = [{"$ref": ref} for ref in dict.fromkeys(mapping.values())]
    out["AnyEvent"] = {"oneOf": refs, "discriminator": {"propertyName": "type", "mapping": mapping}}
    out["Id"] = {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"}
    out["Problem"] = {
        "type": "object", "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "code": {"type": "string", "examples": sorted({*map(str, TITLES), *map(str, Rejected), str(Trouble.CONFLICT)})},
            "where": {"type": "array", "items": {"type": "string"}, "description": "field names and rules, never values"},
            "rejected": {"type": "array", "items": {"$ref": REF.format(model="RejectedEvent")}},
        },
    }  # fmt: skip
    out["RejectedEvent"] = {
        "type": "object", "required": ["index", "code"],
        "properties": {
            "index": {"type": "integer"}, "id": {"type": ["string", "null"]}, "code": {"type": "string"},
            "where": {"type": "array", "items": {"type": "string"}},
        },
    }  # fmt: skip
    out["Decision"] = {
        "type": "object", "required": ["event_id", "event_type", "area", "time", "outcome", "reason", "facts", "why"],
        "properties": {
            "event_id": {"type": "string"}, "event_type": {"type": "string"}, "area": {"type": "string"},
            "time": {"type": "string", "format": "date-time", "description": "the area's now when it was decided"},
            "outcome": {"enum": ["accepted", "refused"]}, "reason": {"type": ["string", "null"]},
            "policy": {"type": "object", "additionalProperties": {"type": "string"}},
            "facts": {"type": "array", "items": {"type": "object"}},
            "why": {"type": ["object", "null"], "description": "considered, chosen, rejected candidates with their rules"},
        },
    }  # fmt: skip
    rejected_list = {"type": "array", "items": {"$ref": REF.format(model="RejectedEvent")}}
    decision_ref = {"$ref": REF.format(model="Decision")}
    out["Decisions"] = {
        "type": "object", "required": ["decisions"],
        "properties": {"decisions": {"type": "array", "items": decision_ref}, "rejected": rejected_list},
    }  # fmt: skip
    status = {"enum": ["recorded", "spooled", "decided"]}
    accepted = {
        "type": "object",
        "required": ["id", "status"],
        "properties": {"id": {"type": "string"}, "status": status, "decision": decision_ref},
    }
    out["Recorded"] = {
        "type": "object", "required": ["accepted"],
        "properties": {"accepted": {"type": "array", "items": accepted}, "rejected": rejected_list},
    }  # fmt: skip
    return out
