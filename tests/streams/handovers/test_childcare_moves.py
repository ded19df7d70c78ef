"""A child that moves between areas in mid-year has one account of free sessions (Q01), whichever word comes first, twice or late."""

from itertools import pairwise
from pathlib import Path
from random import Random
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
from tests.agents.childcare.world import World, fact, types
from tests.agents.world import at

A, B, C = "310101", "310106", "310115"
LIMIT = 12
PARTITIONS = 6
ADAPTER = event_adapter("childcare")[0]


class City:
    """Three areas with many sessions each. What they hand over is on its way until somebody lets it arrive."""

    def __init__(self, path: Path) -> None:
        self.worlds = {area: World(area=area) for area in (A, B, C)}
        self.log = MemoryEventLog(PARTITIONS, lambda: 1_000)
        self._heard = [0] * PARTITIONS
        self._told = dict.fromkeys(self.worlds, 0)
        self._count = 0
        config = ReactorConfig("", b"0123456789abcdef0123456789abcdef", path / "told.jsonl", ("childcare",))
        self._reactor = Reactor(
            "childcare", config, events=MemoryEventLog(PARTITIONS, lambda: 1_000), quarantine=MemoryQuarantine(),
            notifier=JsonLinesNotifier(path / "told.jsonl"), routes=routes_from("childcare", ("childcare",)),
            outlets={"childcare": self.log},
        )  # fmt: skip
        for area, world in self.worlds.items():
            world.policy(services={"care": {"price_fen": {"drop_in": 4000}, "horizon_days": 14}})
            world.site(f"s-{area}")
            world.publish(f"s-{area}", *[_session(area, day, hour) for day in range(24, 29) for hour in range(10)])

    async def sent(self) -> list[Received]:
        """What the areas have handed over since."""
        for area, world in self.worlds.items():
            fresh, self._told[area] = world.decisions[self._told[area] :], len(world.decisions)
            for decision in fresh:
                self._count += 1
                decided = Decided(0, self._count, 1, 7, (decision,), ())
                await self._reactor.react([Judged(0, self._count, b"", decided, valid=True)])
        found: list[Received] = []
        for partition in range(PARTITIONS):
            records = self.log.records(partition)
            for record in records[self._heard[partition] :]:
                parsed = orjson.loads(record.value or b"")
                assert partition == home_partition(parsed["area"], PARTITIONS), "at its own home"
                event = ADAPTER.validate_json(record.value or b"")
                found.append(Received(event, digest_of(parsed), self.worlds[event.area].now_ms))
            self._heard[partition] = len(records)
        return found

    def arrive(self, item: Received) -> Decision:
        return self.worlds[item.event.area].take(item)

    async def rest(self) -> None:
        """Everything arrives, each twice."""
        for _ in range(30):
            arrived = await self.sent()
            if not arrived:
                return
            for item in [*arrived, *arrived]:
                self.arrive(item)
        raise AssertionError("the areas never come to rest")

    def lives(self, area: str, version: int, came_from: str | None = None, *, here: bool = True) -> Decision:
        data: dict[str, Any] = {"child_id": "k", "version": version, "at_home": here}
        return self.worlds[area].send("child.registered", **(data if came_from is None else data | {"moved_from": came_from}))

    def book(self, area: str, hours: int = 1, **more: Any) -> list[Decision]:
        """So many sessions in this area, none of them taken before."""
        made = []
        for _ in range(hours):
            self._count += 1
            number = sum(1 for one in self.worlds[area].decisions if one.event_type == "childcare.booking.requested.v1")
            session_id = f"{area}-{24 + number // 10}-{number % 10}"
            made.append(self.worlds[area].book(f"b-{area}-{self._count}", session_id, child_id="k", **more))
        return made

    def free(self) -> int:
        """What the child has free, promised or used, over all areas."""
        return sum(sum(world.left("k")) for world in self.worlds.values())


def _session(area: str, day: int, hour: int) -> dict[str, Any]:
    times = {"start": f"2026-11-{day}T{8 + hour:02}:00:00+08:00", "end": f"2026-11-{day}T{8 + hour:02}:50:00+08:00"}
    return {"session_id": f"{area}-{day}-{hour}", **times, "mode": "drop_in", "seats": 10, "staff": 4}


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


def freed(decisions: list[Decision]) -> int:
    """How many of these bookings are free."""
    return sum(reasoned.fact.type == "childcare.booking.confirmed.v1" for one in decisions for reasoned in one.facts)


async def test_the_new_home_goes_on_with_what_the_old_one_counted(city: City) -> None:
    city.lives(A, 1)
    assert freed(city.book(A, 7)) == 7
    asked = city.lives(B, 2, A)
    assert types(asked) == ["child.home_recorded", "account.asked"]
    await city.rest()
    assert freed(city.book(B, 7)) == 5
    assert city.free() == LIMIT
    refused = city.book(A)[0]
    assert (refused.reason, city.worlds[A].state.homes["k"]) == ("not_at_home_here", (2, False))


