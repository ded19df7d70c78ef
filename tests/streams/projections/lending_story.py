"""What a story tells of kitchens that cook for other areas: orders that leave home, and the guests that hold portions here."""

from random import Random
from typing import Any

from schemas import meals_facts as m
from schemas import meals_neighbour_facts as n
from schemas.facts import Fact

ELSEWHERE = "310101"


class LendingStory:
    """Facts of lending that do not contradict each other; draws from its own source, so that the rest of a story stays what it was."""

    def __init__(self, seed: int, start_ms: int, day: str) -> None:
        self._rng = Random(f"lending-story/{seed}")
        self._start_ms = start_ms
        self._words: dict[str, Any] = {"date": day, "meal": "lunch"}
        self._number = 0
        self._asked: dict[str, list[n.OrderAskedElsewhere]] = {}
        self._placed: dict[str, list[n.OrderPlacedElsewhere]] = {}
        self._guests: dict[str, list[n.GuestAssigned]] = {}

    def tell(self, area: str) -> list[Fact]:
        """Now and then the next fact of one case of this area."""
        tellers = (self._ask, self._answered, self._served, self._guest_comes, self._guest_goes)
        return self._rng.choice(tellers)(area) if self._rng.random() < 0.3 else []

    def _provider_id(self) -> str:
        return f"c-{self._rng.randint(1, 6)}"

    def _way(self) -> dict[str, int]:
        travel_s = self._rng.randint(100, 2000)
        return {"distance_m": travel_s, "travel_s": travel_s, "cutoff_ms": self._start_ms, "closes_ms": self._start_ms}

    def _ask(self, area: str) -> list[Fact]:
        self._number += 1
        fact = n.OrderAskedElsewhere(
            order_id=f"far-{area}-{self._number}", request_id=f"r-{area}-{self._number}", lending_area=ELSEWHERE, home_area=area, number=1,
            tried={}, cause="nothing_near", from_provider_id=None, answer_by_ms=self._start_ms, closes_ms=self._start_ms, person_id="p-4",
            portions=self._rng.randint(1, 3), service="delivery", diets=("soft",), lat=31.22, lon=121.44, street=None, price_fen=1500,
            subsidy_fen=None, correlationid=f"far-{area}-{self._number}", **self._words,
        )  # fmt: skip
        self._asked.setdefault(area, []).append(fact)
        return [fact]

    def _answered(self, area: str) -> list[Fact]:
        waiting = self._asked.get(area)
        if not waiting:
            return []
        asked = waiting.pop(self._rng.randrange(len(waiting)))
        what: dict[str, Any] = {"order_id": asked.order_id, "person_id": asked.person_id, "portions": asked.portions, **self._words}
        if self._rng.random() < 0.3:
            return [n.OrderNowhere(reason="no_capacity", tried={ELSEWHERE: "no_capacity"}, closes_ms=self._start_ms, **what)]
        request = {"request_id": asked.request_id, "lending_area": ELSEWHERE}
        placed = n.OrderPlacedElsewhere(provider_id=f"n-{self._rng.randint(1, 3)}", **request, **self._way(), **what)
        self._placed.setdefault(area, []).append(placed)
        return [placed]

    def _served(self, area: str) -> list[Fact]:
        open_orders = self._placed.get(area)
        if not open_orders:
            return []
        placed = open_orders.pop(self._rng.randrange(len(open_orders)))
        what: dict[str, Any] = {"order_id": placed.order_id, "person_id": placed.person_id, "portions": placed.portions, **self._words}
        match self._rng.randint(0, 2):
            case 0:
                return [m.OrderDelivered(provider_id=placed.provider_id, lent_by=ELSEWHERE, **what)]
            case 1:
                return [m.OrderClosed(provider_id=None, result="unreported", **what)]
        back = {"request_id": placed.request_id, "lending_area": ELSEWHERE, "home_area": area, "reason": "cancelled"}
        withdrawn = n.RequestWithdrawn(order_id=placed.order_id, correlationid=placed.order_id, **back)
        return [withdrawn, m.OrderCancelledFact(provider_id=None, reason="ill", **what)]

    def _guest_comes(self, area: str) -> list[Fact]:
        self._number += 1
        whose = {"guest_id": f"g-{area}-{self._number}", "home_area": ELSEWHERE, "home_order_id": f"h-{self._number}"}
        if self._rng.random() < 0.2:
            return [n.GuestRefused(reason="no_capacity", correlationid="far", **whose)]
        guest = n.GuestAssigned(
            provider_id=self._provider_id(), portions=self._rng.randint(1, 3), service="delivery", diets=("soft",), lat=31.22, lon=121.44,
            capacity_version=1, late=False, correlationid="far", **whose, **self._way(), **self._words,
        )  # fmt: skip
        self._guests.setdefault(area, []).append(guest)
        return [guest]

    def _guest_goes(self, area: str) -> list[Fact]:
        held = self._guests.get(area)
        if not held:
            return []
        guest = held.pop(self._rng.randrange(len(held)))
        whose: dict[str, Any] = {"guest_id": guest.guest_id, "home_area": ELSEWHERE, "home_order_id": guest.home_order_id}
        what: dict[str, Any] = {"provider_id": guest.provider_id, "portions": guest.portions, **self._words}
        match self._rng.randint(0, 2):
            case 0:
                return [n.GuestClosed(**whose, **what)]
            case 1:
                return [n.GuestReleased(cause="withdrawn", correlationid="far", **whose, **what)]
        to = {"provider_id": self._provider_id(), "from_provider_id": guest.provider_id, "cause": "provider_closed"}
        moved = n.GuestMoved(capacity_version=2, correlationid="far", **whose, **self._way(), **(what | to))
        held.append(guest.model_copy(update={"provider_id": moved.provider_id}))
        return [moved]
