"""What meals tells others: an emergency, and what two areas of meals say to each other about an order that finds no kitchen at home.

Whoever answers knows a request by its ``request_id``, never by the event's id, so one that comes twice is answered once.
"""

from collections.abc import Iterator
from typing import Any

from schemas.facts import TaskClosed, TaskKind
from schemas.journal import instant
from schemas.meals_neighbour_facts import (
    GuestAssigned,
    GuestMoved,
    GuestRefused,
    GuestReleased,
    OrderAskedElsewhere,
    RequestWithdrawn,
)
from streams.handovers.handover import Handed, Route, Wish

HELP_RESULTS = frozenset({"needs_help", "no_answer"})
"""Results of a welfare check with which somebody must go and look at once: help is needed, or still nobody answers."""
WITHDRAWN = "withdrawn"
REGION_DIGITS = 4
"""Emergencies are pooled by dispatch region: the first four digits of a district's code (design, section 2)."""


def _help_needed(handed: Handed) -> Iterator[Wish]:
    """M-R8 taken to its end: nobody answered twice, the desk checked, and the person needs help."""
    task = handed.fact
    if not isinstance(task, TaskClosed) or task.kind is not TaskKind.WELFARE_CHECK or task.result not in HELP_RESULTS:
        return
    data = {"call_id": handed.id, "channel": "operator"}
    person_id = task.detail.get("person_id")
    if isinstance(person_id, str):
        data["person_id"] = person_id
    yield Wish("emergency.call.raised.v1", handed.decision.area[:REGION_DIGITS], handed.id, data)


def _question(handed: Handed) -> Iterator[Wish]:
    """Nobody at home can take it: the neighbour is asked for portions. Not for whom: the person stays at home."""
    fact = handed.fact
    assert isinstance(fact, OrderAskedElsewhere)
    data = {
        "request_id": fact.request_id, "home_area": fact.home_area, "order_id": fact.order_id,
        "position": {"lat": fact.lat, "lon": fact.lon}, "date": fact.date, "meal": fact.meal, "portions": fact.portions,
        "service": fact.service, "diets": list(fact.diets), "answer_by": instant(fact.answer_by_ms),
    }  # fmt: skip
    yield Wish("meals.neighbour.asked.v1", fact.lending_area, fact.order_id, data, fact.correlationid)


def _answer(handed: Handed) -> Iterator[Wish]:
    """What became of the request, to the area that asked. What home itself took back it need not be told."""
    fact = handed.fact
    assert isinstance(fact, GuestAssigned | GuestMoved | GuestRefused | GuestReleased)
    data: dict[str, Any] = {"request_id": fact.guest_id, "order_id": fact.home_order_id, "lending_area": handed.decision.area}
    if isinstance(fact, GuestAssigned | GuestMoved):
        data |= {
            "result": "assigned" if isinstance(fact, GuestAssigned) else "moved",
            "reason": "has_room" if isinstance(fact, GuestAssigned) else fact.cause, "provider_id": fact.provider_id,
            "distance_m": fact.distance_m, "travel_s": fact.travel_s, "cutoff": instant(fact.cutoff_ms),
            "closes_at": instant(fact.closes_ms),
        }  # fmt: skip
    else:
        reason = fact.reason if isinstance(fact, GuestRefused) else fact.cause
        if reason == WITHDRAWN:
            return
        data |= {"result": "refused" if isinstance(fact, GuestRefused) else "lost", "reason": reason}
    yield Wish("meals.neighbour.answered.v1", fact.home_area, fact.home_order_id, data, fact.correlationid)


def _withdrawal(handed: Handed) -> Iterator[Wish]:
    """Home took its request back: what is held for it is to be freed."""
    fact = handed.fact
    assert isinstance(fact, RequestWithdrawn)
    data = {"request_id": fact.request_id, "home_area": fact.home_area, "order_id": fact.order_id, "reason": fact.reason}
    yield Wish("meals.neighbour.withdrawn.v1", fact.lending_area, fact.order_id, data, fact.correlationid)


ROUTES = (
    Route(
        name="welfare_check_to_emergency", source="meals", target="emergency", fact_types=frozenset({TaskClosed.type}), wishes=_help_needed
    ),
    Route("neighbour_question", "meals", "meals", frozenset({OrderAskedElsewhere.type}), _question),
    Route(
        "neighbour_answer", "meals", "meals",
        frozenset({GuestAssigned.type, GuestMoved.type, GuestRefused.type, GuestReleased.type}), _answer,
    ),
    Route("neighbour_withdrawal", "meals", "meals", frozenset({RequestWithdrawn.type}), _withdrawal),
)  # fmt: skip
"""Named in `streams.handovers.registry`."""
