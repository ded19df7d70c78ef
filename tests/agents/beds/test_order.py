"""Who comes first (B-R9), as journeys; and that the index agrees with a sorted list whatever happens."""

import hashlib
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.beds.order import anniversary, id_of, months_between
from agents.shared.waitlist import CHUNK_MAX, Line
from tests.agents.beds.district import OTHER_STREET, District, fact, north, offered, types

SEED = "drawn-on-television-2026"
HASH = hashlib.sha256(SEED.encode()).hexdigest()


def line(district: District) -> list[str]:
    """Everybody waiting for a basic bed in rooms for women, in order."""
    found = [key for (kind, sex, _), lane in district.state.lines.items() if kind == "basic" and sex == "f" for key in lane]
    return [id_of(key) for key in sorted(found)]


def test_emergency_then_class_then_level_then_score_then_date() -> None:
    district = District()
    district.apply("later")
    district.apply("earlier", applied_on="2026-11-20")
    district.apply("scored", score=10)
    district.apply("higher", assessed_level=5)
    district.apply("second", categories=["registered", "alone"])
    queued = district.apply("first", categories=["registered", "special_poor"])
    assert line(district) == ["first", "second", "higher", "scored", "earlier", "later"]
    assert fact(queued, "application.queued")["rank"] == 1
    district.send("priority.approved", application_id="later", approver="op-1", reason="eviction")
    assert line(district)[0] == "later"


def test_rank_and_who_is_ahead_by_class() -> None:
    district = District()
    for name in ("a", "b"):
        district.apply(name)
    district.apply("c", categories=["registered", "alone"])
    queued = fact(district.apply("d"), "application.queued")
    assert (queued["rank"], queued["ahead"], queued["ahead_by_class"]) == (4, 3, {"second": 1, "general": 2})


def test_a_month_waited_is_a_point_on_its_day_and_no_sooner() -> None:
    district = District("2026-11-23 09:00")
    district.apply("waited", applied_on="2026-10-24", score=5)
    district.apply("scored", score=6)
    assert line(district) == ["scored", "waited"]
    district.tick("2026-11-23 23:59")
    assert line(district) == ["scored", "waited"]
    district.tick("2026-11-24 00:00")
    assert line(district) == ["waited", "scored"]


def test_the_bonus_ends_at_five() -> None:
    district = District("2026-11-23 09:00")
    district.apply("years", applied_on="2023-01-01")
    district.apply("scored", score=6)
    assert line(district) == ["scored", "years"]


def test_without_a_draw_equals_go_by_arrival_and_a_revealed_draw_reorders_them() -> None:
    district = District()
    district.policy("p1", draws=[{"draw_id": "d1", "seed_sha256": HASH}])
    names = [f"n{number}" for number in range(8)]
    for name in names:
        district.apply(name)
    assert line(district) == names
    district.policy("p2", draws=[{"draw_id": "d1", "seed_sha256": HASH, "seed": SEED}])
    drawn = sorted(names, key=lambda name: hashlib.sha256(f"{SEED}:{name}".encode()).hexdigest())
    assert line(district) == drawn
    district.apply("late")
    assert line(district) == [*drawn, "late"], "a seed that is known ranks nobody who comes after it"


def test_a_seed_that_was_not_committed_before_is_refused() -> None:
    district = District()
    assert district.policy("p1", draws=[{"draw_id": "d1", "seed_sha256": HASH, "seed": SEED}]).reason == "invalid_policy"
    district.policy("p2", draws=[{"draw_id": "d1", "seed_sha256": HASH}])
    other = hashlib.sha256(b"another-seed-altogether").hexdigest()
    assert district.policy("p3", draws=[{"draw_id": "d1", "seed_sha256": other}]).reason == "invalid_policy"
    wrong = [{"draw_id": "d1", "seed_sha256": HASH, "seed": "another-seed-altogether"}]
    assert district.policy("p4", draws=wrong).reason == "invalid_policy"


def test_another_order_by_policy_holds_from_its_day_on() -> None:
    district = District("2026-11-23 09:00")
    district.apply("class", categories=["registered", "special_poor"])
    district.apply("level", assessed_level=6)
    district.policy("p1", "2026-11-25", order=["level", "priority_class"])
    assert line(district) == ["class", "level"]
    district.tick("2026-11-25 00:00")
    assert line(district) == ["level", "class"]


def test_a_street_bed_goes_to_its_own_residents_first_and_then_to_others() -> None:
    district = District()
    district.home("f1")
    district.apply("other", street=OTHER_STREET, categories=["registered", "special_poor"])
    district.apply("own")
    made = district.publish("f1", b1={"pool": "street"}, b2={"pool": "street"})
    assert offered(made) == [("own", "f1", "b1"), ("other", "f1", "b2")]
    assert [each.fact.lane for each in made.facts if each.fact.type == "beds.offer.made.v1"] == ["own_street", "pool"]  # type: ignore[attr-defined]  # of these facts


