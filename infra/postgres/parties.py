"""Who is part of a request, as opaque ids: the person or family it is for, the place or responder that serves it."""

from collections.abc import Mapping
from typing import Any

_OF: dict[str, str] = {
    "meals": """
        SELECT person_id, provider_id FROM meals_orders WHERE order_id = $1 AND area = $2
        UNION ALL SELECT person_id, NULL FROM meals_standing_orders WHERE standing_order_id = $1 AND area = $2
        """,
    "beds": "SELECT person_id, facility_id FROM beds_applications WHERE application_id = $1 AND area = $2",
    "emergency": "SELECT person_id, device_id FROM emergency_incidents WHERE call_id = $1 AND area = $2",
    "childcare": "SELECT family_id, child_id, site_id FROM childcare_bookings WHERE booking_id = $1 AND area = $2",
}

PARTY_FIELDS = (
    "person_id", "family_id", "child_id", "holder_id", "provider_id", "facility_id", "site_id", "responder_id", "device_id",
)  # fmt: skip
"""Fields of a request's answer (`infra.postgres.queries.request`) that name who is part of it."""


async def parties(pool: Any, domain: str, area: str, request_id: str) -> frozenset[str]:
    """Who is part of the request of this id in this area now; empty when there is none. Errors of PostgreSQL pass through."""
    rows = await pool.fetch(_OF[domain], request_id, area)
    return frozenset(value for row in rows for value in row if value is not None)


def named_in(body: Mapping[str, Any]) -> frozenset[str]:
    """Who is part of a request by its answer; of an incident also the responders who are on it."""
    named = {body[name] for name in PARTY_FIELDS if isinstance(body.get(name), str)}
    engaged = body.get("engaged")
    return frozenset(named | set(engaged) if isinstance(engaged, dict) else named)
