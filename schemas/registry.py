"""Which event types exist, and which domain takes each: the discriminated unions the codec reads by."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Union, get_args

from pydantic import Field, TypeAdapter

from schemas import beds, childcare, emergency, meals
from schemas.emergency_mending import RAISED, mend
from schemas.envelope import Event
from schemas.facts import ClockTickedEvent, PolicyPublishedEvent, TaskCompletedEvent
from schemas.topics import DOMAINS

SHARED_EVENTS: tuple[type[Event], ...] = (PolicyPublishedEvent, ClockTickedEvent, TaskCompletedEvent)
"""Taken by every domain (contract, "every domain")."""

DOMAIN_EVENTS: dict[str, tuple[type[Event], ...]] = {
    "meals": meals.EVENTS,
    "emergency": emergency.EVENTS,
    "childcare": childcare.EVENTS,
    "beds": beds.EVENTS,
}
"""Each domain's own event classes, declared in its module. A domain is taken in once `schemas.topics.DOMAINS` names it."""

assert set(DOMAINS) <= DOMAIN_EVENTS.keys(), "every domain declares its events"

Paths = tuple[tuple[int | str, ...], ...]
MENDING: dict[str, Callable[[dict[str, Any], Paths], dict[str, Any] | None]] = {RAISED: mend}
"""Types that are not refused for what can be left out: the parsed event and the broken paths to an event to be validated again,
or None (reliability page, section 5, "emergency exception")."""


@cache
def events_of(domain: str) -> dict[str, type[Event]]:
    """Wire name to class, of one domain."""
    return {type_name(event): event for event in DOMAIN_EVENTS[domain] + SHARED_EVENTS}


@cache
def known_types() -> dict[str, frozenset[str]]:
    """Wire name to the domains that take it."""
    out: dict[str, set[str]] = {}
    for domain in DOMAINS:
        for name in events_of(domain):
            out.setdefault(name, set()).add(domain)
    return {name: frozenset(domains) for name, domains in out.items()}


@cache
def known_stems() -> frozenset[str]:
    """The wire names without their major versions."""
    return frozenset(name.rsplit(".v", 1)[0] for name in known_types())


@cache
def event_adapter(domain: str) -> tuple[TypeAdapter[Event], TypeAdapter[list[Event]]]:
    """Validators of one event and of a batch of one domain."""
    # Built at run time from the table above, which no type checker can follow.
    union: Any = Annotated[Union[tuple(events_of(domain).values())], Field(discriminator="type")]  # noqa: UP007
    return TypeAdapter(union), TypeAdapter(list[union])


def domains_addressed(event_type: str, data: object) -> tuple[str, ...]:
    """The domains whose topic an event goes to when the sender names none (HTTP): its own; for a shared event the one its
    data names, and every domain for a policy that all share (the calendar). Empty when nobody takes it."""
    owners = known_types().get(event_type, frozenset())
    if len(owners) == 1 and event_type.split(".", 1)[0] in owners:
        return tuple(owners)
    named = None
    if isinstance(data, dict):
        named = data.get("policy") if event_type == "policy.published.v1" else data.get("domain")
    if named == "calendar":
        return tuple(sorted(owners))
    return (named,) if isinstance(named, str) and named in owners else ()


def type_name(event: type[Event]) -> str:
    """The one literal that this class's ``type`` takes."""
    (name,) = get_args(event.model_fields["type"].annotation)
    return str(name)
