"""The tables of childcare (infra/postgres/migrations says what each column means; a test compares the two)."""

from streams.projections.rows import Mode, Table

_PLACE = {"partition": "integer", "journal_offset": "bigint", "record_index": "integer", "fact_index": "integer"}

SITES = Table(
    name="childcare_sites",
    mode=Mode.FOLDED,
    key=("area", "site_id"),
    columns={
        "area": "text", "site_id": "text", "name": "text", "kind": "text", "lat": "double precision", "lon": "double precision",
        "street": "text", "listed_ms": "bigint", "closures": "jsonb", "inspection_due_ms": "bigint", "overdue_since_ms": "bigint",
        "inspected_ms": "bigint", "inspection_result": "text",
    },
)  # fmt: skip
FILES = Table(
    name="childcare_site_files",
    mode=Mode.MERGED,
    key=("area", "site_id"),
    columns={
        "area": "text", "site_id": "text", "sessions": "bigint", "attended": "bigint", "no_shows": "bigint", "late_pickups": "bigint",
        "ratio_breaches": "bigint", "understaffed": "bigint", "incidents": "bigint", "inspections": "bigint",
        "inspections_missed": "bigint",
    },
    adds=(
        "sessions", "attended", "no_shows", "late_pickups", "ratio_breaches", "understaffed", "incidents", "inspections",
        "inspections_missed",
    ),
)  # fmt: skip
FILE_LINES = Table(
    name="childcare_file_lines",
    mode=Mode.APPENDED,
    key=("area", "site_id", "partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "site_id": "text", **_PLACE, "at_ms": "bigint", "fact_type": "text", "data": "jsonb", "event_id": "text",
    },
)  # fmt: skip
SESSIONS = Table(
    name="childcare_sessions",
    mode=Mode.FOLDED,
    key=("area", "session_id"),
    columns={
        "area": "text", "session_id": "text", "site_id": "text", "service": "text", "day": "date", "mode": "text",
        "starts_ms": "bigint", "ends_ms": "bigint", "closes_ms": "bigint", "seats": "integer", "staff_planned": "integer",
        "staff_present": "integer", "reported_ms": "bigint", "weighted": "boolean", "care_limit": "integer", "version": "bigint",
        "published_ms": "bigint", "closed_ms": "bigint",
    },
)  # fmt: skip
SEATS = Table(
    name="childcare_seats",
    mode=Mode.MERGED,
    key=("area", "session_id"),
    columns={
        "area": "text", "session_id": "text", "held": "integer", "used": "integer", "care_held": "integer", "care_used": "integer",
        "present": "integer", "care_present": "integer", "waiting": "integer", "offered": "integer", "attended": "integer",
        "no_shows": "integer", "understaffed": "integer", "ratio_breaches": "integer",
    },
    adds=(
        "held", "used", "care_held", "care_used", "present", "care_present", "waiting", "offered", "attended", "no_shows",
        "understaffed", "ratio_breaches",
    ),
)  # fmt: skip
BOOKINGS = Table(
    name="childcare_bookings",
    mode=Mode.FOLDED,
    key=("booking_id", "area"),
    columns={
        "area": "text", "booking_id": "text", "state": "text", "reason": "text", "child_id": "text", "family_id": "text",
        "service": "text", "site_id": "text", "session_id": "text", "session_ids": "jsonb", "day": "date", "starts_ms": "bigint",
        "ends_ms": "bigint", "mode": "text", "age_months": "integer", "weight": "integer", "units": "integer", "free_units": "integer",
        "quota_held": "integer", "quota_left": "integer", "quota_holder": "text", "quota_year": "integer", "quota": "text",
        "price_fen": "bigint", "provisional": "boolean", "answered": "boolean", "request_id": "text", "home_area": "text",
        "lat": "double precision", "lon": "double precision", "distance_m": "integer", "travel_s": "integer",
        "capacity_version": "bigint", "group_id": "text", "joined_to": "text", "rank": "integer", "offer_id": "text",
        "offer_kind": "text", "offered_ms": "bigint", "deadline_ms": "bigint", "level": "integer", "checked_in_ms": "bigint",
        "ended_ms": "bigint", "late_s": "integer", "placed_ms": "bigint", "changed_ms": "bigint", "event_id": "text",
    },
)  # fmt: skip
HISTORY = Table(
    name="childcare_booking_history",
    mode=Mode.APPENDED,
    key=("booking_id", "area", "partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "booking_id": "text", **_PLACE, "at_ms": "bigint", "fact_type": "text", "data": "jsonb", "why": "jsonb",
        "event_id": "text",
    },
)  # fmt: skip
TALLIES = Table(
    name="childcare_booking_tallies",
    mode=Mode.MERGED,
    key=("day", "area", "service", "state", "reason"),
    columns={
        "area": "text", "day": "date", "service": "text", "state": "text", "reason": "text", "bookings": "bigint",
        "free_bookings": "bigint", "near_bookings": "bigint",
    },
    adds=("bookings", "free_bookings", "near_bookings"),
)  # fmt: skip
QUOTAS = Table(
    name="childcare_quotas",
    mode=Mode.MERGED,
    key=("holder", "area", "service", "year"),
    columns={
        "area": "text", "service": "text", "holder": "text", "year": "integer", "granted": "integer", "held": "integer",
        "used": "integer",
    },
    maxima=("granted",),
    adds=("held", "used"),
)  # fmt: skip
QUOTA_REQUESTS = Table(
    name="childcare_quota_requests",
    mode=Mode.FOLDED,
    key=("request_id", "area"),
    columns={
        "area": "text", "request_id": "text", "state": "text", "reason": "text", "booking_id": "text", "child_id": "text",
        "service": "text", "holder": "text", "year": "integer", "units_asked": "integer", "units": "integer", "asking_area": "text",
        "settle_by_ms": "bigint", "overdue": "integer", "decided_ms": "bigint", "settled_ms": "bigint", "event_id": "text",
    },
)  # fmt: skip
CHILDREN = Table(
    name="childcare_children",
    mode=Mode.FOLDED,
    key=("child_id", "area"),
    columns={
        "area": "text", "child_id": "text", "pickup_version": "bigint", "pickup_persons": "jsonb", "no_shows": "integer",
        "restricted_until_ms": "bigint",
    },
)  # fmt: skip
ENTITLEMENTS = Table(
    name="childcare_entitlements",
    mode=Mode.FOLDED,
    key=("entitlement_id", "area"),
    columns={
        "area": "text", "entitlement_id": "text", "state": "text", "service": "text", "holder_id": "text", "year": "integer",
        "sessions": "integer", "had": "integer", "due_ms": "bigint", "recorded_ms": "bigint", "ended_ms": "bigint",
    },
)  # fmt: skip

TABLES = (
    SITES, FILES, FILE_LINES, SESSIONS, SEATS, BOOKINGS, HISTORY, TALLIES, QUOTAS, QUOTA_REQUESTS, CHILDREN, ENTITLEMENTS,
)  # fmt: skip