async def test_until_the_old_area_has_answered_nothing_is_free_and_when_it_is_overdue_a_human_is_told(city: City) -> None:
    city.lives(A, 1)
    city.lives(B, 2, A)
    waiting = city.book(B)[0]
    assert (waiting.reason, waiting.why is not None and waiting.why["known"]) == ("not_at_home_here", "moving")
    told = city.worlds[B].tick(at("2026-11-22 09:02"))
    (task,) = [one.model_dump() for one in told if one.type == "task.opened.v1"]
    assert (task["kind"], task["about"], task["detail"]["home_area"]) == ("quota_undecided", "account|k", A)
    city.worlds[B].send("task.completed.v1", domain="childcare", task_id=task["task_id"], result="called_them")
    again = city.worlds[B].tick(at("2026-11-22 11:00"))
    assert [one.type for one in again].count("task.opened.v1") == 1
    await city.rest()
    assert not city.worlds[B].state.tasks
    assert freed(city.book(B)) == 1


async def test_the_old_areas_own_word_of_the_register_may_come_before_the_question_or_after(city: City) -> None:
    city.lives(A, 1)
    city.book(A, 3)
    city.lives(A, 2, here=False)
    city.lives(B, 2, A)
    await city.rest()
    assert city.lives(A, 2, here=False).reason == "stale_version"
    assert freed(city.book(B, 12)) == 9


async def test_a_child_that_moves_back_finds_its_account_with_all_that_was_counted(city: City) -> None:
    city.lives(A, 1)
    city.book(A, 4)
    city.lives(B, 2, A)
    await city.rest()
    city.book(B, 5)
    city.lives(A, 3, B)
    await city.rest()
    assert freed(city.book(A, 5)) == 3
    assert city.free() == LIMIT


async def test_a_child_back_before_the_question_came_keeps_its_account_and_the_question_is_overtaken(city: City) -> None:
    city.lives(A, 1)
    city.book(A, 4)
    city.lives(B, 2, A)
    late = await city.sent()
    city.lives(A, 3, B)
    await city.rest()
    assert [city.arrive(item).reason for item in late] == ["account_overtaken"]
    assert freed(city.book(A, 12)) == 8
    assert freed(city.book(B)) == 0


async def test_two_moves_in_a_row_hand_the_account_on_through_an_area_that_still_waits_for_it(city: City) -> None:
    city.lives(A, 1)
    city.book(A, 4)
    city.lives(B, 2, A)
    first = await city.sent()
    city.lives(C, 3, B)
    (second,) = await city.sent()
    assert types(city.arrive(second)) == ["child.home_recorded", "account.deferred", "account.asked"]
    for item in first:
        city.arrive(item)
    await city.rest()
    assert freed(city.book(C, 12)) == 8
    assert freed(city.book(B)) == 0


async def test_an_area_asked_for_an_account_that_it_handed_on_asks_for_it_back(city: City) -> None:
    """A to B, back to A, on to C; A hears of C before it hears that the child was back."""
    city.lives(A, 1)
    city.lives(B, 2, A)
    await city.rest()
    city.book(B, 5)
    city.lives(C, 4, A)
    (question,) = await city.sent()
    assert types(city.arrive(question)) == ["child.home_recorded", "account.deferred", "account.asked"]
    await city.rest()
    assert city.lives(A, 3, B).reason == "stale_version"
    assert freed(city.book(C, 12)) == 7
    assert freed(city.book(B)) == 0


async def test_what_is_given_back_where_the_child_lived_before_is_free_nowhere(city: City) -> None:
    city.lives(A, 1)
    booking_id = fact(city.book(A)[0], "booking.confirmed")["booking_id"]
    city.lives(B, 2, A)
    await city.rest()
    city.worlds[A].send("booking.cancelled", booking_id=booking_id)
    assert freed(city.book(B, 12)) == 11


async def test_a_register_that_does_not_say_whence_asks_whoever_has_the_account(city: City) -> None:
    city.lives(A, 1)
    city.lives(B, 2, A)
    await city.rest()
    city.book(B, 12)
    assert fact(city.lives(A, 3), "account.asked")["home_area"] == B
    await city.rest()
    assert freed(city.book(A)) == 0


async def test_a_question_that_comes_before_the_word_that_the_child_lived_there_waits_for_it(city: City) -> None:
    city.lives(A, 1)
    city.book(A, 4)
    city.lives(C, 3, B)
    (question,) = await city.sent()
    assert types(city.arrive(question)) == ["child.home_recorded", "account.deferred"]
    assert freed(city.book(C)) == 0
    assert types(city.lives(B, 2, A)) == ["account.asked"]
    await city.rest()
    assert freed(city.book(C, 12)) == 8


async def test_a_child_no_register_spoke_of_before_is_vouched_for_by_a_word_of_any_version(city: City) -> None:
    assert freed(city.book(A, 4)) == 4
    city.lives(B, 2, A)
    await city.rest()
    assert freed(city.book(B)) == 0
    assert types(city.lives(A, 1)) == ["account.opened", "account.handed"]
    await city.rest()
    assert freed(city.book(B, 12)) == 8


