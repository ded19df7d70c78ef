"""A meal that no kitchen at home can cook: asked of the neighbouring areas by event, each event delivered at least once, in any weather."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from agents import core
from agents.meals import DOMAIN
from schemas.codec import digest_of
from schemas.decisions import Decision, Received
from schemas.journal import Decided
from schemas.registry import event_adapter
from streams.handovers.registry import routes_from
from streams.memory import MemoryEventLog, MemoryQuarantine
from streams.notifications import JsonLinesNotifier
from streams.partitioning import home_partition
from streams.reactor import Reactor, ReactorConfig
from streams.tail import Judged
from tests.agents.world import World, fact, types

HOME, NEAR, FAR = "310106", "310101", "310110"
PARTITIONS = 6
ADAPTER = event_adapter("meals")[0]
ASKED, PLACED, NOWHERE = "meals.order.asked_elsewhere.v1", "meals.order.placed_elsewhere.v1", "meals.order.nowhere.v1"
WITHDRAWN = "meals.request.withdrawn.v1"


class City:
    """Three areas, the reactor of their journals, and the events it hands over: every one is delivered twice, unless it is held back."""

    def __init__(self, path: Path) -> None:
        self.worlds = {area: World(area=area) for area in (HOME, NEAR, FAR)}
        self.log = MemoryEventLog(PARTITIONS, lambda: 1_000)
        self.held_back: frozenset[str] = frozenset()
        self.kept: list[Received] = []
        self.handed: list[dict[str, Any]] = []
        self._heard = [0] * PARTITIONS
        self._told = dict.fromkeys(self.worlds, 0)
        self._seq = 0
        config = ReactorConfig("", b"0123456789abcdef0123456789abcdef", path / "told.jsonl", ("meals",))
        self.reactor = Reactor(
            "meals", config, events=MemoryEventLog(PARTITIONS, lambda: 1_000), quarantine=MemoryQuarantine(),
            notifier=JsonLinesNotifier(path / "told.jsonl"), routes=routes_from("meals", ("meals",)), outlets={"meals": self.log},
        )  # fmt: skip
        self.policy(HOME, neighbours=[NEAR, FAR])
        self.policy(NEAR, lends_to=[HOME])

    def policy(self, area: str, version: str = "1", **parameters: Any) -> None:
        self.worlds[area].send(
            "policy.published.v1", policy="meals", version=version, in_force_from="2026-11-01", parameters=parameters, source="test"
        )

    @property
    def home(self) -> World:
        return self.worlds[HOME]

    @property
    def near(self) -> World:
        return self.worlds[NEAR]

    def kitchen(self, area: str, provider_id: str, capacity: int = 2, metres: float = 900) -> None:
        self.worlds[area].kitchen(provider_id, metres)
        self.worlds[area].publish(provider_id, capacity)

    async def rest(self) -> list[Decision]:
        made: list[Decision] = []
        for _ in range(40):
            for world in self.worlds.values():
                name = world.area.area
                fresh, self._told[name] = world.decisions[self._told[name] :], len(world.decisions)
                for decision in fresh:
                    self._seq += 1
                    await self.reactor.react([Judged(0, self._seq, b"", Decided(0, self._seq, 1, 7, (decision,), ()), valid=True)])
            arrived = self._arrived()
            if not arrived:
                return made
            for item in [*arrived, *arrived]:
                made.append(self.worlds[item.event.area].take(item))
        raise AssertionError("the areas never come to rest")

    def _arrived(self) -> list[Received]:
        found: list[Received] = []
        for partition in range(PARTITIONS):
            records = self.log.records(partition)
            for record in records[self._heard[partition] :]:
                assert record.value is not None
                parsed = orjson.loads(record.value)
                assert partition == home_partition(parsed["area"], PARTITIONS), "at its own home"
                self.handed.append(parsed)
                event = ADAPTER.validate_json(record.value)
                item = Received(event, digest_of(parsed), self.worlds[event.area].now_ms)
                (self.kept if event.type in self.held_back else found).append(item)
            self._heard[partition] = len(records)
        return found

    def pass_time(self, seconds: int) -> None:
        for world in self.worlds.values():
            world.tick(world.now_ms + seconds * 1000)

    def deliver_kept(self) -> list[Decision]:
        kept, self.kept = self.kept, []
        return [self.worlds[item.event.area].take(item) for item in kept]

    def state(self, order_id: str = "o-1") -> str:
        order = self.home.state.orders.get(order_id)
        return self.home.state.ended[order_id].state.value if order is None else order.state.value


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


async def test_an_order_nobody_at_home_can_take_is_cooked_by_the_neighbour_that_lends(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    asked = city.home.order("o-1", portions=2)
    assert (asked.outcome, types(asked)) == ("accepted", [ASKED])
    made = await city.rest()
    placed = next(fact(decision, PLACED) for decision in made if PLACED in types(decision))
    assert (placed["lending_area"], placed["provider_id"], city.state()) == (NEAR, "n-1", "elsewhere")
    assert city.near.seats("n-1") == (0, 2, 0, 0)
    assert {event["correlationid"] for event in city.handed} == {asked.event_id}
    assert all("person_id" not in event["data"] for event in city.handed), "the person stays at home"


async def test_a_policy_without_neighbours_refuses_as_ever(city: City) -> None:
    city.policy(HOME, "2")
    city.kitchen(NEAR, "n-1")
    assert city.home.order("o-1").reason == "no_provider_in_reach"
    assert await city.rest() == []


async def test_a_neighbour_that_refuses_is_followed_by_the_next_and_then_by_a_human_with_a_deadline(city: City) -> None:
    city.home.order("o-1")
    made = await city.rest()
    reasons = [decision.reason for decision in made if decision.event_type == "meals.neighbour.asked.v1" and not decision.repeat]
    assert reasons == ["no_provider_in_reach", "not_lending"]
    nowhere = next(fact(decision, NOWHERE) for decision in made if NOWHERE in types(decision))
    assert nowhere["tried"] == {NEAR: "no_provider_in_reach", FAR: "not_lending"}
    assert city.state() == "unplaced"
    assert len(city.home.state.tasks) == 1
    city.home.tick(nowhere["closes_ms"])
    assert city.state() == "closed"


async def test_a_neighbour_that_never_answers_is_left_in_time_and_its_late_answer_holds_nothing(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    city.held_back = frozenset({"meals.neighbour.answered.v1"})
    city.policy(HOME, "2", neighbours=[NEAR])
    city.home.order("o-1")
    await city.rest()
    assert city.near.seats("n-1") == (1, 1, 0, 0)
    city.pass_time(301)
    await city.rest()
    assert city.state() == "unplaced"
    assert city.near.seats("n-1") == (2, 0, 0, 0), "the request was taken back"
    assert {decision.reason for decision in city.deliver_kept()} == {"not_asked"}


async def test_a_withdrawal_that_overtakes_its_request_leaves_nothing_held(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    city.held_back = frozenset({"meals.neighbour.asked.v1"})
    city.home.order("o-1")
    await city.rest()
    assert city.home.send("order.cancelled", order_id="o-1").outcome == "accepted"
    await city.rest()
    assert {decision.reason for decision in city.deliver_kept()} == {"order_closed"}
    assert (city.state(), city.near.seats("n-1")) == ("cancelled", (2, 0, 0, 0))


async def test_a_cancelled_order_frees_the_neighbours_portions_once(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    city.home.order("o-1")
    await city.rest()
    cancelled = city.home.send("order.cancelled", order_id="o-1")
    assert types(cancelled) == [WITHDRAWN, "meals.order.cancelled.v1"]
    await city.rest()
    assert (city.state(), city.near.seats("n-1")) == ("cancelled", (2, 0, 0, 0))


async def test_a_cancellation_while_the_answer_is_on_its_way_frees_what_it_would_have_given(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    city.held_back = frozenset({"meals.neighbour.answered.v1"})
    city.home.order("o-1")
    await city.rest()
    city.home.send("order.cancelled", order_id="o-1")
    await city.rest()
    assert city.near.seats("n-1") == (2, 0, 0, 0)
    assert {decision.reason for decision in city.deliver_kept()} == {"order_closed"}


async def test_a_question_that_comes_after_its_time_is_refused_by_name(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    city.held_back = frozenset({"meals.neighbour.asked.v1", "meals.neighbour.withdrawn.v1"})
    city.home.order("o-1")
    await city.rest()
    city.pass_time(301)
    late = [item for item in city.kept if item.event.area == NEAR and item.event.type == "meals.neighbour.asked.v1"]
    decision = city.near.take(late[0]._replace(received_at_ms=city.near.now_ms))
    assert (decision.reason, city.near.seats("n-1")) == ("answer_too_late", (2, 0, 0, 0))


async def test_a_closed_kitchen_of_the_neighbour_moves_its_guest_or_sends_it_home(city: City) -> None:
    city.kitchen(NEAR, "n-1", 1)
    city.kitchen(NEAR, "n-2", 1, 1200)
    city.home.order("o-1")
    await city.rest()
    city.near.send("provider.closed", provider_id="n-1", reason="no_water")
    await city.rest()
    assert (city.home.state.asks["o-1"].provider_id, city.state()) == ("n-2", "elsewhere")
    city.kitchen(HOME, "c-1")
    city.near.send("provider.closed", provider_id="n-2", reason="no_water")
    await city.rest()
    assert (city.state(), city.home.seats("c-1")[1]) == ("assigned", 1)
    assert city.near.state.guests == {}


async def test_an_order_that_lost_its_kitchen_at_home_is_asked_elsewhere_before_a_human_is(city: City) -> None:
    city.kitchen(HOME, "c-1")
    city.kitchen(NEAR, "n-1")
    city.home.order("o-1")
    closed = city.home.send("provider.closed", provider_id="c-1", reason="no_water")
    assert ASKED in types(closed)
    await city.rest()
    assert (city.state(), city.near.seats("n-1")[1], city.home.seats("c-1")[1]) == ("elsewhere", 1, 0)


async def test_what_a_courier_reports_is_the_home_areas_and_a_guest_is_nobody_elses(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    city.home.order("o-1", service="delivery")
    await city.rest()
    guest_id = next(iter(city.near.state.guests))
    city.pass_time(26 * 3600)
    assert city.near.send("delivery.reported", order_id=guest_id, result="delivered").reason == "guest_order"
    assert city.near.send("order.cancelled", order_id=guest_id).reason == "guest_order"
    attempted = city.home.send("delivery.reported", order_id="o-1", result="no_answer")
    assert fact(attempted, "meals.delivery.attempted.v1")["lent_by"] == NEAR
    delivered = city.home.send("delivery.reported", order_id="o-1", result="delivered")
    assert fact(delivered, "meals.order.delivered.v1")["provider_id"] == "n-1"
    city.pass_time(6 * 3600)
    assert city.near.seats("n-1") == (1, 0, 1, 0), "cooked, so used"


async def test_an_operator_brings_an_order_home_and_the_neighbour_gets_its_portions_back(city: City) -> None:
    city.kitchen(NEAR, "n-1")
    city.home.order("o-1")
    await city.rest()
    city.kitchen(HOME, "c-1", metres=9000)
    overridden = city.home.send("order.overridden", order_id="o-1", provider_id="c-1", reason="家属要求")
    assert types(overridden) == [WITHDRAWN, "meals.order.reassigned.v1"]
    await city.rest()
    assert (city.state(), city.near.seats("n-1"), city.home.state.asks) == ("assigned", (2, 0, 0, 0), {})


async def test_the_subsidy_of_a_day_is_given_once_and_given_back_with_an_order_that_was_never_cooked(city: City) -> None:
    city.policy(HOME, "2", neighbours=[NEAR], meal_price_fen={"lunch": 2000})
    person = {"person_id": "p-1", "age": 85, "categories": ["registered"]}
    first = fact(city.home.order("o-1", **person), ASKED)
    second = fact(city.home.order("o-2", **person), ASKED)
    assert (first["subsidy_fen"], second["subsidy_fen"]) == (300, 0)
    await city.rest()
    city.home.tick(city.home.state.orders["o-1"].closes_ms)
    assert city.home.state.subsidised["2026-11-23"]["p-1"] == 0


async def test_what_is_away_survives_a_snapshot(city: City) -> None:
    city.kitchen(NEAR, "n-1", 1)
    city.held_back = frozenset({"meals.neighbour.withdrawn.v1"})
    city.home.order("o-1")
    city.home.order("o-2", service="delivery")
    await city.rest()
    city.home.order("o-3")
    for world in (city.home, city.near):
        rows = list(core.dump(DOMAIN, world.area))
        loaded = core.load(DOMAIN, orjson.loads(orjson.dumps(rows)))
        assert orjson.dumps(list(core.dump(DOMAIN, loaded))) == orjson.dumps(rows)
        DOMAIN.check_all(loaded.domain)
