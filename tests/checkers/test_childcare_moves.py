"""Q01 over areas as the checkers see it: a child that moved, right; and each way in which its account could go wrong, caught."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.checkers.childcare.model import MODEL
from infra.checkers.childcare.moves import MovedAccounts
from infra.checkers.childcare.quotas import FreeUnits
from infra.checkers.fold import fold
from infra.checkers.logs import Logs, judge
from schemas import journal
from schemas.decisions import Decision
from schemas.journal import Clock, Opened
from tests.agents.childcare.world import World, fact, session
from tests.checkers.planting import add_fact, change_fact, drop_facts, find

OLD, NEW, THIRD = "310101", "310106", "310115"
CONFIRMED = "childcare.booking.confirmed.v1"
HANDED, ACCOUNT_OPENED = "childcare.account.handed.v1", "childcare.account.opened.v1"
COUNTED = "childcare.account.counted.v1"


@pytest.fixture
def moved() -> Logs:
    """A child with two of its three free sessions used up before it moves, and three more bookings after: one is free."""
    old, new = World(area=OLD), World(area=NEW)
    for world in (old, new):
        world.policy(services={"care": {"free_per_year": 3}})
        world.site("s")
        world.publish("s", *(session(f"h-{hour}", f"{hour:02}:00", f"{hour:02}:50") for hour in range(8, 14)))
    old.send("child.registered", child_id="k", version=1, at_home=True)
    for hour in (8, 9):
        old.book(f"b-{hour}", f"h-{hour}", child_id="k")
    move(old, new)
    for hour in (10, 11, 12):
        new.book(f"b-{hour}", f"h-{hour}", child_id="k")
    return logs_of(old, new)


def move(old: World, new: World) -> None:
    """The child ``k`` moves; its account arrives, and a second passes."""
    new.now_ms = max(old.now_ms, new.now_ms)
    asked = fact(new.send("child.registered", child_id="k", version=2, at_home=True, moved_from=OLD), "account.asked")
    question = {name: asked[name] for name in ("request_id", "child_id", "version", "held", "asking_area")}
    old.now_ms = new.now_ms = new.now_ms + 1_000
    handed = fact(old.send("account.requested", **question), "account.handed")
    old.now_ms = new.now_ms = new.now_ms + 1_000
    new.send("account.answered", **{name: handed[name] for name in ("request_id", "child_id")}, counted=list(handed["counted"]))
    new.now_ms += 1_000


@pytest.fixture
def unheard() -> Logs:
    """A child whose register forgot that it came to the second area from the first; it moved on to the third before the first had said what
    it counted: two of the three free sessions. The third asks the first, and what the second had asked comes late."""
    worlds = {area: World(area=area) for area in (OLD, NEW, THIRD)}
    for world in worlds.values():
        world.policy(services={"care": {"free_per_year": 3}})
        world.site("s")
        world.publish("s", *(session(f"h-{hour}", f"{hour:02}:00", f"{hour:02}:50") for hour in range(8, 14)))
    first, second, third = worlds.values()
    first.send("child.registered", child_id="k", version=1, at_home=True)
    for hour in (8, 9):
        first.book(f"b-{hour}", f"h-{hour}", child_id="k")
    second.send("child.registered", child_id="k", version=2, at_home=True)
    late = fact(second.send("child.registered", child_id="k", version=3, at_home=True, moved_from=OLD), "account.asked")
    asked = fact(third.send("child.registered", child_id="k", version=4, at_home=True, moved_from=NEW), "account.asked")
    anew = fact(answer(third, fact(question(second, asked), "account.handed")), "account.asked")
    answer(third, fact(question(first, anew), "account.handed"))
    answer(second, fact(question(first, late), "account.counted"))
    for hour in (10, 11, 12):
        third.book(f"b-{hour}", f"h-{hour}", child_id="k")
    return logs_of(*worlds.values())


def question(world: World, asked: dict[str, Any]) -> Decision:
    """The question arrives, a second later."""
    world.now_ms += 1_000
    return world.send("account.requested", **{name: asked[name] for name in ("request_id", "child_id", "version", "held", "asking_area")})


def answer(world: World, told: dict[str, Any]) -> Decision:
    """The answer arrives, two seconds later."""
    world.now_ms += 2_000
    lists: dict[str, Any] = {name: list(told[name]) for name in ("counted", "uncounted")}
    return world.send("account.answered", request_id=told["request_id"], child_id=told["child_id"], **lists)


def logs_of(*worlds: World) -> Logs:
    """What these areas decided, as one journal."""
    raw: list[tuple[int, int, bytes | None]] = [(0, 0, journal.encode(Opened("test", Clock.WALL)))]
    for number, decision in enumerate([one for world in worlds for one in world.decisions], 1):
        raw.append((0, number, journal.encode(journal.Decided(0, number, 0, number - 1, (decision,)))))
    return Logs(inputs=[], journal=judge(raw), domain="childcare")


def seen(logs: Logs) -> list[str]:
    eyes = [FreeUnits(), MovedAccounts()]
    fold(logs, MODEL, eyes)
    return [one.sentence for eye in eyes for one in eye.found]


def test_a_move_as_it_should_be_is_not_complained_of(moved: Logs) -> None:
    assert not seen(moved)
    _, opened = find(moved, ACCOUNT_OPENED)
    assert opened["counted"] == [{"area": OLD, "service": "care", "year": 2026, "units": 2}]
    _, last = find(moved, CONFIRMED, of("b-10"))
    assert (last["free_units"], last["quota_left"]) == (1, 0)


def test_units_reserved_for_another_area_and_given_back_before_the_move_are_free_where_the_child_lives_then() -> None:
    old, new = World(area=OLD), World(area=NEW)
    for world in (old, new):
        world.policy(services={"care": {"free_per_year": 1}})
        world.site("s")
        world.publish("s", session("h-8", "08:00", "08:50"))
    old.send("child.registered", child_id="k", version=1, at_home=True)
    wish: dict[str, Any] = {
        "request_id": "r-1", "booking_id": "b-1", "child_id": "k", "family_id": "f", "service": "care", "year": 2026, "units": 1,
        "asking_area": "310115", "settle_by": "2026-12-31T00:00:00+08:00",
    }  # fmt: skip
    assert fact(old.send("quota.reserve_requested", **wish), "quota.reserved")["units"] == 1
    old.now_ms += 1_000
    old.send("quota.settle_requested", request_id="r-1", booking_id="b-1", result="returned")
    move(old, new)
    booked = fact(new.book("b-2", "h-8", child_id="k"), "booking.confirmed")
    assert booked["free_units"] == 1
    assert not seen(logs_of(old, new))


def test_an_account_handed_on_with_too_little(moved: Logs) -> None:
    place, data = find(moved, HANDED)
    less = [data["counted"][0] | {"units": 1}]
    assert any("is handed on with" in one for one in seen(change_fact(moved, place, HANDED, anything, counted=less)))


def test_an_account_opened_with_less_than_was_handed_on(moved: Logs) -> None:
    place, _ = find(moved, ACCOUNT_OPENED)
    assert any("opens the account of k" in one for one in seen(change_fact(moved, place, ACCOUNT_OPENED, anything, counted=[])))


def test_a_place_given_free_before_the_old_area_has_answered(moved: Logs) -> None:
    silent = drop_facts(moved, lambda kind, _: kind == ACCOUNT_OPENED)
    assert any("booking b-10 has units, free, left" in one for one in seen(silent))


def test_the_old_area_that_goes_on_granting(moved: Logs) -> None:
    place, _ = find(moved, HANDED)
    _, booked = find(moved, CONFIRMED, of("b-9"))
    again = add_fact(moved, place, CONFIRMED, booked | {"booking_id": "b-x", "session_ids": ["h-13"], "session_id": "h-13"})
    assert any("booking b-x has units, free, left" in one for one in seen(again))
    assert any("free sessions over all areas, the most is 3" in one for one in seen(again))


def test_an_account_handed_on_twice(moved: Logs) -> None:
    place, data = find(moved, HANDED)
    assert any("is handed on twice" in one for one in seen(add_fact(moved, place, HANDED, data)))


def test_an_account_that_went_on_before_an_area_was_heard_is_right_once_that_was_asked(unheard: Logs) -> None:
    assert not seen(unheard)
    _, last = find(unheard, CONFIRMED, of("b-10"))
    assert (last["free_units"], last["quota_left"]) == (1, 0)


def test_an_account_handed_on_without_the_name_of_the_area_that_was_not_heard(unheard: Logs) -> None:
    place, _ = find(unheard, HANDED, to(THIRD, NEW))
    planted = change_fact(unheard, place, HANDED, to(THIRD, NEW), uncounted=[])
    assert any(f"that ['{OLD}'] did not count is not said" in one for one in seen(planted))


def test_an_account_opened_as_if_every_area_had_been_heard(unheard: Logs) -> None:
    place, _ = find(unheard, ACCOUNT_OPENED, lambda data: bool(data["home_area"] == NEW))
    planted = change_fact(unheard, place, ACCOUNT_OPENED, lambda data: bool(data["home_area"] == NEW), uncounted=[])
    assert any("and forgets that" in one for one in seen(planted))


def test_too_little_told_to_an_area_that_only_asks(unheard: Logs) -> None:
    place, _ = find(unheard, COUNTED)
    assert any("is handed on with {}" in one for one in seen(change_fact(unheard, place, COUNTED, anything, counted=[])))


def to(asking_area: str, home_area: str) -> Callable[[dict[str, Any]], bool]:
    return lambda data: bool(data["asking_area"] == asking_area and data["home_area"] == home_area)


def of(booking_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda data: bool(data["booking_id"] == booking_id)


def anything(_: dict[str, Any]) -> bool:
    return True