async def test_what_was_asked_and_not_answered_is_asked_by_whoever_is_handed_the_account(city: City) -> None:
    """The register forgot whence the child came to B, put that right, and the child moved on before A had answered."""
    city.lives(A, 1)
    city.book(A, 8)
    city.lives(B, 2)
    assert fact(city.lives(B, 3, A), "account.asked")["held"] is True
    late = await city.sent()
    city.lives(C, 4, B)
    (question,) = await city.sent()
    assert fact(city.arrive(question), "account.handed")["uncounted"] == (A,)
    (answer,) = await city.sent()
    opened = city.arrive(answer)
    assert types(opened) == ["account.opened", "account.asked"]
    assert (fact(opened, "account.asked")["home_area"], fact(opened, "account.asked")["held"]) == (A, True)
    assert freed(city.book(C)) == 0
    for item in late:
        city.arrive(item)
    await city.rest()
    assert freed(city.book(C, 12)) == 4


async def test_areas_that_asked_each_other_are_each_asked_once(city: City) -> None:
    """A asks B what it counted, B asks A, and C has the account from B: it asks A, and not B again, of which A has heard nothing."""
    city.lives(A, 1)
    city.book(A, 3)
    city.lives(B, 2)
    city.book(B, 2)
    city.lives(A, 3, B)
    city.lives(B, 4, A)
    late = await city.sent()
    city.lives(C, 5, B)
    await city.rest()
    for item in late:
        city.arrive(item)
    await city.rest()
    assert not city.worlds[C].state.tasks
    assert freed(city.book(C, 12)) == 7


async def test_an_answer_nobody_waits_for_changes_nothing(city: City) -> None:
    city.lives(A, 1)
    answer = city.worlds[A].send("account.answered", request_id="r-1", child_id="k", counted=[])
    assert (answer.reason, types(answer)) == ("unknown_account_request", [])


@pytest.mark.parametrize("seed", range(40))
async def test_in_any_order_of_moves_questions_and_bookings_the_year_has_twelve(city: City, seed: int) -> None:
    """A register's words reach the areas in any order, late or twice; what areas tell each other too. Bookings in between, everywhere."""
    rng = Random(seed)
    homes = [A]
    while len(homes) < 6:
        homes.append(rng.choice([area for area in (A, B, C) if area != homes[-1]]))
    words: list[tuple[str, int, str | None, bool]] = [(B, 1, None, False), (C, 1, None, False)]
    for version, (before, now) in enumerate(pairwise(homes), 2):
        words += [(now, version, before, True), (before, version, None, False)]
    city.lives(A, 1)
    for area, version, _, here in words[:2]:
        city.lives(area, version, here=here)
    words = sorted(words[2:], key=lambda word: word[1] + rng.uniform(0, 3))
    on_their_way: list[Received] = []
    while words or on_their_way:
        on_their_way += await city.sent()
        draw = rng.random()
        if draw < 0.3 and words:
            area, version, came_from, here = words.pop(0)
            city.lives(area, version, came_from, here=here)
        elif draw < 0.6 and on_their_way:
            item = on_their_way[rng.randrange(len(on_their_way))]
            city.arrive(item)
            if rng.random() < 0.7:
                on_their_way.remove(item)
        else:
            area = rng.choice((A, B, C))
            if len([one for one in city.worlds[area].decisions if one.event_type == "childcare.booking.requested.v1"]) < 48:
                city.book(area)
        if not words:
            on_their_way += await city.sent()
        assert city.free() <= LIMIT
    await city.rest()
    last = homes[-1]
    city.book(last, 50 - len([one for one in city.worlds[last].decisions if one.event_type == "childcare.booking.requested.v1"]))
    assert city.free() == LIMIT, "and what is left is to be had where the child lives"


@pytest.mark.parametrize("seed", range(40))
async def test_in_any_order_of_questions_a_register_that_forgets_whence_and_puts_it_right_loses_no_count(city: City, seed: int) -> None:
    """The words come in their order, what areas tell each other in any, late or twice. All was booked where the child lived first."""
    rng = Random(seed)
    first = rng.randrange(1, LIMIT)
    city.lives(A, 1)
    for area in (B, C):
        city.lives(area, 1, here=False)
    assert freed(city.book(A, first)) == first
    words: list[tuple[str, int, str | None, bool]] = []
    home = A
    for move in range(2, 7):
        before, home = home, rng.choice([area for area in (A, B, C) if area != home])
        came = [(home, 10 * move, None, True), (home, 10 * move + 1, before, True)]
        words += [*(came if rng.random() < 0.5 else came[1:]), (before, 10 * move + 1, None, False)]
    on_their_way: list[Received] = []
    while words or on_their_way:
        on_their_way += await city.sent()
        if words and rng.random() < 0.4:
            area, version, came_from, here = words.pop(0)
            city.lives(area, version, came_from, here=here)
        elif on_their_way:
            item = on_their_way[rng.randrange(len(on_their_way))]
            city.arrive(item)
            if rng.random() < 0.7:
                on_their_way.remove(item)
        if not words:
            on_their_way += await city.sent()
    await city.rest()
    for area in (A, B, C):
        assert freed(city.book(area, LIMIT)) == (LIMIT - first if area == home else 0)
