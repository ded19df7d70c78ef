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


CHILDCARE_POLICY = {
    "policy": "childcare",
    "version": "drill/1",
    "in_force_from": "2020-01-01",
    "parameters": {
        "services": {
            "care": {"horizon_days": DAYS_AHEAD + 1, "cancel_free_s": 3600},
            "guidance": {"horizon_days": 1},
            "newborn_visit": {"horizon_days": 1},
        },
        "memory_days": DAYS_AHEAD + 2,
        "seen_memory_s": 86_400,
    },
    "source": "the project's own, for drills only",
}


def childcare(start_ms: int) -> tuple[Line, ...]:
    """A house, a session two days ahead, a child of two years booked and cancelled in time: its quota comes back."""
    now = datetime.fromtimestamp(start_ms / 1000, UTC).astimezone(SHANGHAI)
    date = (now + timedelta(days=DAYS_AHEAD)).date().isoformat()
    site, session, booking_id = "drill-house", f"drill-{date}", f"drill-{start_ms // 1000}"
    # A booking that could not be cancelled must not refuse the drills after it: they are for other children.
    child = f"drill-child-{start_ms // 60_000 % 60}"
    house = {"site_id": site, "name": "演练宝宝屋 drill house", "position": POSITION, "street": "000000000", "kind": "baby_house"}
    offered = {
        "session_id": session, "start": f"{date}T10:00:00+08:00", "end": f"{date}T11:00:00+08:00", "mode": "hourly", "seats": 100,
        "staff": 100,
    }  # fmt: skip
    booking = {
        "booking_id": booking_id, "child_id": child, "family_id": "drill-family", "position": POSITION, "session_id": session,
        "birth_date": (now - timedelta(days=730)).date().isoformat(),
    }  # fmt: skip
    return (
        Line("policy.published.v1", CHILDCARE_POLICY),
        Line("childcare.site.registered.v1", house, "childcare.site.listed.v1"),
        Line(
            "childcare.sessions.published.v1",
            {"site_id": site, "version": start_ms // 1000, "sessions": [offered]},
            "childcare.session.published.v1",
        ),
        Line("childcare.booking.requested.v1", booking, "childcare.booking.confirmed.v1"),
        Line("childcare.booking.cancelled.v1", {"booking_id": booking_id}, "childcare.booking.cancelled.v1"),
    )


BEDS_POLICY = {
    "policy": "beds",
    "version": "drill/1",
    "in_force_from": "2020-01-01",
    "parameters": {"memory_days": 1, "seen_memory_s": 86_400, "offer_working_days": 0},
    "source": "the project's own, for drills only",
}
HOMES = 4
"""Homes that take turns, each with one bed and one person who applies: a story that was cut short disturbs only its own home's next."""


def beds(start_ms: int) -> tuple[Line, ...]:
    """A home, its free bed, somebody who applies and is offered it, and their withdrawal, which gives it back."""
    today = datetime.fromtimestamp(start_ms / 1000, UTC).astimezone(SHANGHAI).date().isoformat()
    turn = start_ms // 60_000 % HOMES
    home, application_id = f"drill-home-{turn}", f"drill-{start_ms // 1000}"
    application = {
        "application_id": application_id,
        "person_id": f"drill-person-{turn}",
        "position": POSITION,
        "street": "000000000",
        "sex": "f",
        "assessed_level": 3,
        "assessed_on": today,
        "categories": ["registered"],
        "bed_types": ["basic"],
        "choices": [home],
    }
    bed = {"bed_id": "drill-bed", "type": "basic", "pool": "district", "state": "free"}
    return (
        Line("policy.published.v1", BEDS_POLICY),
        # Refused unless an earlier story of this home was cut short: then it ends what that one left.
        Line("beds.person.died.v1", {"person_id": f"drill-person-{turn}"}),
        Line(
            "beds.facility.registered.v1",
            {"facility_id": home, "name": "演练养老院 drill home", "position": POSITION, "street": "000000000"},
            "beds.facility.listed.v1",
        ),
        Line(
            "beds.inventory.published.v1",
            {"facility_id": home, "version": start_ms // 1000, "beds": [bed]},
            "beds.inventory.reported.v1",
        ),
        Line("beds.application.submitted.v1", application, "beds.offer.made.v1"),
        Line("beds.application.withdrawn.v1", {"application_id": application_id}, "beds.bed.released.v1"),
    )


SCRIPTS: dict[str, Script] = {"beds": beds, "meals": meals, "emergency": emergency, "childcare": childcare}
"""Each domain's story. A domain without one gets no drills, and a test says so."""
