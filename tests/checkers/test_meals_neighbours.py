"""Areas that lend to each other: the eyes pass what the real core and the real routes did, and catch what was planted in it (N02)."""

from typing import Any

import orjson
import pytest

from infra.checkers.logs import Logs
from infra.checkers.meals import lifecycle
from infra.checkers.meals.checks import CHECKS
from infra.checkers.meals.neighbours import Lending
from infra.checkers.outbox import check_handovers
from schemas.journal import Decided, decode
from streams.handovers.handover import handovers_of
from streams.handovers.registry import routes_from
from streams.partitioning import home_partition
from tests.agents.world import at, envelope, north
from tests.checkers.in_memory import World
from tests.checkers.planting import change_fact, drop_facts, find, watched

HOME, NEAR, FAR = "310106", "310101", "310110"
ASKED = "meals.order.asked_elsewhere.v1"


class Lender:
    """Sends events and carries what areas say to each other."""

    def __init__(self) -> None:
        self.world = World()
        self.now_ms = at("2026-11-22 09:00")
        self._carried = 0
        self._number = 0

    def send(self, area: str, kind: str, /, **data: Any) -> None:
        self._number += 1
        self.now_ms += 1000
        value = orjson.dumps(envelope(kind, data, f"e-{self._number}", self.now_ms, area))
        self.world._append(home_partition(area, self.world.partitions), area.encode(), value, self.now_ms)

    def carry(self) -> None:
        while self._carried < len(self.world.raw):
            _, _, raw = self.world.raw[self._carried]
            self._carried += 1
            record = decode(raw)
            if not isinstance(record, Decided):
                continue
            for decision in record.decisions:
                for one in handovers_of(routes_from("meals", ("meals",)), record.source_partition, record.seq, decision):
                    self.world._append(home_partition(one.area, self.world.partitions), one.area.encode(), one.value, self.now_ms)

    def order(self, order_id: str, **more: Any) -> None:
        data = {
            "order_id": order_id, "person_id": "p-1", "position": north(0), "date": "2026-11-23", "meal": "lunch", "portions": 1,
            "service": "dine_in",
        }  # fmt: skip
        self.send(HOME, "order.placed", **(data | more))
        self.carry()


@pytest.fixture(scope="module")
def lent() -> Logs:
    """Two orders lent, one of them cancelled, one that nobody could take, and one kitchen closed over its guest."""
    play = Lender()
    for area, parameters in ((HOME, {"neighbours": [NEAR, FAR]}), (NEAR, {"lends_to": [HOME]}), (FAR, {"lends_to": [HOME]})):
        policy = {"policy": "meals", "version": "1", "in_force_from": "2026-11-01", "parameters": parameters, "source": "test"}
        play.send(area, "policy.published.v1", **policy)
    for area, provider_id, metres in ((NEAR, "n-1", 400), (FAR, "f-1", 800)):
        kitchen = {"name": "食堂", "kind": "canteen", "position": north(metres), "street": "s", "services": ["dine_in"], "diets": ["soft"]}
        play.send(area, "provider.registered", provider_id=provider_id, **kitchen)
        slot = {"date": "2026-11-23", "meal": "lunch", "capacity": 2}
        play.send(area, "capacity.published", provider_id=provider_id, version=1, slots=[slot])
    for order_id in ("o-1", "o-2", "o-3"):
        play.order(order_id)
    play.order("o-4", service="delivery")
    play.send(HOME, "order.cancelled", order_id="o-1")
    play.carry()
    play.send(NEAR, "provider.closed", provider_id="n-1", reason="no_water")
    play.carry()
    return play.world.logs()


def test_what_the_areas_did_passes_every_eye(lent: Logs) -> None:
    found = [violation for eye in CHECKS.eyes(lent, 1) for violation in watched(lent, eye)]
    assert found == []
    assert check_handovers({"meals": lent}, {"meals": CHECKS.hands_over}) == {"meals": []}
    assert find(lent, "meals.guest.released.v1", lambda data: data["cause"] == "provider_closed")


def _said(logs: Logs) -> str:
    return " | ".join(violation.sentence for violation in watched(logs, Lending()))


def test_n02_an_area_that_policy_does_not_name_next_is_asked(lent: Logs) -> None:
    place, _ = find(lent, ASKED)
    assert "policy says" in _said(change_fact(lent, place, ASKED, lending_area="310151"))


def test_n02_a_loan_without_a_policy_that_lends(lent: Logs) -> None:
    place, _ = find(lent, "policy.adopted.v1", lambda data: data["parameters"].get("lends_to") == [HOME])
    assert "its policy does not" in _said(change_fact(lent, place, "policy.adopted.v1", parameters={}))


def test_n02_an_order_elsewhere_that_nobody_holds(lent: Logs) -> None:
    planted = drop_facts(lent, lambda kind, data: kind == "meals.guest.assigned.v1" and data["provider_id"] == "f-1")
    assert "which holds nothing for it" in _said(planted)


def test_n02_portions_held_for_an_order_that_wants_nothing(lent: Logs) -> None:
    planted = drop_facts(lent, lambda kind, data: kind == "meals.guest.released.v1" and data["cause"] == "withdrawn")
    assert "which wants nothing" in _said(planted)


def test_n02_an_answer_of_an_area_that_was_not_asked(lent: Logs) -> None:
    place, _ = find(lent, "meals.order.placed_elsewhere.v1")
    assert "which was not asked" in _said(change_fact(lent, place, "meals.order.placed_elsewhere.v1", request_id="ask:x"))


def test_i06_a_guest_ends_that_never_began(lent: Logs) -> None:
    place, _ = find(lent, "meals.guest.released.v1")
    planted = change_fact(lent, place, "meals.guest.released.v1", guest_id="ask:x")
    assert "ask:x is unknown" in " | ".join(violation.sentence for violation in watched(planted, lifecycle.OrderMoves()))
