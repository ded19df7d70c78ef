"""I09 for beds, childcare and emergency: what providers say about themselves ends in one state, in any order that causality allows.

As in `test_any_order`: all arrives in one millisecond, what is said about one case or by one provider about itself keeps its order, a
publication with a version needs none. Where the invariant does not apply is said on the invariants page.
"""

from collections.abc import Callable, Iterable
from itertools import count
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

import orjson
import pytest

from agents import core
from agents.emergency.evolve import WRITERS
from schemas.codec import decode_event
from schemas.decisions import Received
from schemas.emergency_units_facts import ResponderLocated
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.plan import Options
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.words import envelope

AREA = "310106"
START_MS = 1_795_298_400_000
"""2026-11-22T06:00 in Shanghai."""
ORDERS = 3
SEEDS = 8


class Said(NamedTuple):
    """What of a domain is free to come in any order: step kinds, what keeps its order, and rows that count arrivals."""

    kinds: tuple[str, ...]
    chain: Callable[[str, dict[str, Any]], str | None]
    """Whose words these are; None where a version or nothing at all makes the order."""


def _of_homes(event_type: str, data: dict[str, Any]) -> str | None:
    return None if event_type == "beds.inventory.published.v1" else str(data.get("facility_id"))


def _of_sites(event_type: str, data: dict[str, Any]) -> str | None:
    return None if event_type == "childcare.sessions.published.v1" else str(data.get("site_id"))


def _of_units(event_type: str, data: dict[str, Any]) -> str | None:
    return str(data.get("responder_id") or data.get("device_id") or data.get("person_id"))


SAID = {
    "beds": Said(("publish", "publish", "register"), _of_homes),
    "childcare": Said(("publish", "publish", "closed", "reopened", "register"), _of_sites),
    "emergency": Said(("register", "report", "position", "device", "heartbeat", "battery", "cover", "uncover"), _of_units),
}


def _deliveries(domain: str, seed: int) -> tuple[list[Received], Random]:
    draw = Random(f"i09/{domain}/{seed}")
    options = Options(f"i09/{seed}", domain=domain, start_ms=START_MS, own=SIMULATED[domain].swarm(Random(f"i09/{seed}/own")))
    world = SIMULATED[domain].world(options, draw, AREA)
    kinds = SAID[domain].kinds
    opening = world.opening(draw)
    # The office's rules and the calendar come first: a decision cites the policy in force when it is made.
    steps = [one.step for one in opening if one.kind in ("policy", "calendar")]
    steps += [one.step for one in opening if one.kind in kinds]
    steps += [world.step(draw, draw.choice(kinds), START_MS, number) for number in range(40)]
    out, published = [], set()
    for number, step in enumerate(steps):
        if "version" in step.data and step.event_type != "policy.published.v1":
            version = (step.event_type, step.data.get("facility_id", step.data.get("site_id")), step.data["version"])
            if version in published:
                continue  # of two that claim one version the first one counts, by the order of the log
            published.add(version)
        item = decode_event(domain, envelope(f"e-{number}", step.event_type, START_MS, AREA, step.actor, step.data), START_MS)
        assert isinstance(item, Received), item
        out.append(item)
    return out, draw


def _shuffled(domain: str, deliveries: Iterable[Received], draw: Random) -> list[Received]:
    """One order that causality allows: policies first, chains kept, chains mixed at random."""
    rules: list[Received] = []
    chains: dict[str, list[Received]] = {}
    for one in deliveries:
        if one.event.type == "policy.published.v1":
            rules.append(one)
            continue
        data: Any = one.event.data
        chains.setdefault(SAID[domain].chain(one.event.type, data.model_dump()) or one.event.id, []).append(one)
    turns = [name for name, chain in chains.items() for _ in chain]
    draw.shuffle(turns)
    left = {name: iter(chain) for name, chain in chains.items()}
    return rules + [next(left[name]) for name in turns]


def _end(domain: str, deliveries: Iterable[Received]) -> list[bytes]:
    decider = SIMULATED[domain].decider
    area = core.blank(decider, AREA)
    for one in deliveries:
        core.handle(decider, area, one)
    decider.check_all(area.domain)
    return sorted(orjson.dumps(_kept(row)) for row in core.dump(decider, area) if row[0] != "seen")


def _kept(row: list[Any]) -> list[Any]:
    """Without how many beds a home was seen to free each day: what a version in between would have said is not seen when overtaken."""
    return row[:-1] if row[:2] == ["d", "facility"] else row


def _differ(domain: str, seed: int) -> set[bytes]:
    deliveries, draw = _deliveries(domain, seed)
    first = set(_end(domain, deliveries))
    return set().union(*(first ^ set(_end(domain, _shuffled(domain, deliveries, draw))) for _turn in range(ORDERS)))


@pytest.mark.parametrize("domain", sorted(SAID))
@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_providers_say_ends_in_the_same_state_in_any_order(domain: str, seed: int) -> None:
    rows = _differ(domain, seed)
    assert not rows, sorted(rows)[:4]


def test_an_inventory_that_wins_by_coming_last_is_found_out() -> None:
    with PLANTED["beds_older_inventory_wins"].active(SIMULATED["beds"].silence):
        assert any(_differ("beds", seed) for seed in range(SEEDS))


def test_a_position_that_hangs_on_how_many_were_heard_before_is_found_out() -> None:
    turns = count()
    located = WRITERS[ResponderLocated]

    def write(state: Any, fact: Any, now_ms: int) -> None:
        if next(turns) % 3:
            located(state, fact, now_ms)

    with patch.dict(WRITERS, {ResponderLocated: write}):
        assert any(_differ("emergency", seed) for seed in range(SEEDS))
