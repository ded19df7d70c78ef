"""The played day of emergencies: the same everywhere, of the sources' mix, and everything a call centre meets is in it."""

from collections import Counter
from itertools import pairwise

import orjson
import pytest

from infra.scenario.district import load_district
from infra.scenario.emergency.calls import scripts
from infra.scenario.emergency.day import rehearsed
from infra.scenario.emergency.grid import along, way_m
from infra.scenario.emergency.world import build_world
from infra.scenario.plan import DayPlan
from infra.scenario.words import Item
from schemas.codec import Rejection, decode_record
from schemas.topics import DOMAINS

PLAN = DayPlan(scale=0.1, domains=("emergency",))
AREA = "3101"
ON = pytest.mark.skipif("emergency" not in DOMAINS, reason="emergency is not switched on yet: the codec does not know its events")


@pytest.fixture(scope="module")
def day() -> tuple[Item, ...]:
    """A tenth of 静安's day."""
    return rehearsed(PLAN, AREA)


@ON
def test_the_same_plan_gives_the_same_bytes_and_another_seed_another_day(day: tuple[Item, ...]) -> None:
    rehearsed.cache_clear()
    assert rehearsed(PLAN, AREA) == day
    assert rehearsed(DayPlan(scale=0.1, domains=("emergency",), seed="other"), AREA) != day


@ON
def test_every_message_is_taken_but_those_of_which_no_call_can_be_made(day: tuple[Item, ...]) -> None:
    for item in day:
        value = item.raw if item.raw is not None else orjson.dumps(item.event)
        rejected = any(isinstance(one, Rejection) for one in decode_record("emergency", AREA.encode(), value, item.at_ms))
        assert rejected == (item.raw is not None), item.kind


@ON
def test_the_calls_are_in_the_proportion_of_the_source() -> None:

    plan = DayPlan(domains=("emergency",))
    kinds = Counter(one.kind for one in scripts(plan, build_world(plan, load_district("310106"))))
    # E-R11: 75 emergencies, 127 other help, 1,919 consultations, 75 taxis, 13 registrations.
    assert kinds["consultation"] / kinds["emergency"] == pytest.approx(1919 / 75, rel=0.1)
    assert kinds["help"] / kinds["emergency"] == pytest.approx(127 / 75, rel=0.15)
    assert kinds["taxi"] == kinds["emergency"]


@ON
def test_the_day_holds_what_a_call_centre_meets(day: tuple[Item, ...]) -> None:
    kinds = Counter(item.kind for item in day)
    for kind in (
        "policy", "responder", "coverage", "device", "heartbeat", "status", "position", "answer", "triage", "acceptance", "decline",
        "arrival", "check_in", "handover", "contact", "close", "callback", "duplicate", "call_silent", "call_fall", "call_smoke",
        "call_unanswered", "call_odd_channel", "call_odd_position", "call_stranger",
    ):  # fmt: skip
        assert kinds[kind] > 0, kind
    assert kinds["call_repeated"] == 7


@ON
def test_nobody_says_where_it_is_more_often_than_needed_and_devices_four_times_a_day(day: tuple[Item, ...]) -> None:
    seen: dict[str, list[int]] = {}
    for item in day:
        if item.kind in ("position", "heartbeat") and item.event is not None:
            data = item.event["data"]
            seen.setdefault(data.get("responder_id") or data["device_id"], []).append(item.at_ms)
    for name, times in seen.items():
        gaps = [after - before for before, after in pairwise(times)]
        assert all(gap >= (6 * 3_600_000 if name.startswith("syn-d-") else 1) for gap in gaps), name
        assert len(times) <= (9 if name.startswith("syn-d-") else 700), name


def test_a_way_through_the_grid_goes_east_first_and_ends_where_it_should() -> None:
    start, end = (31.23, 121.45), (31.24, 121.46)
    whole = way_m(start, end)
    assert along(start, end, whole + 50) == end
    middle = along(start, end, whole / 3)
    assert middle[0] == start[0]
    assert start[1] < middle[1] < end[1]
    assert way_m(start, middle) == pytest.approx(whole / 3, abs=1)
