"""How fast a year of a district's beds replays, and what one decision costs with 50,000 people waiting.

``agents.core`` alone, no Kafka: what was sent in a simulated year (>= 20,000 applications, >= 10,000 vacancies) is handled in blank
areas, twice; every fact and the state at the end go into one hash, which must be the same. Seconds and microseconds are of this
process's CPU.
"""

import gc
import hashlib
import random
import sys
import time
from collections.abc import Iterable
from datetime import date
from statistics import median

import orjson

from agents import core
from agents.beds import DOMAIN
from agents.beds.state import BedsState
from infra.bench.figures import Goal, Reading
from infra.bench.ground import BenchFailed, Say
from infra.scenario.beds.life import Life, Manners
from infra.scenario.beds.world import build_world, wish
from infra.scenario.beds.year import year_of
from infra.scenario.district import load_district
from infra.scenario.words import at, house, office
from schemas.decisions import Decision, Outcome, Received
from streams.app import GARBAGE_THRESHOLDS

DISTRICT = "310106"
APPLICATIONS = 22_000
"""Some are refused: more than 20,000 come into the line."""
VACANCIES = 10_300
WAITING = 50_000
TURNOVER = 1_500
DAY = date(2026, 11, 24)


def measure(run: int, say: Say) -> list[Reading]:
    """Every figure of one run; each run is another year."""
    say(f"a year of {DISTRICT} is lived")
    life = year_of(load_district(DISTRICT), f"year-{run}", APPLICATIONS, VACANCIES)
    say("it is replayed twice")
    (first_s, first_hash, counts), (second_s, second_hash, _) = replayed(life.received), replayed(life.received)
    if first_hash != second_hash:
        raise BenchFailed("the same log gave another allocation")
    say(f"{len(life.received)} events, {counts}, allocation {first_hash[:16]}")
    del life
    gc.collect()
    say(f"a line of {WAITING} is made")
    costs = decision_costs(run, WAITING)
    every = [cost for some in costs.values() for cost in some]
    return [
        Reading("beds: a year replays", min(first_s, second_s), "s CPU", Goal(60, at_most=True)),
        Reading("beds: applications of it", counts["applications"], "", Goal(20_000)),
        Reading("beds: vacancies of it", counts["vacancies"], "", Goal(10_000)),
        Reading(f"beds: a decision, {WAITING} waiting", median(every), "us CPU", Goal(200, at_most=True)),
        *(Reading(f"  {name}", median(some), "us CPU", Goal(200, at_most=True)) for name, some in costs.items()),
    ]


def replayed(sent: Iterable[Received]) -> tuple[float, str, dict[str, int]]:
    """The same events in a blank area: CPU seconds, a hash of every fact and of the state at the end, what was counted."""
    area: core.AreaState[BedsState] = core.blank(DOMAIN, DISTRICT)
    facts: list[bytes] = []
    counted = {"applications": 0, "vacancies": 0, "offers": 0, "admissions": 0, "refused": 0}
    named = {
        "beds.application.queued.v1": "applications", "beds.bed.vacated.v1": "vacancies",
        "beds.offer.made.v1": "offers", "beds.admission.recorded.v1": "admissions",
    }  # fmt: skip
    began_s = time.process_time()
    for item in sent:
        decision = core.handle(DOMAIN, area, item)
        counted["refused"] += decision.outcome is Outcome.REFUSED
        for reasoned in decision.facts:
            name = named.get(reasoned.fact.type)
            if name is not None:
                counted[name] += 1
            facts.append(reasoned.fact.model_dump_json().encode())
    took_s = time.process_time() - began_s
    seen = hashlib.sha256(b"\n".join(facts))
    for row in core.dump(DOMAIN, area):
        seen.update(orjson.dumps(row))
    DOMAIN.check_all(area.domain)
    return took_s, seen.hexdigest(), counted


def decision_costs(run: int, waiting: int) -> dict[str, list[float]]:
    """Microseconds of each decision by kind, in a district in which so many people wait."""
    life = _line(run, waiting)
    if life.area.domain.waiting < waiting * 0.85:
        raise BenchFailed(f"only {life.area.domain.waiting} are in line")
    gc.collect()
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(*GARBAGE_THRESHOLDS)  # as the worker runs the core
    draw = random.Random(f"turnover {run}")
    homes = [(one.place_id, bed_id) for one in life.area.domain.facilities.values() for bed_id in one.beds]
    now_ms = life.area.now_ms
    for facility_id, bed_id in draw.sample(homes, TURNOVER):
        now_ms += 1000
        named = {"facility_id": facility_id, "bed_id": bed_id}
        life.plan(now_ms, "vacancy", "beds.bed.vacated.v1", named, office("jingan"))
    costs: dict[str, list[float]] = {}
    _live_timed(life, now_ms + 86_400_000, costs)
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    return {name: some for name, some in sorted(costs.items()) if len(some) >= 50}


def _live_timed(life: Life, until_ms: int, costs: dict[str, list[float]]) -> None:
    """Live on, with the time of each `core.handle` by the event's type."""
    handle = core.handle

    def timed(domain: core.Domain[BedsState], area: core.AreaState[BedsState], item: Received) -> Decision:
        began_s = time.process_time()
        decision = handle(domain, area, item)
        costs.setdefault(item.event.type, []).append((time.process_time() - began_s) * 1e6)
        return decision

    life.decide = timed
    for _ in life.lived(until_ms):
        pass


def _line(run: int, waiting: int) -> Life:
    district = load_district(DISTRICT)
    world = build_world(district, f"line-{run}", waiting)
    draw = random.Random(f"line {run}")
    life = Life(
        district.code, "syn-line", district.word, draw, Manners(answer_hours=(0.5, 4.0), admit_hours=(0.5, 3.0), clean_hours=(0.5, 2.0))
    )
    for home in world.homes:
        sender = house(district.word, home.facility_id)
        named = {"facility_id": home.facility_id, "name": home.name, "position": {"lat": home.lat, "lon": home.lon}, "street": home.street}
        life.plan(at(DAY, 7), "registration", "beds.facility.registered.v1", named, sender)
        beds = {"facility_id": home.facility_id, "version": 1, "beds": [bed.row("occupied") for bed in home.beds]}
        life.plan(at(DAY, 7.1), "publication", "beds.inventory.published.v1", beds, sender)
    for number, person in enumerate(world.people):
        data = wish(world, person, draw, number=number, today=DAY)
        life.plan(at(DAY, 8) + number, "application", "beds.application.submitted.v1", data, office(district.word))
    for _ in life.lived(at(DAY, 8) + waiting):
        pass
    return life


def _said(words: str) -> None:
    sys.stdout.write(f"{words}\n")


def main() -> int:
    """Print the figures of one run."""
    for reading in measure(1, _said):
        goal = "" if reading.goal is None else f"  goal {reading.goal}: {'met' if reading.goal.met(reading.value, None) else 'missed'}"
        sys.stdout.write(f"{reading.name:<44}{reading.value:>12.1f} {reading.unit}{goal}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
