"""Events into verdicts: one function an event. None of them changes anything.

Read `ANSWERS` at the end for who answers what; orders are in `orders`, standing orders in `standing`, deliveries in `delivery`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from agents.core import Verdict, accept, refuse
from agents.meals import delivery, guests, neighbours, orders, standing
from agents.meals.policy import at_minute
from agents.meals.state import MealsState
from agents.shared.calendar import MINUTE_MS, CalendarYear, day_of
from agents.shared.explanation import because, skipped
from agents.shared.policy import parse
from schemas.decisions import CoreReason
from schemas.envelope import Event
from schemas.facts import Fact, PolicyAdopted, PolicyPublishedEvent
from schemas.meals import (
    CapacityPublishedEvent,
    DeliveryReportedEvent,
    MealsReason,
    OrderCancelledEvent,
    OrderOverriddenEvent,
    OrderPlacedEvent,
    ProviderClosedEvent,
    ProviderClosureRecorded,
    ProviderListed,
    ProviderRegisteredEvent,
    ProviderReopenedEvent,
    ProviderReopeningRecorded,
    SlotOvercommitted,
    SlotPublished,
    StandingOrderPausedEvent,
    StandingOrderPlacedEvent,
    StandingOrderStoppedEvent,
)
from schemas.meals_neighbours import NeighbourAnsweredEvent, NeighbourAskedEvent, NeighbourWithdrawnEvent


def decide(state: MealsState, event: Event, now_ms: int) -> Verdict:
    """Answer one event of meals."""
    return ANSWERS[type(event)](state, event, now_ms)


def policy_published(state: MealsState, event: PolicyPublishedEvent, _now_ms: int) -> Verdict:
    """A policy version, validated whole before it is adopted: a bad one leaves the one in force untouched."""
    data = event.data
    if data.policy == "meals":
        if state.policies.holds(data.version):
            return refuse(CoreReason.STALE_VERSION, because("version_exists"))
        valid = state.policies.accepts(data.parameters)
    elif data.policy == "calendar":
        year = parse(CalendarYear, data.parameters)
        valid = year is not None and year.consistent()
        if year is not None and state.calendar_versions.get(year.year) == data.version:
            return refuse(CoreReason.STALE_VERSION, because("version_exists"))
    else:
        return refuse(CoreReason.UNKNOWN_POLICY)
    if not valid:
        return refuse(CoreReason.INVALID_POLICY)
    return accept(
        PolicyAdopted(
            policy=data.policy,
            version=data.version,
            in_force_from=data.in_force_from.isoformat(),
            parameters=data.parameters,
            source=data.source,
        )
    )


def provider_registered(_state: MealsState, event: ProviderRegisteredEvent, _now_ms: int) -> Verdict:
    """A directory entry; a later one replaces it whole."""
    data = event.data
    return accept(
        ProviderListed(
            provider_id=data.provider_id,
            name=data.name,
            kind=data.kind.value,
            lat=data.position.lat,
            lon=data.position.lon,
            street=data.street,
            services=tuple(sorted({service.value for service in data.services})),
            diets=tuple(sorted(set(data.diets))),
            delivery_radius_m=data.delivery_radius_m,
        )
    )


def capacity_published(state: MealsState, event: CapacityPublishedEvent, now_ms: int) -> Verdict:
    """For each slot the highest version wins in any arrival order (C06, I09); a provider not registered yet is kept for later."""
    data = event.data
    policy = state.policies.at(now_ms)
    provider = state.providers.get(data.provider_id)
    last_day = day_of(now_ms) + timedelta(days=policy.capacity_days_ahead_max)
    facts: list[Fact] = []
    left_out: list[dict[str, object]] = []
    taken: set[tuple[str, str]] = set()
    for offered in data.slots:
        date, meal = offered.date.isoformat(), offered.meal.value
        slot = None if provider is None else provider.slots.get((date, meal))
        times = policy.times(meal)
        ends_ms = at_minute(offered.date, times.serve_end_minute)
        rule = None
        if (date, meal) in taken or (slot is not None and not slot.newer(data.version)):
            rule = CoreReason.STALE_VERSION.value
        elif ends_ms <= now_ms:
            rule = MealsReason.DATE_PAST.value
        elif offered.date > last_day:
            rule = MealsReason.DATE_TOO_FAR.value
        if rule is not None:
            left_out.append({"date": date, "meal": meal, "rule": rule, "version": None if slot is None else slot.version})
            continue
        taken.add((date, meal))
        facts.append(
            SlotPublished(
                provider_id=data.provider_id,
                date=date,
                meal=meal,
                capacity=offered.capacity,
                cutoff_ms=None if offered.cutoff is None else int(offered.cutoff.timestamp() * 1000),
                version=data.version,
                starts_ms=at_minute(offered.date, times.serve_start_minute),
                ends_ms=ends_ms,
                closes_ms=ends_ms + policy.close_after_minutes * MINUTE_MS,
            )
        )
        if slot is not None and offered.capacity < slot.held + slot.used:
            facts.append(
                SlotOvercommitted(provider_id=data.provider_id, date=date, meal=meal, capacity=offered.capacity, used=slot.held + slot.used)
            )
    why = skipped(left_out) if left_out else None
    if facts:
        return accept(*facts, why=why)
    return refuse(str(left_out[0]["rule"]), why)


def provider_closed(_state: MealsState, event: ProviderClosedEvent, now_ms: int) -> Verdict:
    """Closed from (default: now) until (default: further notice): each meal served in between is moved or told (M15)."""
    data = event.data
    from_ms = now_ms if data.from_ is None else int(data.from_.timestamp() * 1000)
    until_ms = None if data.until is None else int(data.until.timestamp() * 1000)
    if until_ms is not None and until_ms <= max(from_ms, now_ms):
        return refuse(MealsReason.WINDOW_EMPTY, because("closure_over", from_ms=from_ms, until_ms=until_ms))
    return accept(ProviderClosureRecorded(provider_id=data.provider_id, from_ms=from_ms, until_ms=until_ms, reason=data.reason))


def provider_reopened(state: MealsState, event: ProviderReopenedEvent, now_ms: int) -> Verdict:
    """Open again from (default: now) on. The contract's ``until`` has no meaning here: a new closure is its own event."""
    data = event.data
    if data.provider_id not in state.providers:
        return refuse(MealsReason.UNKNOWN_PROVIDER)
    from_ms = now_ms if data.from_ is None else int(data.from_.timestamp() * 1000)
    return accept(ProviderReopeningRecorded(provider_id=data.provider_id, from_ms=from_ms, reason=data.reason))


# Each row takes the event of its own key, which no type checker can say of a table.
ANSWERS: dict[type[Event], Callable[[MealsState, Any, int], Verdict]] = {
    PolicyPublishedEvent: policy_published,
    ProviderRegisteredEvent: provider_registered,
    CapacityPublishedEvent: capacity_published,
    ProviderClosedEvent: provider_closed,
    ProviderReopenedEvent: provider_reopened,
    OrderPlacedEvent: orders.placed,
    OrderCancelledEvent: orders.cancelled,
    OrderOverriddenEvent: orders.overridden,
    StandingOrderPlacedEvent: standing.placed,
    StandingOrderPausedEvent: standing.paused,
    StandingOrderStoppedEvent: standing.stopped,
    DeliveryReportedEvent: delivery.reported,
    NeighbourAskedEvent: guests.asked,
    NeighbourWithdrawnEvent: guests.withdrawn,
    NeighbourAnsweredEvent: neighbours.answered,
}
