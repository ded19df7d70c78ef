"""The tables of beds (infra/postgres/migrations says what each column means; a test compares the two)."""

from streams.projections.rows import Mode, Table

FACILITIES = Table(
    name="beds_facilities",
    mode=Mode.FOLDED,
    key=("area", "facility_id"),
    columns={
        "area": "text", "facility_id": "text", "name": "text", "lat": "double precision", "lon": "double precision", "street": "text",
        "listed_ms": "bigint", "version": "bigint", "reported_ms": "bigint", "stale_at_ms": "bigint", "silent": "boolean",
    },
)  # fmt: skip
BEDS = Table(
    name="beds_beds",
    mode=Mode.FOLDED,
    key=("area", "facility_id", "bed_id"),
    columns={
        "area": "text", "facility_id": "text", "bed_id": "text", "bed_type": "text", "sex": "text", "pool": "text", "state": "text",
        "published": "text", "version": "bigint", "application_id": "text", "offer_id": "text", "resident_id": "text",
        "person_id": "text", "until_ms": "bigint", "leave_until_ms": "bigint", "conflicted": "boolean", "overdue": "text",
        "changed_ms": "bigint",
    },
)  # fmt: skip
APPLICATIONS = Table(
    name="beds_applications",
    mode=Mode.FOLDED,
    key=("application_id", "area"),
    columns={
        "area": "text", "application_id": "text", "state": "text", "reason": "text", "person_id": "text", "lat": "double precision",
        "lon": "double precision", "street": "text", "sex": "text", "level": "integer", "score": "integer", "assessed_day": "date",
        "assessment_until_ms": "bigint", "categories": "jsonb", "priority_class": "text", "bed_types": "jsonb", "wished": "jsonb",
        "choices": "jsonb", "within_m": "integer", "stay_days": "integer", "stay_from": "date", "eligible_day": "date", "draw_id": "text",
        "arrival": "bigint", "emergency": "boolean", "approver": "text", "refusals": "integer", "offers": "integer",
        "offer_id": "text", "facility_id": "text", "bed_id": "text", "promised_until_ms": "bigint", "suspension": "text",
        "suspended_until_ms": "bigint", "excluded": "jsonb", "rank_first": "integer", "queued_ms": "bigint", "admitted_ms": "bigint",
        "waited_days": "integer", "left_ms": "bigint", "changed_ms": "bigint", "event_id": "text",
    },
)  # fmt: skip
OFFERS = Table(
    name="beds_offers",
    mode=Mode.FOLDED,
    key=("offer_id", "area"),
    columns={
        "area": "text", "offer_id": "text", "application_id": "text", "state": "text", "by": "text", "reason": "text",
        "counted": "boolean", "facility_id": "text", "bed_id": "text", "bed_type": "text", "bed_sex": "text", "pool": "text",
        "lane": "text", "distance_m": "integer", "priority_class": "text", "criteria": "jsonb", "sort_key": "jsonb", "tie": "text",
        "next_application_id": "text", "next_key": "jsonb", "next_tie": "text", "waiting": "integer", "override_reason": "text",
        "made_ms": "bigint",
        "expires_ms": "bigint", "provisional": "boolean", "answered_ms": "bigint", "admit_by_ms": "bigint", "ended_ms": "bigint",
        "partition": "integer", "journal_offset": "bigint", "event_id": "text",
    },
)  # fmt: skip
PLACEMENTS = Table(
    name="beds_placements",
    mode=Mode.APPENDED,
    key=("area", "partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "partition": "integer", "journal_offset": "bigint", "record_index": "integer", "fact_index": "integer",
        "kind": "text", "facility_id": "text", "bed_id": "text", "application_id": "text", "offer_id": "text", "bed_type": "text",
        "pool": "text", "cause": "text", "sex": "text", "waited_days": "integer", "day": "date", "at_ms": "bigint",
    },
)  # fmt: skip
HISTORY = Table(
    name="beds_application_history",
    mode=Mode.APPENDED,
    key=("application_id", "area", "partition", "journal_offset", "record_index", "fact_index"),
    columns={
        "area": "text", "application_id": "text", "partition": "integer", "journal_offset": "bigint", "record_index": "integer",
        "fact_index": "integer", "at_ms": "bigint", "fact_type": "text", "data": "jsonb", "why": "jsonb", "event_id": "text",
    },
)  # fmt: skip
VACANCIES = Table(
    name="beds_vacancies",
    mode=Mode.MERGED,
    key=("area", "facility_id", "bed_type", "day"),
    columns={"area": "text", "facility_id": "text", "bed_type": "text", "day": "date", "freed": "bigint"},
    adds=("freed",),
)
POOLS = Table(
    name="beds_pools",
    mode=Mode.FOLDED,
    key=("area",),
    columns={
        "area": "text", "below_quota": "boolean", "pooled": "integer", "basic": "integer", "percent_min": "integer",
        "changed_ms": "bigint",
    },
)  # fmt: skip

TABLES = (FACILITIES, BEDS, APPLICATIONS, OFFERS, PLACEMENTS, HISTORY, VACANCIES, POOLS)
