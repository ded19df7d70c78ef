"""The played day: the same everywhere, valid but where it is broken on purpose, and of the shape of a real one."""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import orjson
import pytest

from infra.scenario.day import DayPlan, build_day, with_ticks
from infra.scenario.meals.day import build_worlds
from infra.scenario.packets import EVENTS_MAX, packets
from infra.scenario.words import Item, at
from schemas.codec import Rejection, decode_record

PLAN = DayPlan(domains=("meals",))
EVE = PLAN.day - timedelta(days=1)


@pytest.fixture(scope="module")
def day() -> list[Item]:
    """静安's whole day."""
    return build_day(PLAN)


def _orders(day: list[Item]) -> list[Item]:
    return [item for item in day if item.kind == "order"]


def test_the_same_seed_gives_the_same_bytes_under_any_hash_seed() -> None:
    code = (
        "import hashlib, orjson\n"
        "from infra.scenario.day import DayPlan, build_day\n"
        "items = build_day(DayPlan(districts=('310106', '310151'), scale=0.05, domains=('meals',)))\n"
        "rows = [[i.at_ms, i.kind, i.event, (i.raw or b'').hex(), i.stray] for i in items]\n"
        "print(hashlib.sha256(orjson.dumps(rows)).hexdigest())\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(said) == 1


def test_another_seed_gives_another_day() -> None:
    assert build_day(DayPlan(scale=0.05, domains=("meals",))) != build_day(DayPlan(scale=0.05, domains=("meals",), seed="other"))


def test_every_event_is_valid_and_every_broken_message_is_rejected(day: list[Item]) -> None:
    for item in day:
        value = item.raw if item.raw is not None else orjson.dumps(item.event)
        decoded = decode_record("meals", item.area.encode(), value, item.at_ms)
        rejected = any(isinstance(one, Rejection) for one in decoded)
        assert rejected == (item.raw is not None), f"{item.kind}: {decoded}"


def test_the_broken_messages_are_of_many_kinds(day: list[Item]) -> None:
    reasons = {
        str(one.reason)
        for item in day
        if item.raw is not None
        for one in decode_record("meals", item.area.encode(), item.raw, 0)
        if isinstance(one, Rejection)
    }
    assert reasons >= {
        "bad_json", "duplicate_key", "nul_character", "not_an_event", "empty_batch", "unknown_type", "unknown_version", "invalid_event",
        "key_mismatch",
    }  # fmt: skip


def test_the_whole_day_asks_for_a_little_more_than_the_districts_meals(day: list[Item]) -> None:
    asked = sum(item.event["data"]["portions"] for item in _orders(day) if item.event is not None)
    standing = sum(item.kind == "standing" for item in day)
    assert 13_500 < asked + standing < 13_500 * 1.06


def test_the_day_is_in_order_and_peaks_in_the_evening_before_and_in_the_morning(day: list[Item]) -> None:
    assert all(before.at_ms <= after.at_ms for before, after in pairwise(day))
    by_hour = Counter((item.at_ms - at(EVE, 0)) // 3_600_000 for item in _orders(day))
    assert max(by_hour, key=lambda hour: by_hour[hour]) in (17, 18)
    morning = {hour: count for hour, count in by_hour.items() if hour >= 24}
    assert max(morning, key=lambda hour: morning[hour]) in (24 + 7, 24 + 8)
    assert by_hour[18] > 2 * morning[max(morning, key=lambda hour: morning[hour])]


def test_the_day_holds_everything_that_happens_on_a_real_one(day: list[Item]) -> None:
    kinds = Counter(item.kind for item in day)
    assert kinds["registration"] == kinds["publication"] == 96
    for kind in (
        "policy", "standing", "standing_pause", "standing_stop", "closure", "reopening", "correction", "correction-late",
        "correction-again", "override", "cancellation", "cancellation_again", "duplicate", "conflict", "delivery_delivered",
        "delivery_no_answer", "delivery_refused", "impossible_unknown-provider", "impossible_clock-ahead",
    ):  # fmt: skip
        assert kinds[kind] > 0, kind
    assert any(item.stray for item in day)
    actors = Counter(item.event["actor"].split(":")[0] for item in _orders(day) if item.event is not None)
    assert set(actors) == {"person", "relative", "worker", "operator"}
    assert all("onbehalfof" in item.event for item in _orders(day) if item.event and item.event["actor"][0] in "rwo")


def test_a_silent_door_is_tried_again_ten_minutes_later(day: list[Item]) -> None:
    reports: dict[str, list[Item]] = {}
    for item in day:
        if item.kind.startswith("delivery_") and item.event is not None:
            reports.setdefault(item.event["data"]["order_id"], []).append(item)
    twice_silent = [r for r in reports.values() if [one.kind for one in r] == ["delivery_no_answer"] * 2]
    assert len(twice_silent) > 5
    assert all(600_000 <= second.at_ms - first.at_ms <= 660_000 for first, second in twice_silent)


def test_a_short_day_has_every_place_and_a_part_of_the_meals() -> None:
    (world,) = build_worlds(DayPlan(scale=0.1))
    assert len(world.places) == 96
    assert sum(sum(place.capacity.values()) for place in world.places) == 1_350


def test_ticks_come_every_minute_to_midnight_for_each_area() -> None:
    plan = DayPlan(districts=("310106", "310101"), scale=0.02, domains=("meals",))
    items = list(with_ticks(build_day(plan), plan, 1))
    ticks = [item for item in items if item.kind == "tick"]
    assert len(ticks) == 2 * (plan.ends_ms - plan.starts_ms) // 60_000
    assert all(before.at_ms <= after.at_ms for before, after in pairwise(items))
    assert ticks[-1].at_ms == plan.ends_ms


def test_packets_keep_the_order_of_an_area_and_the_contracts_bounds(day: list[Item]) -> None:
    made = list(packets(day, "test", http_permille=150))
    assert [item for packet in made for item in packet.items] == day
    assert max(len(packet.items) for packet in made) <= EVENTS_MAX
    assert sum(len(packet.items) == 1 for packet in made) > 1000
    assert max(len(packet.items) for packet in made) > 40
    assert all(len(packet.value) < 1_000_000 for packet in made)
    assert any(packet.http for packet in made)
    assert not any(packet.http for packet in made if packet.items[0].raw is not None or packet.stray)


def test_records_hold_events_of_one_domain_and_ticks_go_to_each(day: list[Item]) -> None:
    other = [item._replace(domain="beds") for item in day[:500]]
    mixed = sorted([*day[:500], *other], key=lambda item: item.at_ms)
    made = list(packets(mixed, "test"))
    assert all(len({item.domain for item in packet.items}) == 1 for packet in made)
    assert [item for packet in made if packet.domain == "beds" for item in packet.items] == other
    assert {item.domain for item in day} == {"meals"}
