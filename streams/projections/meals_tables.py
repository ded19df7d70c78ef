"""The tables of meals (infra/postgres/migrations says what each column means; a test compares the two)."""

from streams.projections.rows import Mode, Table

PROVIDERS = Table(
    name="meals_providers",
    mode=Mode.FOLDED,
    key=("area", "provider_id"),
    columns={
        "area": "text", "provider_id": "text", "name": "text", "kind": "text", "lat": "double precision",
        "lon": "double precision", "street": "text", "services": "jsonb", "diets": "jsonb", "delivery_radius_m": "integer",
        "listed_ms": "bigint", "closures": "jsonb",
    },
)  # fmt: skip
CLOSURES = Table(
    name="meals_closures",
    mode=Mode.APPENDED,
    key=("partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "partition": "integer", "journal_offset": "bigint", "record_index": "integer", "fact_index": "integer",
        "provider_id": "text", "kind": "text", "from_ms": "bigint", "until_ms": "bigint", "reason": "text", "at_ms": "bigint",
    },
)  # fmt: skip
SLOTS = Table(
    name="meals_slots",
    mode=Mode.MERGED,
    key=("day", "area", "meal", "provider_id"),
    columns={
        "area": "text", "provider_id": "text", "day": "date", "meal": "text", "capacity": "integer", "version": "bigint",
        "cutoff_ms": "bigint", "starts_ms": "bigint", "ends_ms": "bigint", "published_ms": "bigint", "held": "integer",
        "used": "integer", "overcommits": "integer",
    },
    adds=("held", "used", "overcommits"),
    latest=("capacity", "version", "cutoff_ms", "starts_ms", "ends_ms", "published_ms"),
    latest_when="version",
)  # fmt: skip
ORDERS = Table(
    name="meals_orders",
    mode=Mode.FOLDED,
    key=("order_id", "area"),
    columns={
        "area": "text", "order_id": "text", "state": "text", "reason": "text", "person_id": "text", "day": "date",
        "meal": "text", "portions": "integer", "service": "text", "diets": "jsonb", "lat": "double precision",
        "lon": "double precision", "street": "text", "provider_id": "text", "distance_m": "integer", "travel_s": "integer",
        "price_fen": "bigint", "subsidy_fen": "bigint", "capacity_version": "bigint", "cutoff_ms": "bigint",
        "closes_ms": "bigint", "late": "boolean", "standing_order_id": "text", "attempts": "integer", "last_attempt": "text",
        "next_attempt_ms": "bigint", "report_by_ms": "bigint", "welfare_check_ms": "bigint", "placed_ms": "bigint",
        "changed_ms": "bigint", "event_id": "text", "lending_area": "text",
    },
)  # fmt: skip
HISTORY = Table(
    name="meals_order_history",
    mode=Mode.APPENDED,
    key=("order_id", "area", "partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "order_id": "text", "partition": "integer", "journal_offset": "bigint", "record_index": "integer",
        "fact_index": "integer", "at_ms": "bigint", "fact_type": "text", "data": "jsonb", "why": "jsonb", "event_id": "text",
    },
)  # fmt: skip
ORDERS_TALLIES = Table(
    name="meals_order_tallies",
    mode=Mode.MERGED,
    key=("day", "area", "meal", "state", "reason"),
    columns={
        "area": "text", "day": "date", "meal": "text", "state": "text", "reason": "text", "orders": "bigint",
        "portions": "bigint", "near_orders": "bigint",
    },
    adds=("orders", "portions", "near_orders"),
)  # fmt: skip
STANDING_ORDERS = Table(
    name="meals_standing_orders",
    mode=Mode.FOLDED,
    key=("standing_order_id", "area"),
    columns={
        "area": "text", "standing_order_id": "text", "person_id": "text", "lat": "double precision", "lon": "double precision",
        "meal": "text", "portions": "integer", "service": "text", "diets": "jsonb", "street": "text", "age": "integer",
        "categories": "jsonb", "preferred_provider_id": "text", "weekdays": "jsonb", "from_day": "date", "until_day": "date",
        "paused_from": "date", "paused_until": "date", "stopped_from": "date", "next_day": "date", "next_run_ms": "bigint",
        "recorded_ms": "bigint", "changed_ms": "bigint", "event_id": "text",
    },
)  # fmt: skip
STANDING_RUNS = Table(
    name="meals_standing_runs",
    mode=Mode.APPENDED,
    key=("standing_order_id", "area", "partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "standing_order_id": "text", "partition": "integer", "journal_offset": "bigint",
        "record_index": "integer", "fact_index": "integer", "day": "date", "order_id": "text", "skipped": "text",
        "at_ms": "bigint",
    },
)  # fmt: skip
KITCHEN_COUNTS = Table(
    name="meals_kitchen_counts",
    mode=Mode.FOLDED,
    key=("day", "area", "meal", "provider_id"),
    columns={
        "area": "text", "provider_id": "text", "day": "date", "meal": "text", "portions": "integer", "by_service": "jsonb",
        "by_diet": "jsonb", "recounts": "integer", "counted_ms": "bigint",
    },
)  # fmt: skip
GUESTS = Table(
    name="meals_guests",
    mode=Mode.FOLDED,
    key=("guest_id", "area"),
    columns={
        "area": "text", "guest_id": "text", "state": "text", "reason": "text", "home_area": "text", "home_order_id": "text",
        "provider_id": "text", "day": "date", "meal": "text", "portions": "integer", "service": "text", "diets": "jsonb",
        "distance_m": "integer", "travel_s": "integer", "closes_ms": "bigint", "asked_ms": "bigint", "changed_ms": "bigint",
        "event_id": "text",
    },
)  # fmt: skip

TABLES = (PROVIDERS, CLOSURES, SLOTS, ORDERS, HISTORY, ORDERS_TALLIES, STANDING_ORDERS, STANDING_RUNS, KITCHEN_COUNTS, GUESTS)
