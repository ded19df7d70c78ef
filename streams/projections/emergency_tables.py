"""The tables of emergency (infra/postgres/migrations says what each column means; a test compares the two)."""

from streams.projections.rows import Mode, Table

INCIDENTS = Table(
    name="emergency_incidents",
    mode=Mode.FOLDED,
    key=("call_id", "area"),
    columns={
        "area": "text", "call_id": "text", "signal_id": "text", "state": "text", "channel": "text", "kind": "text",
        "severity": "text", "level": "integer", "told": "text", "suggests": "text", "person_id": "text", "device_id": "text",
        "lat": "double precision", "lon": "double precision", "position_from": "text", "needs_review": "jsonb",
        "dispatching": "boolean", "manual": "boolean", "operator_id": "text", "triaged": "boolean", "roles": "jsonb",
        "engaged": "jsonb", "served": "integer", "short_roles": "jsonb", "signals": "integer", "related_call_id": "text",
        "correlationid": "text", "policy": "text", "contact_id": "text", "handed_to": "text", "reference": "text",
        "outcome": "text", "opened_ms": "bigint", "answered_ms": "bigint", "dispatched_ms": "bigint", "accepted_ms": "bigint",
        "arrived_ms": "bigint", "handed_ms": "bigint", "closed_ms": "bigint", "callback_by_ms": "bigint",
        "called_back_ms": "bigint", "step_by_ms": "bigint", "changed_ms": "bigint", "event_id": "text",
    },
)  # fmt: skip
DISPATCHES = Table(
    name="emergency_dispatches",
    mode=Mode.FOLDED,
    key=("call_id", "area", "responder_id"),
    columns={
        "area": "text", "call_id": "text", "responder_id": "text", "times": "integer", "leg": "text", "cause": "text",
        "role": "text", "level": "integer", "travel_s": "integer", "distance_m": "integer", "circle_m": "integer",
        "data_age_s": "integer", "fit": "boolean", "rested": "boolean", "override": "text", "why": "jsonb", "asked_ms": "bigint",
        "accept_by_ms": "bigint", "accepted_ms": "bigint", "en_route_ms": "bigint", "arrived_ms": "bigint", "checked_ms": "bigint",
        "unheard": "integer", "ended_ms": "bigint", "event_id": "text",
    },
)  # fmt: skip
HISTORY = Table(
    name="emergency_history",
    mode=Mode.APPENDED,
    key=("call_id", "area", "partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "call_id": "text", "partition": "integer", "journal_offset": "bigint", "record_index": "integer",
        "fact_index": "integer", "at_ms": "bigint", "fact_type": "text", "data": "jsonb", "why": "jsonb", "event_id": "text",
    },
)  # fmt: skip
UNITS = Table(
    name="emergency_units",
    mode=Mode.FOLDED,
    key=("area", "responder_id"),
    columns={
        "area": "text", "responder_id": "text", "kind": "text", "base_lat": "double precision", "base_lon": "double precision",
        "lat": "double precision", "lon": "double precision", "fix_ms": "bigint", "skills": "jsonb", "max_travel_s": "integer",
        "status": "text", "status_ms": "bigint", "call_id": "text", "rest_until_ms": "bigint", "listed_ms": "bigint",
        "reserved_from_ms": "bigint", "reserved_until_ms": "bigint",
    },
)  # fmt: skip
DEVICES = Table(
    name="emergency_devices",
    mode=Mode.FOLDED,
    key=("device_id", "area"),
    columns={
        "area": "text", "device_id": "text", "kind": "text", "person_id": "text", "lat": "double precision",
        "lon": "double precision", "window_ms": "bigint", "heard_ms": "bigint", "due_ms": "bigint", "missed": "integer",
        "battery_percent": "integer", "battery_low": "boolean", "listed_ms": "bigint", "retired_ms": "bigint",
        "retired_reason": "text",
    },
)  # fmt: skip
COVERAGE = Table(
    name="emergency_coverage",
    mode=Mode.FOLDED,
    key=("person_id", "area"),
    columns={
        "area": "text", "person_id": "text", "lives_alone": "boolean", "eligible": "boolean", "lat": "double precision",
        "lon": "double precision", "contacts": "integer", "has_access": "boolean", "covered": "boolean", "cause": "text",
        "changed_ms": "bigint", "ended_ms": "bigint", "ended_reason": "text",
    },
)  # fmt: skip

TABLES = (INCIDENTS, DISPATCHES, HISTORY, UNITS, DEVICES, COVERAGE)
