"""Booking: by session and by window, the age, the horizon, overlaps, siblings, the last seat."""

from typing import Any

import pytest

from tests.agents.childcare.world import DAY, World, fact, session, types

CENTRE = {"lat": 31.2304, "lon": 121.4737}


def test_a_free_session_is_confirmed_at_once_with_its_quota() -> None:
    world = World()
    world.house()
    decision = world.book("b-1", "s-1-am")
    assert types(decision) == ["booking.confirmed"]
    confirmed = fact(decision, "booking.confirmed")
    assert (confirmed["site_id"], confirmed["session_id"], confirmed["free"], confirmed["quota_left"]) == ("s-1", "s-1-am", True, 11)
    assert (confirmed["age_months"], confirmed["weight"]) == (25, 175)
    assert "birth_date" not in confirmed
    assert world.seats("s-1-am") == (9, 1, 0, 0)
    assert world.left("k-b-1") == (0, 1)


def test_five_hundred_requests_for_the_last_seat_give_one_place_and_named_refusals() -> None:
    world = World()
    world.house(seats=1)
    answers = [world.book(f"b-{number}", "s-1-am") for number in range(500)]
    assert [types(answer) for answer in answers[:2]] == [["booking.confirmed"], ["booking.waitlisted"]]
    assert sum(types(answer) == ["booking.confirmed"] for answer in answers) == 1
    assert sum(types(answer) == ["booking.waitlisted"] for answer in answers) == 20
    assert sum(answer.reason == "waitlist_full" for answer in answers) == 479


def test_without_wish_to_wait_a_full_session_refuses_for_good() -> None:
    world = World()
    world.house(seats=1)
    world.book("b-1", "s-1-am")
    assert world.book("b-2", "s-1-am", waitlist=False).reason == "no_seat"
    world.send("booking.cancelled", booking_id="b-1")
    assert world.book("b-2", "s-1-am").reason == "booking_already_refused"


def test_a_window_goes_to_the_nearest_site_and_names_each_one_passed_over() -> None:
    world = World()
    world.house("s-far", 900)
    world.house("s-full", 100, seats=0)
    world.house("s-short", 200, staff=0)
    world.house("s-late", 300, start="10:00", end="12:00")
    decision = world.book("b-1")
    assert fact(decision, "booking.confirmed")["site_id"] == "s-far"
    assert decision.why is not None
    ruled_out = {rejected["provider_id"]: rejected["rule"] for rejected in decision.why["rejected"]}
    assert ruled_out == {"s-full": "no_session", "s-short": "no_staff", "s-late": "no_session"}


def test_a_window_longer_than_a_session_takes_a_run_of_adjacent_ones_whole_or_not_at_all() -> None:
    world = World()
    world.site("s-1")
    hours = [session(f"h-{hour}", f"{hour:02}:00", f"{hour + 1:02}:00", mode="hourly", seats=1) for hour in (9, 10, 11)]
    world.publish("s-1", *hours)
    window = {"date": DAY, "from": "09:00", "to": "12:00"}
    run = fact(world.book("b-1", window=window), "booking.confirmed")
    assert (run["session_ids"], run["units"], run["quota_left"]) == (("h-9", "h-10", "h-11"), 3, 9)
    # A waitlist is of one session (C10): who wanted three is told so, and who did not want to wait is told of the seat.
    assert world.book("b-2", window=window).reason == "no_wait_together"
    assert world.book("b-3", window=window, waitlist=False).reason == "no_seat"
    assert [world.seats(f"h-{hour}")[1] for hour in (9, 10, 11)] == [1, 1, 1]
    world.send("booking.cancelled", booking_id="b-1")
    assert [world.seats(f"h-{hour}")[0] for hour in (9, 10, 11)] == [1, 1, 1]


def test_a_window_may_ask_for_any_session_within_it() -> None:
    world = World()
    world.house(start="09:30", end="10:30")
    window = {"date": DAY, "from": "09:00", "to": "12:00"}
    assert world.book("b-1", window=window, waitlist=False).reason == "no_session_in_window"
    assert fact(world.book("b-2", window=window | {"fit": "within"}), "booking.confirmed")["session_id"] == "s-1-am"


@pytest.mark.parametrize(
    ("birth", "day", "month_end", "taken"),
    [
        ("2025-11-24", DAY, True, True),  # one year old on the day of care
        ("2025-11-25", DAY, True, False),
        ("2023-10-24", DAY, True, False),  # 37 months completed
        ("2023-10-25", DAY, True, True),
        ("2024-02-29", "2025-02-28", True, True),  # a year on the last day of February by the Civil Code
        ("2024-02-29", "2025-02-28", False, False),
        ("2024-02-29", "2025-03-01", False, True),
    ],
)
def test_the_age_counts_on_the_day_of_care(birth: str, day: str, month_end: bool, taken: bool) -> None:
    world = World(f"{day} 08:00")
    world.policy(age_month_end=month_end)
    world.house(day=day)
    decision = world.book("b-1", "s-1-am", birth_date=birth)
    assert decision.reason == (None if taken else "age_outside")


def test_a_child_not_born_by_the_day_of_care_is_a_typing_error() -> None:
    world = World()
    world.house()
    assert world.book("b-1", "s-1-am", birth_date="2027-01-01").reason == "birth_after_care"