def test_a_city_bed_is_not_the_districts_to_give() -> None:
    district = District()
    district.home("f1")
    district.apply("a")
    assert offered(district.publish("f1", b1={"pool": "city"})) == []


def test_choices_go_by_their_rank_and_no_choice_by_distance() -> None:
    district = District()
    for name, metres in (("far", 3000), ("near", 200), ("middle", 900)):
        district.home(name, metres)
    district.apply("chooser", categories=["registered", "special_poor"], choices=["far", "near"])
    district.apply("anybody")
    district.send("facility.registered", facility_id="far", name="养老院", position=north(3000), street="310106013")
    district.publish("near", b1="free", b2="free")
    district.publish("far", b1="free")
    assert {name: (found.bed.facility.place_id if found.bed else None) for name, found in district.state.applications.items()} == {
        "chooser": "near",
        "anybody": "near",
    }
    district.apply("second", choices=["far", "middle"])
    assert district.state.applications["second"].bed is district.state.facilities["far"].beds["b1"]


def test_who_is_too_far_or_of_another_sex_or_type_is_passed_over() -> None:
    district = District()
    district.home("f1", 5000)
    district.apply("near_only", max_travel_s=60, categories=["registered", "special_poor"])
    district.apply("man", sex="m")
    district.apply("nursing", assessed_level=5, bed_types=["nursing"])
    district.apply("fits")
    assert offered(district.publish("f1", b1={"sex": "f"})) == [("fits", "f1", "b1")]


def test_a_reassessment_changes_the_rank_at_once_and_keeps_the_date() -> None:
    district = District()
    district.apply("a", applied_on="2026-09-01")
    district.apply("b", assessed_level=4)
    assert line(district) == ["b", "a"]
    decision = district.send("application.reassessed", application_id="a", assessed_level=5, assessed_on="2026-11-20")
    assert types(decision) == ["application.reassessed"]
    assert line(district) == ["a", "b"]
    assert fact(decision, "application.reassessed")["key"][-1] == date(2026, 9, 1).toordinal()


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_an_anniversary_is_the_first_day_with_so_many_months(start: date, months: int) -> None:
    day = anniversary(start.toordinal(), months)
    assert months_between(start.toordinal(), day) >= months
    assert months_between(start.toordinal(), day - 1) < months


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3 * CHUNK_MAX)), max_size=400), st.integers(0, 3 * CHUNK_MAX))
def test_a_line_is_a_sorted_list(moves: list[tuple[bool, int]], asked: int) -> None:
    lane, model = Line(), {f"{number:05d}" for number in range(0, 3 * CHUNK_MAX, 2)}
    for key in sorted(model):
        lane.add(key)
    for add, number in moves:
        key = f"{number:05d}"
        if add and key not in model:
            lane.add(key)
            model.add(key)
        elif not add and key in model:
            lane.remove(key)
            model.remove(key)
    expected, key = sorted(model), f"{asked:05d}"
    assert list(lane) == expected
    assert len(lane) == len(expected)
    assert lane.first() == (expected[0] if expected else None)
    assert lane.ahead_of(key) == sum(other < key for other in expected)
    assert lane.after(key) == next((other for other in expected if other > key), None)


def test_nobody_is_passed_by_a_later_equal_and_whoever_waits_is_passed_a_bounded_number_of_times() -> None:
    """W04: equal by every criterion, the earlier date goes first, and a bonus caps what a higher score can do to those who wait."""
    district = District()
    district.policy("p0", inventory_age_s_max=366 * 86_400, assessment_valid_days=3000, refused_rest_days=1, waiting_bonus_max=5)
    district.home("f1")
    for number in range(3):
        district.apply(f"equal{number}", score=10, applied_on=f"2026-11-{20 + number}")
    passed, served = 0, []
    for number in range(12):
        # Every month somebody comes with a little more to show, and one bed becomes free.
        district.apply(f"later{number}", score=13, assessed_on="2026-11-01")
        made = offered(district.publish("f1", **{f"b{number}": "free"}))
        served += [name for name, _, _ in made]
        district.settle(made[0][0])
        passed += "equal0" not in served
        district.tick(district.now_ms + 31 * 86_400_000)
    waited = [name for name in served if name.startswith("equal")]
    assert waited == ["equal0", "equal1", "equal2"], "first come, first served among equals"
    assert passed <= 5, "each month waited is a point: three points more are outweighed after three months"
