"""Which events a facility sends of itself, and the field of ``data`` that names it.

Facility A may not publish for B (reliability page, section 5; P03): the gateway refuses such an event with 403 ``forbidden_source``, and
the core refuses one that came through Kafka with the same reason. Others than facilities are not judged here: an office registers
homes, a system of ours may relay, and what they may do is the gateway's table and Kafka's own rights.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

FACILITY_ACTOR = "provider:"
"""How the ``actor`` of an event begins that a facility sends."""

FACILITY_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "meals.provider.registered.v1": "provider_id",
        "meals.capacity.published.v1": "provider_id",
        "meals.provider.closed.v1": "provider_id",
        "meals.provider.reopened.v1": "provider_id",
        "beds.facility.registered.v1": "facility_id",
        "beds.inventory.published.v1": "facility_id",
        "beds.admission.confirmed.v1": "facility_id",
        "beds.bed.vacated.v1": "facility_id",
        "beds.bed.cleaned.v1": "facility_id",
        "beds.resident.transferred.v1": "facility_id",
        "childcare.site.registered.v1": "site_id",
        "childcare.sessions.published.v1": "site_id",
        "childcare.staffing.reported.v1": "site_id",
        "childcare.site.closed.v1": "site_id",
        "childcare.site.reopened.v1": "site_id",
        "childcare.incident.reported.v1": "site_id",
    }
)
"""Event type to the field. Emergency has none: responders are units, not facilities, and its calls are never refused."""


def speaks_for_another(event_type: str, actor: str, data: Any) -> bool:
    """Whether a facility sends this of another facility. ``data`` is the event's model of this type."""
    field = FACILITY_FIELDS.get(event_type)
    if field is None or not actor.startswith(FACILITY_ACTOR):
        return False
    return bool(getattr(data, field) != actor[len(FACILITY_ACTOR) :])
