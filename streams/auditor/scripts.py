"""The stories that drills play, one a domain: small, complete, and leaving nothing behind."""

from datetime import UTC, datetime, timedelta

from schemas.drill import DRILL_ACTOR
from schemas.journal import SHANGHAI
from streams.auditor.drills import Line, Script

POSITION = {"lat": 31.2304, "lon": 121.4737}
KITCHEN = "drill-kitchen"
DAYS_AHEAD = 2
POLICY = {
    # The drill area may forget fast: 1,440 stories a day would otherwise be remembered for two weeks.
    "policy": "meals",
    "version": "drill/1",
    "in_force_from": "2020-01-01",
    "parameters": {"order_days_ahead_max": DAYS_AHEAD, "memory_days": DAYS_AHEAD + 1, "seen_memory_s": 86_400, "kitchen_recount": False},
    "source": "the project's own, for drills only",
}


def meals(start_ms: int) -> tuple[Line, ...]:
    """A kitchen, its capacity, an order and its cancellation: the date is far enough ahead that no cut-off is near."""
    now = datetime.fromtimestamp(start_ms / 1000, UTC).astimezone(SHANGHAI)
    date = (now + timedelta(days=DAYS_AHEAD)).date().isoformat()
    order_id = f"drill-{start_ms // 1000}"
    order = {
        "order_id": order_id,
        "person_id": "drill-person",
        "position": POSITION,
        "date": date,
        "meal": "lunch",
        "portions": 1,
        "service": "dine_in",
    }
    kitchen = {
        "provider_id": KITCHEN,
        "name": "演练食堂 drill kitchen",
        "kind": "canteen",
        "position": POSITION,
        "street": "000000000",
        "services": ["dine_in"],
        "diets": ["regular"],
    }
    slots = [{"date": date, "meal": "lunch", "capacity": 50}]
    return (
        # Refused as known already on all days but the first: any answer is right.
        Line("policy.published.v1", POLICY),
        Line("meals.provider.registered.v1", kitchen, "meals.provider.listed.v1"),
        Line(
            "meals.capacity.published.v1",
            {"provider_id": KITCHEN, "version": start_ms // 1000, "slots": slots},
            "meals.slot.published.v1",
        ),
        Line("meals.order.placed.v1", order, "meals.order.assigned.v1"),
        Line("meals.order.cancelled.v1", {"order_id": order_id}, "meals.order.cancelled.v1"),
    )


EMERGENCY_POLICY = {
    "policy": "emergency",
    "version": "drill/1",
    "in_force_from": "2020-01-01",
    # The drill itself ends its incident, nobody calls it back, and the drill area forgets fast.
    "parameters": {
        "human_roles": [DRILL_ACTOR.split(":", 1)[0]], "memory_days": 1, "seen_memory_s": 86_400, "coverage_units_min": 0,
    },
    "source": "the project's own, for drills only",
}  # fmt: skip


def emergency(start_ms: int) -> tuple[Line, ...]:
    """A responder, a press that sends it, and the end: the whole chain, from the button to somebody who is asked to go (E12)."""
    call_id = f"drill-{start_ms // 1000}"
    responder = {"responder_id": "drill-responder", "kind": "station", "position": POSITION, "skills": ["first_aid"]}
    press = {"call_id": call_id, "channel": "button", "person_id": "drill-person", "position": POSITION}
    return (
        Line("policy.published.v1", EMERGENCY_POLICY),
        Line("emergency.responder.registered.v1", responder, "emergency.responder.listed.v1"),
        Line(
            "emergency.responder.reported.v1",
            {"responder_id": "drill-responder", "status": "available", "position": POSITION},
            "emergency.responder.status_recorded.v1",
        ),
        Line("emergency.call.raised.v1", press, "emergency.responder.dispatched.v1"),
        Line("emergency.call.closed.v1", {"call_id": call_id, "outcome": "test"}, "emergency.call.closed.v1"),
    )


SCRIPTS: dict[str, Script] = {"meals": meals, "emergency": emergency}
"""Each domain's story. A domain without one gets no drills, and a test says so."""
