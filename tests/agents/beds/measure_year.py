"""A district's year, lived once and replayed: ``python -m tests.agents.beds.measure_year [APPLICATIONS]`` prints what it costs.

48 homes of 155 beds (7,440: 静安 has 7,466 in 48), half as many vacancies as applications, answers and admissions by a seeded
crowd; synthetic. The replay handles the same events in a blank area and must give the same allocation to the bit.
"""

import hashlib
import sys
import time
from heapq import heappop, heappush
from typing import Any

import orjson

from agents import core
from agents.beds import DOMAIN
from schemas.beds_facts import OfferMade
from schemas.decisions import Decision, Received
from tests.agents.beds.district import AREA, received
from tests.agents.beds.measure import Measured

DAY_MS = 86_400_000
Later = tuple[int, int, str, dict[str, Any]]


class Year:
    """Lives a year and keeps what was sent."""

    def __init__(self, applications: int) -> None:
        self.measured = Measured(0)
        self.rng = self.measured.rng
        self.sent: list[Received] = []
        self.later: list[Later] = []
        self.count = 0
        self.area = core.blank(DOMAIN, AREA)
        self.start_ms = self.now_ms = self.measured.district.now_ms
        self.vacancies = 0
        self.seed_world()
        for number in range(applications):
            at_ms = self.start_ms + self.rng.randrange(365 * DAY_MS)
            self.plan(at_ms, "application.submitted", {**self.measured.application(number), "applied_on": None})
        for _ in range(applications // 2):
            facility_id, bed_id = self.rng.choice(self.measured.beds)
            at_ms = self.start_ms + self.rng.randrange(360 * DAY_MS)
            self.plan(at_ms, "bed.vacated", {"facility_id": facility_id, "bed_id": bed_id})
        for day in range(365):
            for home in range(48):
                empty = {"facility_id": f"f{home}", "version": day + 10, "beds": []}
                self.plan(self.start_ms + day * DAY_MS + home, "inventory.published", empty)

    def seed_world(self) -> None:
        for facility in self.measured.district.state.facilities.values():
            position = {"lat": facility.lat, "lon": facility.lon}
            self.plan(
                self.now_ms,
                "facility.registered",
                {"facility_id": facility.place_id, "name": "养老院", "street": facility.street, "position": position},
            )
            beds = [
                {"bed_id": bed.bed_id, "type": bed.bed_type, "sex": bed.sex, "pool": bed.pool, "state": "occupied"}
                for bed in facility.beds.values()
            ]
            self.plan(self.now_ms, "inventory.published", {"facility_id": facility.place_id, "version": 1, "beds": beds})

    def plan(self, at_ms: int, kind: str, data: dict[str, Any]) -> None:
        self.count += 1
        heappush(self.later, (at_ms, self.count, kind, data))

    def live(self) -> None:
        while self.later:
            at_ms, number, kind, data = heappop(self.later)
            deadline = core.next_deadline(DOMAIN, self.area)
            while deadline is not None and deadline <= at_ms:
                self.now_ms = max(self.now_ms, deadline)
                self.count += 1
                self.handle(received("clock.ticked.v1", {}, f"t-{self.count}", self.now_ms))
                deadline = core.next_deadline(DOMAIN, self.area)
            self.now_ms = at_ms
            decision = self.handle(received(kind, {name: value for name, value in data.items() if value is not None}, f"e-{number}", at_ms))
            if kind == "bed.vacated" and decision.reason is None:
                self.vacancies += 1
                self.plan(at_ms + DAY_MS, "bed.cleaned", data)
            if kind == "offer.accepted" and decision.reason is None:
                found = self.area.domain.applications[data["application_id"]]
                assert found.bed is not None
                admitted = {"application_id": found.application_id, "facility_id": found.bed.facility.place_id, "bed_id": found.bed.bed_id}
                self.plan(at_ms + 2 * DAY_MS, "admission.confirmed", admitted)

    def handle(self, item: Received) -> Decision:
        self.sent.append(item)
        decision = core.handle(DOMAIN, self.area, item)
        for reasoned in decision.facts:
            if isinstance(reasoned.fact, OfferMade):
                named = {"application_id": reasoned.fact.application_id, "offer_id": reasoned.fact.offer_id}
                answer = self.rng.random()
                if answer < 0.75:
                    self.plan(self.now_ms + DAY_MS, "offer.accepted", named)
                elif answer < 0.9:
                    self.plan(self.now_ms + DAY_MS, "offer.declined", {**named, "reason": self.rng.choice(("in_hospital", "too_small"))})
        return decision


def replayed(sent: list[Received]) -> tuple[str, dict[str, int]]:
    """The same events in a blank area: a hash of every decision, and what was counted."""
    area = core.blank(DOMAIN, AREA)
    seen = hashlib.sha256()
    counted = {"offers": 0, "admissions": 0, "refused": 0}
    for item in sent:
        decision = core.handle(DOMAIN, area, item)
        counted["refused"] += decision.reason is not None
        for reasoned in decision.facts:
            counted["offers"] += reasoned.fact.type == "beds.offer.made.v1"
            counted["admissions"] += reasoned.fact.type == "beds.admission.recorded.v1"
            seen.update(reasoned.fact.model_dump_json().encode())
    for row in core.dump(DOMAIN, area):
        seen.update(orjson.dumps(row))
    DOMAIN.check_all(area.domain)
    return seen.hexdigest(), counted


def main(applications: int) -> None:
    year = Year(applications)
    year.live()
    results = []
    for _ in range(2):
        start = time.process_time()
        results.append(replayed(year.sent))
        sys.stdout.write(f"replay of {len(year.sent)} events: {time.process_time() - start:.1f} s of CPU\n")
    sys.stdout.write(
        f"applications {applications}, vacancies {year.vacancies}, waiting at the end {year.area.domain.waiting}, {results[0][1]}\n"
    )
    sys.stdout.write(f"the same to the bit: {results[0] == results[1]}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
