"""A child booked away from home rests on its home area's books: asked, answered and settled by event, each delivered at least once."""

from pathlib import Path
from typing import Any

import orjson
import pytest

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
from tests.agents.childcare.world import DAY, World, fact, types
from tests.agents.world import at

HERE, HOME = "310106", "310101"
PARTITIONS = 6
ADAPTER = event_adapter("childcare")[0]
ROUTES = routes_from("childcare", ("childcare",))


class City:
    """Two areas, their journals' reactor, and the events it hands over; every handed event is delivered twice."""

    def __init__(self, path: Path) -> None:
        self.worlds = {area: World(area=area) for area in (HERE, HOME)}
        self.log = MemoryEventLog(PARTITIONS, lambda: 1_000)
        self._heard = [0] * PARTITIONS
        self._told = dict.fromkeys(self.worlds, 0)
        self._seq = 0
        config = ReactorConfig("", b"0123456789abcdef0123456789abcdef", path / "told.jsonl", ("childcare",))
        self.reactor = Reactor(
            "childcare", config, events=MemoryEventLog(PARTITIONS, lambda: 1_000), quarantine=MemoryQuarantine(),
            notifier=JsonLinesNotifier(path / "told.jsonl"), routes=ROUTES, outlets={"childcare": self.log},
        )  # fmt: skip
        self.worlds[HERE].policy(services={"care": {"price_fen": {"drop_in": 4000}}})
        self.worlds[HERE].house()

    @property
    def here(self) -> World:
        return self.worlds[HERE]

    @property
    def home(self) -> World:
        return self.worlds[HOME]

    async def rest(self) -> list[Decision]:
        """React to what was decided and answer what was handed over, until nothing more comes of it; returns the answers."""
        made: list[Decision] = []
        for _ in range(20):
            for area, world in self.worlds.items():
                fresh, self._told[area] = world.decisions[self._told[area] :], len(world.decisions)
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
                event = ADAPTER.validate_json(record.value)
                found.append(Received(event, digest_of(parsed), self.worlds[event.area].now_ms))
            self._heard[partition] = len(records)
        return found

    async def book(self, booking_id: str = "b-1", **more: Any) -> None:
        asked = self.here.book(booking_id, "s-1-am", home_area=HOME, **({"child_id": "k"} | more))
        assert types(asked) == ["quota.asked"]
        await self.rest()

    def state(self, booking_id: str = "b-1") -> tuple[str, int]:
        booking = self.here.state.bookings[booking_id]
        return booking.state.value, booking.free_units

    def pass_time(self, now: str) -> None:
        for world in self.worlds.values():
            world.tick(at(now))


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


async def test_a_booking_elsewhere_is_free_by_the_home_areas_books_and_its_use_is_settled_there(city: City) -> None:
    await city.book()
    assert city.state() == ("confirmed", 1)
    assert (city.home.left("k"), city.here.left("k")) == ((0, 1), (0, 0))
    city.pass_time(f"{DAY} 09:00")
    city.here.send("child.checked_in", booking_id="b-1", by="p")
    await city.rest()
    assert city.home.left("k") == (1, 0)


async def test_a_booking_given_up_in_time_gives_the_unit_back_at_home(city: City) -> None:
    await city.book()
    city.here.send("booking.cancelled", booking_id="b-1")
    await city.rest()
    assert city.home.left("k") == (0, 0)


async def test_what_is_used_up_at_home_is_charged_here(city: City) -> None:
    city.home.policy(services={"care": {"free_per_year": 0}})
    await city.book()
    assert city.state() == ("held", 0)
    assert city.here.state.bookings["b-1"].price_fen == 4000


async def test_an_answer_that_comes_after_the_provisional_charge_reprices_the_booking(city: City) -> None:
    city.here.book("b-1", "s-1-am", home_area=HOME, child_id="k")
    city.pass_time("2026-11-22 09:02")
    assert city.state() == ("held", 0)
    made = await city.rest()
    repriced = [one for one in made if "booking.repriced" in types(one)]
    assert [fact(one, "booking.repriced")["price_fen"] for one in repriced] == [0]
    assert city.home.left("k") == (0, 1)


async def test_every_handed_event_carries_cause_and_chain_and_is_a_repeat_the_second_time(city: City) -> None:
    await city.book()
    first, second = [one for one in city.home.decisions if one.event_type == "childcare.quota.reserve_requested.v1"]
    asked = next(one for one in city.here.decisions if types(one) == ["quota.asked"])
    assert (first.repeat, second.repeat, second.facts) == (False, True, [])
    assert first.correlationid == asked.event_id
    records = [orjson.loads(one.value or b"") for partition in range(PARTITIONS) for one in city.log.records(partition)]
    causes = {one["type"]: (one["actor"], one["source"], one["causationid"]) for one in records}
    assert causes["childcare.quota.reserve_requested.v1"] == ("system:handover", "/laoxiao/childcare/quota_question", asked.event_id)
    assert causes["childcare.quota.answered.v1"] == ("system:handover", "/laoxiao/childcare/quota_answer", first.event_id)


async def test_thirteen_bookings_in_two_areas_are_never_thirteen_free(city: City) -> None:
    """Q01, Q03: the other area asks while the home area books; the home area's order decides, and it gives twelve."""
    offered = [
        {"session_id": f"x-{n}", "start": f"{DAY}T{8 + n:02}:00:00+08:00", "end": f"{DAY}T{8 + n:02}:50:00+08:00",
         "mode": "drop_in", "seats": 10, "staff": 4} for n in range(13)
    ]  # fmt: skip
    for area, world in city.worlds.items():
        world.site(f"many-{area}")
        world.publish(f"many-{area}", *[one | {"session_id": f"{one['session_id']}-{area}"} for one in offered])
    for number in range(13):
        area = (HERE, HOME)[number % 2]
        city.worlds[area].book(f"b-{number}", f"x-{number}-{area}", child_id="k", home_area=HOME)
    await city.rest()
    free = sum(booking.free_units for world in city.worlds.values() for booking in world.state.bookings.values())
    assert free == 12
    assert city.home.left("k") == (0, 12)
