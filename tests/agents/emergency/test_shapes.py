"""The shared shapes built here: obligations and responders, each against the plainest thing that could be right."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.shared import responders
from agents.shared.deadlines import Deadlines
from agents.shared.explanation import Considered
from agents.shared.nearest import Point
from agents.shared.obligation import Obligations, rung
from agents.shared.responders import Ask, Found, Unit, Units
from agents.shared.travel import Travel, Way
from schemas.emergency_reasons import EmergencyRule

WAYS = {"nurse": Way("ebike", 420, 300_000), "car": Way("car", 600, 60_000)}
TRAVEL = Travel(130, WAYS, Way("walk", 130, 300_000))


def test_every_rule_of_the_shape_is_a_word_of_the_domain() -> None:
    rules = {value for name, value in vars(responders).items() if name.startswith("R_")}
    assert rules <= {rule.value for rule in EmergencyRule}


def test_an_obligation_is_due_missed_rung_by_rung_and_mended_by_evidence() -> None:
    deadlines = Deadlines()
    owed = Obligations("visit", deadlines)
    owed.expect("p-1", 1000, 0, 1000)
    assert deadlines.due(999) is None
    assert deadlines.due(1000) == "visit|p-1"
    level, wait_ms = rung((10, 20), 0)
    owed.missed("p-1", level, 1000 + wait_ms)
    assert (owed.missing, deadlines.first()) == (1, (1010, "visit|p-1"))
    assert rung((10, 20), 1) == (2, 20)
    assert rung((10, 20), 2) == (2, 20)
    assert rung((10,), 2) == (2, 10), "a ladder that policy made shorter pulls nobody down"
    owed.seen("p-1", 1005, 2005)
    assert (owed.missing, deadlines.first()) == (0, (2005, "visit|p-1"))
    owed.end("p-1")
    assert (len(owed), deadlines.first()) == (0, None)
    owed.end("p-1")


def test_a_ladder_is_never_jumped() -> None:
    owed = Obligations("visit", Deadlines())
    owed.expect("p-1", 1000, 0, 1000)
    with pytest.raises(AssertionError):
        owed.missed("p-1", 2, 5000)


def test_obligations_come_back_from_their_rows() -> None:
    deadlines = Deadlines()
    owed, again = Obligations("visit", deadlines), Obligations("visit", deadlines)
    owed.expect("p-1", 1000, 0, 1000)
    owed.expect("p-2", 1000, 0, 1000)
    owed.missed("p-2", 1, 5000)
    for about, window_ms, seen_ms, level in owed.dump():
        again.load(str(about), int(str(window_ms)), int(str(seen_ms)), int(str(level)))
    assert list(again.dump()) == list(owed.dump())
    assert again.missing == 1


def naive(units: Units, ask: Ask, now_ms: int) -> str | None:
    """Look at every unit: the soonest that no rule rules out, else the soonest in rest or reserved."""
    fit: list[tuple[int, int, str]] = []
    rest: list[tuple[int, int, str]] = []
    for unit in units.by_id.values():
        distance_m = ask.point.distance_m(unit)
        if distance_m > ask.within_m:
            continue
        travel_s = units.travel.travel_s(unit.kind, distance_m)
        rule = units.ruled_out(unit, ask, travel_s, now_ms)
        if rule in (None, "planned_work") or (rule == "in_rest" and ask.rest_last):
            (fit if rule is None else rest).append((travel_s, distance_m, unit.place_id))
    if fit:
        return min(fit)[2]
    return min(rest)[2] if rest else None


def place(rng: random.Random) -> tuple[float, float]:
    return round(31.23 + rng.uniform(-0.03, 0.03), 6), round(121.47 + rng.uniform(-0.03, 0.03), 6)


def filled(rng: random.Random, count: int) -> Units:
    units = Units(TRAVEL)
    for number in range(count):
        skills = rng.choice(((), ("a",), ("a", "b"), ("b",)))
        kind, max_travel_s = rng.choice(("nurse", "car", "odd")), rng.choice((None, 200, 900))
        units.enlist(f"u-{number}", kind, place(rng), skills=skills, max_travel_s=max_travel_s, now_ms=0)
    return units


def step(units: Units, unit: Unit, rng: random.Random, now_ms: int) -> None:
    """Something happens to a unit."""
    match rng.randrange(5):
        case 0 | 1:
            units.locate(unit, *place(rng), now_ms)
        case 2:
            units.report(unit, rng.choice(("available", "available", "available", "resting", "off", "en_route")))
        case 3 if unit.engaged is None:
            units.engage(unit, "k-1")
        case _ if unit.engaged is not None:
            units.disengage(unit, now_ms + rng.choice((0, 50_000)))
        case _ if rng.random() < 0.5:
            unit.reserved_from_ms, unit.reserved_until_ms = now_ms + rng.choice((0, 5000)), now_ms + rng.choice((0, 10_000, 10_000_000))
        case _:
            units.enlist(unit.place_id, rng.choice(("nurse", "car")), place(rng), skills=unit.skills, max_travel_s=None, now_ms=now_ms)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), count=st.sampled_from((3, 40, 150)))
@example(seed=979, count=150)
def test_the_search_finds_whom_looking_at_everybody_finds(seed: int, count: int) -> None:
    rng = random.Random(seed)
    units, now_ms = filled(rng, count), 1_000_000
    everybody = list(units.by_id.values())
    for unit in everybody:
        units.report(unit, "available")
        units.locate(unit, *place(rng), now_ms)
    for _ in range(6 * count):
        now_ms += rng.choice((0, 100, 2000))
        units.age(now_ms)
        step(units, rng.choice(everybody), rng, now_ms)
    assert all(map(units.sound, everybody))
    for skills in ((), ("a",), ("a", "b"), ("z",)):
        for within_m, rest_last in ((1000, True), (5000, True), (5000, False)):
            excluded = {unit.place_id: "declined_before" for unit in rng.sample(everybody, 2)}
            ask = Ask(Point(*place(rng)), skills, within_m, excluded, rest_last)
            found = units.nearest_fit(ask, now_ms, Considered())
            assert (found.unit.place_id if isinstance(found, Found) else None) == naive(units, ask, now_ms)


def test_another_policy_judges_who_is_fresh_anew() -> None:
    units = Units(TRAVEL)
    units.enlist("u", "nurse", (31.23, 121.47), skills=(), max_travel_s=None, now_ms=0)
    unit = units.by_id["u"]
    units.report(unit, "available")
    units.locate(unit, 31.23, 121.47, 0)
    units.age(300_001)
    assert unit.shelf is None
    units.travel_by(Travel(130, {"nurse": Way("ebike", 420, 900_000)}, TRAVEL.other), 300_001)
    assert unit.shelf is not None
    assert units.sound(unit)


def test_a_unit_is_on_one_case_at_a_time() -> None:
    units = Units(TRAVEL)
    units.enlist("u", "nurse", (31.23, 121.47), skills=(), max_travel_s=None, now_ms=0)
    units.engage(units.by_id["u"], "k-1")
    with pytest.raises(AssertionError):
        units.engage(units.by_id["u"], "k-2")