def test_booking_opens_fourteen_days_before_at_nine_and_ends_at_noon_of_the_day() -> None:
    world = World("2026-11-10 08:59")
    world.house()
    world.house("s-2", 200, start="14:00", end="16:00")
    assert world.book("b-1", "s-1-am").reason == "not_open_yet"
    world.tick("2026-11-10 09:00")
    assert world.book("b-2", "s-1-am").outcome == "accepted"
    world.tick("2026-11-24 09:00")
    assert world.book("b-3", "s-1-am").reason == "past_cutoff"
    world.tick("2026-11-24 12:00")
    assert world.book("b-4", "s-2-am").outcome == "accepted"
    world.tick("2026-11-24 12:01")
    assert world.book("b-5", "s-2-am").reason == "past_cutoff"


def test_sessions_of_one_child_never_overlap_but_may_adjoin() -> None:
    world = World()
    world.house()
    world.site("s-2", 200)
    world.publish("s-2", session("across", "10:00", "12:00"), session("after", "11:00", "13:00"))
    world.book("b-1", "s-1-am", child_id="k")
    assert world.book("b-2", "across", child_id="k").reason == "overlapping_booking"
    assert world.book("b-3", "after", child_id="k").outcome == "accepted"


def test_siblings_come_together_or_not_at_all() -> None:
    world = World()
    world.house("s-near", 100, seats=1)
    world.house("s-far", 900, seats=2)
    children = [{"booking_id": f"b-{n}", "child_id": f"k-{n}", "birth_date": "2024-10-01"} for n in (1, 2)]
    wish: dict[str, Any] = {"family_id": "f", "position": CENTRE, "window": {"date": DAY, "from": "09:00", "to": "11:00"}}
    decision = world.send("group.requested", group_id="g-1", children=children, **wish)
    assert types(decision) == ["booking.confirmed", "booking.confirmed"]
    assert world.seats("s-far-am") == (0, 2, 0, 0)
    children = [{"booking_id": f"b-{n}", "child_id": f"k-{n}", "birth_date": "2024-10-01"} for n in (3, 4)]
    decision = world.send("group.requested", group_id="g-2", children=children, **wish)
    assert (decision.reason, types(decision)) == ("no_wait_together", ["booking.refused", "booking.refused"])
    assert decision.why is not None
    assert {rejected["rule"] for rejected in decision.why["rejected"]} == {"no_seat"}
    assert world.seats("s-near-am") == (1, 0, 0, 0)


def test_a_group_may_not_name_a_child_twice() -> None:
    world = World()
    session_id = world.house()
    children = [{"booking_id": f"b-{n}", "child_id": "k", "birth_date": "2024-10-01"} for n in (1, 2)]
    decision = world.send("group.requested", group_id="g", children=children, family_id="f", position=CENTRE, session_id=session_id)
    assert decision.reason == "same_child_twice"


def test_when_one_sibling_must_pay_all_wait_for_the_family_and_are_confirmed_together() -> None:
    world = World()
    world.policy(services={"care": {"free_per_year": 1, "counted_by": "family", "price_fen": {"drop_in": 3000}}})
    session_id = world.house()
    children = [{"booking_id": f"b-{n}", "child_id": f"k-{n}", "birth_date": "2024-10-01"} for n in (1, 2)]
    decision = world.send("group.requested", group_id="g", children=children, family_id="f", position=CENTRE, session_id=session_id)
    held = [reasoned.fact.model_dump() for reasoned in decision.facts]
    assert [(each["free"], each["price_fen"]) for each in held] == [(True, 0), (False, 3000)]
    assert types(decision) == ["booking.held", "booking.held"]
    assert types(world.send("hold.confirmed", booking_id="b-2")) == ["booking.confirmed", "booking.confirmed"]


def test_a_hold_that_nobody_confirms_is_free_again_and_can_no_longer_be_confirmed() -> None:
    world = World()
    world.policy(services={"care": {"free_per_year": 0}})
    world.house(seats=1)
    assert fact(world.book("b-1", "s-1-am"), "booking.held")["price_fen"] is None
    world.tick("2026-11-22 09:10")
    assert world.seats("s-1-am") == (1, 0, 0, 0)
    assert world.send("hold.confirmed", booking_id="b-1").reason == "not_held"
    world.book("b-2", "s-1-am")
    world.now_ms += 599_999
    assert types(world.send("hold.confirmed", booking_id="b-2")) == ["booking.confirmed"]
    assert world.send("hold.confirmed", booking_id="b-2").reason == "not_held"


def test_a_double_cancellation_frees_one_place() -> None:
    world = World()
    world.house(seats=2)
    world.book("b-1", "s-1-am")
    world.book("b-2", "s-1-am")
    world.send("booking.cancelled", booking_id="b-1")
    assert world.send("booking.cancelled", booking_id="b-1").reason == "booking_closed"
    assert world.seats("s-1-am") == (1, 1, 0, 0)


def test_on_a_holiday_nobody_is_booked_and_who_was_is_told() -> None:
    world = World()
    world.house()
    world.book("b-1", "s-1-am")
    calendar = {"year": 2026, "holidays": [DAY]}
    decision = world.send(
        "policy.published.v1", policy="calendar", version="2026/1", in_force_from="2026-01-01", parameters=calendar, source="test"
    )
    assert types(decision) == ["policy.adopted", "booking.displaced", "task.opened"]
    assert fact(decision, "booking.displaced")["cause"] == "holiday"
    assert world.left("k-b-1") == (0, 0)
    assert world.book("b-2", "s-1-am").reason == "session_closed"
