"""A seeded run of events over every rule of beds; ``python -m tests.agents.beds.random_year SEED STEPS`` prints a digest of its end."""

import hashlib
import random
import sys
from datetime import date, timedelta
from typing import Any

import orjson

from agents import core
from agents.beds import DOMAIN
from agents.beds.state import BedsState
from agents.shared.calendar import day_of
from schemas.decisions import Received
from tests.agents.beds.district import AREA, CENTRE, at, received

HOMES = 5
BEDS = 6
STREETS = ("s1", "s2", "s3")
SEED = "a-seed-nobody-knew-before"
REASONS = ("in_hospital", "too_small", None)


class RandomYear:
    """Makes events one after the other. Answers to offers look at the state for open offers: their ids cannot be guessed."""

    def __init__(self, seed: int, area: core.AreaState[BedsState]) -> None:
        self.rng = random.Random(seed)
        self.area = area
        self.now_ms = at("2026-11-22 09:00")
        self.count = 0
        self.versions = 0
        self.sent: list[Received] = []

    def next(self) -> Received:
        """The next event, sometimes one that was sent before."""
        rng = self.rng
        self.count += 1
        self.now_ms += rng.choice((0, 1_000, 600_000, 3_600_000, 4 * 3_600_000)) if rng.random() < 0.98 else rng.choice((1, 4)) * 86_400_000
        if self.sent and rng.random() < 0.03:
            return rng.choice(self.sent[-30:])
        makers = (
            *(self.applied,) * 5, *(self.answered,) * 6, *(self.admitted,) * 4, *(self.published,) * 3, *(self.vacated,) * 3,
            *(self.cleaned,) * 3, self.home, self.reassessed, self.withdrawn, self.died, self.paused, self.approved, self.transferred,
            self.leave, self.tick, self.tick, self.overridden, self.extended,
        )  # fmt: skip
        if rng.random() < 0.01:
            kind, data = self.policy()
        else:
            kind, data = rng.choice(makers)()
        item = received(kind, data, f"e-{self.count}", self.now_ms)
        self.sent.append(item)
        return item

    def home(self) -> tuple[str, dict[str, Any]]:
        number = self.rng.randrange(HOMES)
        return "facility.registered", {
            "facility_id": f"f{number}", "name": "养老院", "street": STREETS[number % 3], "position": self.position(),
        }  # fmt: skip

    def published(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        self.versions += rng.choice((0, 1, 1))
        facility = rng.randrange(HOMES)
        beds = []
        for number in sorted(rng.sample(range(BEDS), rng.choice((0, 0, 1, 3)))):
            known = self.area.domain.facilities.get(f"f{facility}")
            bed = None if known is None else known.beds.get(f"b{number}")
            state = (
                bed.published if bed is not None and rng.random() < 0.8 else rng.choice(("free", "free", "occupied", "cleaning", "closed"))
            )
            kind = rng.choice(("basic", "basic", "nursing", "respite"))
            beds.append({"bed_id": f"b{number}", "type": kind, "sex": rng.choice(("f", "m", "any")), "state": state})
            beds[-1]["pool"] = rng.choice(("street", "district", "district", "city"))
        return "inventory.published", {
            "facility_id": f"f{facility}",
            "version": max(1, self.versions + rng.choice((1, 1, 0))),
            "beds": beds,
        }

    def applied(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        number = rng.randrange(4000)
        respite = rng.random() < 0.15
        data: dict[str, Any] = {
            "application_id": f"a{number}",
            "person_id": f"p{number % 700}",
            "position": self.position(),
            "street": rng.choice(STREETS),
            "sex": rng.choice("fm"),
            "assessed_level": rng.randrange(1, 7),
            "assessed_on": (day_of(self.now_ms) - timedelta(days=rng.choice((5, 40, 400, 725, 740)))).isoformat(),
            "categories": rng.choice((["registered"], ["registered"], ["registered", "alone"], ["registered", "special_poor"], [])),
            "bed_types": ["respite"] if respite else rng.choice((["basic"], ["basic", "nursing"], ["nursing"])),
            "score": rng.choice((0, 0, 10, 20)),
        }
        if respite:
            data["stay_days"] = rng.choice((3, 10))
            if rng.random() < 0.5:
                data["stay_from"] = (day_of(self.now_ms) + timedelta(days=rng.choice((0, 1, 3, 9)))).isoformat()
        if rng.random() < 0.3:
            data["choices"] = [f"f{choice}" for choice in rng.sample(range(HOMES), rng.choice((1, 2, 3)))]
        if rng.random() < 0.3:
            data["max_travel_s"] = rng.choice((60, 120, 300))
        if rng.random() < 0.5:
            data["applied_on"] = (date(2026, 11, 22) - timedelta(days=rng.choice((0, 10, 31, 61, 100, 140)))).isoformat()
        return "application.submitted", data

    def answered(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        promised = [each for each in self.area.domain.applications.values() if each.offer_id is not None]
        if not promised:
            return "offer.accepted", {"application_id": "a1", "offer_id": "offer:none"}
        found = rng.choice(promised)
        named = {"application_id": found.application_id, "offer_id": found.offer_id}
        answer = rng.random()
        if answer < 0.5:
            return "offer.accepted", named
        if answer < 0.85:
            return "offer.declined", {**named, "reason": rng.choice(REASONS)}
        return "facility.declined", {**named, "reason": rng.choice(("infection", "no_reason"))}

    def admitted(self) -> tuple[str, dict[str, Any]]:
        promised = [each for each in self.area.domain.applications.values() if each.bed is not None]
        if promised and self.rng.random() < 0.95:
            found = self.rng.choice(promised)
            assert found.bed is not None
            return "admission.confirmed", {
                "application_id": found.application_id, "facility_id": found.bed.facility.place_id, "bed_id": found.bed.bed_id,
            }  # fmt: skip
        return "admission.confirmed", {"application_id": self.rng.choice((None, self.application_id())), **self.bed()}

    def vacated(self) -> tuple[str, dict[str, Any]]:
        return "bed.vacated", {**self.bed("occupied"), "reason": "went_home"}

    def cleaned(self) -> tuple[str, dict[str, Any]]:
        return "bed.cleaned", self.bed(self.rng.choice(("vacated", "cleaning")))

    def transferred(self) -> tuple[str, dict[str, Any]]:
        return "resident.transferred", {"application_id": self.resident(), **self.bed("free"), "reason": "care"}

    def leave(self) -> tuple[str, dict[str, Any]]:
        if self.rng.random() < 0.5:
            return "leave.ended", {"application_id": self.resident()}
        return "leave.started", {"application_id": self.resident()}

    def reassessed(self) -> tuple[str, dict[str, Any]]:
        assessed_on = (day_of(self.now_ms) - timedelta(days=self.rng.choice((0, 3, 300)))).isoformat()
        return "application.reassessed", {
            "application_id": self.application_id(), "assessed_level": self.rng.randrange(1, 7), "assessed_on": assessed_on,
        }  # fmt: skip

    def withdrawn(self) -> tuple[str, dict[str, Any]]:
        return "application.withdrawn", {"application_id": self.application_id()}

    def died(self) -> tuple[str, dict[str, Any]]:
        return "person.died", {"person_id": f"p{self.rng.randrange(700)}"}

    def paused(self) -> tuple[str, dict[str, Any]]:
        application_id = self.application_id()
        if self.rng.random() < 0.4:
            return "application.resumed", {"application_id": application_id}
        until = (day_of(self.now_ms) + timedelta(days=self.rng.choice((0, 2, 20)))).isoformat()
        return "application.paused", {"application_id": application_id, "until": until}

    def overridden(self) -> tuple[str, dict[str, Any]]:
        held = [bed for home in self.area.domain.facilities.values() for bed in home.beds.values() if bed.state.value in ("held", "free")]
        bed = self.rng.choice(held) if held else None
        where = self.bed() if bed is None else {"facility_id": bed.facility.place_id, "bed_id": bed.bed_id}
        reason = self.rng.choice(("court_order", "emergency_placement", "no_reason"))
        return "allocation.overridden", {"application_id": self.application_id(), **where, "approver": "op-9", "reason": reason}

    def extended(self) -> tuple[str, dict[str, Any]]:
        ends = [name for name, bed in self.area.domain.residents.items() if bed.until_ms is not None]
        return "extension.requested", {
            "application_id": self.rng.choice(ends) if ends else self.resident(),
            "days": self.rng.choice((1, 3)),
        }

    def approved(self) -> tuple[str, dict[str, Any]]:
        return "priority.approved", {"application_id": self.application_id(), "approver": "op-9", "reason": "fire"}

    def tick(self) -> tuple[str, dict[str, Any]]:
        return "clock.ticked.v1", {}

    def policy(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        committed = {"draw_id": "d1", "seed_sha256": hashlib.sha256(SEED.encode()).hexdigest()}
        draws: list[dict[str, str]] = [committed] if rng.random() < 0.5 else [{**committed, "seed": SEED}]
        return "policy.published.v1", {
            "policy": "beds",
            "version": f"v{rng.randrange(40)}",
            "in_force_from": (day_of(self.now_ms) + timedelta(days=rng.choice((0, 0, 3)))).isoformat(),
            "parameters": {
                "draws": draws,
                "street_beds_open": rng.random() < 0.7,
                "choices_by": rng.choice(("rank", "distance")),
                "order": rng.choice((["emergency", "priority_class", "level", "score", "eligible_date"], ["score", "emergency", "level"])),
                "facility_rest_days": rng.choice((None, 5)),
                "seen_memory_s": rng.choice((3600, 259_200)),
                "inventory_age_s_max": 10 * 86_400,
            },
            "source": "test",
        }

    def application_id(self) -> str:
        waiting = list(self.area.domain.applications)
        return self.rng.choice(waiting) if waiting and self.rng.random() < 0.9 else f"a{self.rng.randrange(4000)}"

    def resident(self) -> str:
        residents = list(self.area.domain.residents)
        return self.rng.choice(residents) if residents else "a1"

    def bed(self, state: str | None = None) -> dict[str, Any]:
        found = [
            (facility.place_id, bed.bed_id)
            for facility in self.area.domain.facilities.values()
            for bed in facility.beds.values()
            if state is None or bed.state == state
        ]
        facility_id, bed_id = self.rng.choice(found) if found else ("f0", "b9")
        return {"facility_id": facility_id, "bed_id": bed_id}

    def position(self) -> dict[str, float]:
        return {"lat": round(CENTRE[0] + self.rng.uniform(-0.01, 0.01), 6), "lon": round(CENTRE[1] + self.rng.uniform(-0.01, 0.01), 6)}


def digest(seed: int, steps: int) -> str:
    """A hash of every decision and of the state at the end."""
    area = core.blank(DOMAIN, AREA)
    year = RandomYear(seed, area)
    seen = hashlib.sha256()
    for _ in range(steps):
        decision = core.handle(DOMAIN, area, year.next())
        facts = [[reasoned.fact.type, reasoned.fact.model_dump(mode="json"), reasoned.why] for reasoned in decision.facts]
        seen.update(orjson.dumps([decision.outcome, decision.reason, decision.why, facts]))
    for row in core.dump(DOMAIN, area):
        seen.update(orjson.dumps(row))
    return seen.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest(int(sys.argv[1]), int(sys.argv[2])))
