"""What one decision costs with so many waiting: ``python -m tests.agents.beds.measure [WAITING]`` prints it; nothing is asserted.

CPU time of `core.handle` alone (decoding is measured apart): 48 homes of 155 beds, applicants of whom four in ten chose homes
and two in ten named a distance. The garbage collector is set as the worker sets it.
"""

import gc
import random
import sys
import time
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from agents import core
from agents.beds import DOMAIN
from schemas.decisions import Decision, Outcome
from streams.app import GARBAGE_THRESHOLDS
from tests.agents.beds.district import District, at, offered, received

HOMES = 48
BEDS = 155
STREETS = tuple(f"3101060{number:02d}" for number in range(14))


class Measured:
    """A district with a long line, and the CPU time of each decision by kind."""

    def __init__(self, waiting: int) -> None:
        self.rng = random.Random(1)
        self.district = District("2026-11-23 09:00", checked=False)
        self.spent: dict[str, list[float]] = defaultdict(list)
        self.count = 0
        self.beds: list[tuple[str, str]] = []
        self.homes()
        for number in range(waiting):
            self.run("application.submitted", f"submitted, {number // 10_000}0,000s waiting", **self.application(number))

    def position(self) -> dict[str, float]:
        return {"lat": round(31.23 + self.rng.uniform(-0.04, 0.04), 6), "lon": round(121.45 + self.rng.uniform(-0.04, 0.04), 6)}

    def homes(self) -> None:
        rng = self.rng
        for home in range(HOMES):
            facility_id = f"f{home}"
            self.district.send(
                "facility.registered", facility_id=facility_id, name="养老院", street=rng.choice(STREETS), position=self.position()
            )
            rows = {}
            for number in range(BEDS):
                kind, sex = rng.choice(("basic", "nursing", "dementia")), rng.choice(("f", "m", "any"))
                rows[f"b{number}"] = {"state": "occupied", "type": kind, "sex": sex, "pool": rng.choice(("street", "street", "district"))}
                self.beds.append((facility_id, f"b{number}"))
            self.district.publish(facility_id, **rows)

    def application(self, number: int) -> dict[str, Any]:
        rng = self.rng
        more: dict[str, Any] = {}
        kind = rng.random()
        if kind < 0.4:
            more["choices"] = [f"f{home}" for home in rng.sample(range(HOMES), rng.choice((1, 3, 5)))]
        elif kind < 0.6:
            more["max_travel_s"] = rng.choice((600, 900, 1800))
        applied = date(2026, 11, 22) - timedelta(days=rng.randrange(0, 700))
        return more | {
            "application_id": f"a{number}",
            "person_id": f"p{number}",
            "position": self.position(),
            "street": rng.choice(STREETS),
            "sex": rng.choice("ffm"),
            "assessed_level": rng.randrange(4, 7),
            "assessed_on": "2026-10-01",
            "categories": ["registered", *rng.choice(([], [], [], ["special_poor"], ["alone"], ["very_old"]))],
            "bed_types": rng.choice((["basic"], ["basic", "nursing"], ["nursing"], ["dementia", "nursing"])),
            "score": rng.randrange(0, 60),
            "applied_on": applied.isoformat(),
        }

    def run(self, kind: str, name: str | None = None, **data: Any) -> Decision:
        self.count += 1
        item = received(kind, data, f"x-{self.count}", self.district.now_ms)
        start = time.process_time()
        decision = core.handle(DOMAIN, self.district.area, item)
        self.spent[name or kind].append(time.process_time() - start)
        assert decision.outcome is Outcome.ACCEPTED, (kind, decision.reason, decision.error)
        return decision

    def turnover(self, beds: int) -> None:
        """Beds become free, are offered, accepted or refused."""
        rng = self.rng
        for facility_id, bed_id in rng.sample(self.beds, beds):
            self.district.now_ms += 1000
            self.run("bed.vacated", facility_id=facility_id, bed_id=bed_id)
            freed = self.run("bed.cleaned", "bed.cleaned, next offer", facility_id=facility_id, bed_id=bed_id)
            for application_id, _, _ in offered(freed):
                named = {"application_id": application_id, "offer_id": self.district.offer_of(application_id)}
                answer = rng.random()
                if answer < 0.5:
                    self.run("offer.accepted", **named)
                elif answer < 0.8:
                    self.run("offer.declined", "offer.declined, next offer", reason="in_hospital", **named)
                else:
                    self.run("facility.declined", "facility.declined, next offer", reason="infection", **named)

    def changes(self, each: int) -> None:
        """Reassessments, approvals, withdrawals, ticks."""
        waiting = list(self.district.state.applications)
        for application_id in self.rng.sample(waiting, each):
            self.run("application.reassessed", application_id=application_id, assessed_level=6, assessed_on="2026-11-20")
        for application_id in self.rng.sample(waiting, each):
            self.run("priority.approved", application_id=application_id, approver="op-1", reason="crisis")
        for application_id in self.rng.sample(waiting, each):
            self.run("application.withdrawn", application_id=application_id)
        for _ in range(each):
            self.run("clock.ticked.v1")


def main(waiting: int) -> None:
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    measured = Measured(waiting)
    measured.turnover(2000)
    measured.changes(1000)
    entries = sum(len(line) for line in measured.district.state.lanes.values())
    sys.stdout.write(f"waiting {measured.district.state.waiting}, lanes {len(measured.district.state.lanes)}, places in them {entries}\n")
    measured.district.now_ms = at("2026-11-24 00:00")
    measured.run("clock.ticked.v1", "first tick of a day")
    for name, spent in measured.spent.items():
        ordered = sorted(spent)
        mean, middle, most = sum(ordered) / len(ordered), ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        sys.stdout.write(
            f"{name:36} n {len(ordered):6}  mean {mean * 1e6:7.0f}  p50 {middle * 1e6:7.0f}  p99 {most * 1e6:7.0f} microseconds\n"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
