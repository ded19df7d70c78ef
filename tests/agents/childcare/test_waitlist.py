"""Waiting for a seat: in order, with offers that end; and sessions that cannot keep whom they promised a seat."""

from tests.agents.childcare.world import DAY, World, fact, kinds, session, types


def full(world: World, *waiting: str) -> None:
    """A session of one seat, taken by ``b-0``, with these in its waitlist."""
    world.house(seats=1)
    world.book("b-0", "s-1-am")
    for number, booking_id in enumerate(waiting, 1):
        assert fact(world.book(booking_id, "s-1-am"), "booking.waitlisted")["rank"] == number


def offer_of(world: World, booking_id: str) -> str:
    offer_id = world.state.bookings[booking_id].offer_id
    assert offer_id is not None
    return offer_id


def test_a_seat_that_frees_is_offered_to_the_next_in_the_same_decision() -> None:
    world = World()
    full(world, "b-1", "b-2")
    decision = world.send("booking.cancelled", booking_id="b-0")
    assert types(decision) == ["booking.cancelled", "offer.made"]
    offer = fact(decision, "offer.made")
    assert (offer["booking_id"], offer["kind"], offer["expires_ms"] - offer["made_ms"]) == ("b-1", "waitlist", 1_800_000)
    assert world.seats("s-1-am") == (0, 1, 0, 0)
    assert types(world.send("offer.accepted", booking_id="b-1", offer_id=offer["offer_id"])) == ["offer.accepted", "booking.confirmed"]
    assert world.left("k-b-1") == (0, 1)


def test_a_declined_offer_goes_to_the_next_and_cannot_be_accepted_any_more() -> None:
    world = World()
    full(world, "b-1", "b-2")
    world.send("booking.cancelled", booking_id="b-0")
    offer_id = offer_of(world, "b-1")
    decision = world.send("offer.declined", booking_id="b-1", offer_id=offer_id)
    assert types(decision) == ["offer.declined", "offer.made"]
    assert fact(decision, "offer.made")["booking_id"] == "b-2"
    assert world.send("offer.accepted", booking_id="b-1", offer_id=offer_id).reason == "booking_closed"
    assert world.send("offer.accepted", booking_id="b-2", offer_id=offer_id).reason == "unknown_offer"


def test_an_expired_offer_goes_to_the_next_in_the_same_tick() -> None:
    world = World()
    full(world, "b-1", "b-2")
    world.send("booking.cancelled", booking_id="b-0")
    assert kinds(world.tick("2026-11-22 09:30")) == ["offer.expired", "offer.made"]
    assert world.state.bookings["b-2"].state == "offered"


def test_on_the_day_an_offer_lasts_ten_minutes_and_never_beyond_the_start() -> None:
    world = World()
    full(world, "b-1", "b-2")
    world.tick(f"{DAY} 06:00")
    offer = fact(world.send("booking.cancelled", booking_id="b-0"), "offer.made")
    assert offer["expires_ms"] - offer["made_ms"] == 600_000
    world.tick(f"{DAY} 08:55")
    assert world.state.bookings == {}
    late = World()
    full(late, "b-1")
    late.tick(f"{DAY} 08:55")
    offer = fact(late.send("booking.cancelled", booking_id="b-0"), "offer.made")
    assert offer["expires_ms"] - offer["made_ms"] == 300_000


def test_nobody_overtakes_unless_the_staff_cannot_take_the_younger_child() -> None:
    world = World()
    world.policy(services={"care": {"age_months_max": 60}})
    world.house(staff=1, seats=5)  # 525: three under three, or five over
    for number in range(3):
        world.book(f"b-{number}", "s-1-am")
    world.book("old", "s-1-am", birth_date="2022-01-01", waitlist=True)
    assert world.state.bookings["old"].state == "waitlisted"
    world.book("young", "s-1-am")
    decision = world.send("booking.cancelled", booking_id="b-0")
    assert fact(decision, "offer.made")["booking_id"] == "old"
    assert world.state.bookings["young"].state == "waitlisted"


def test_a_child_has_one_open_offer_and_the_other_session_waits_for_its_answer() -> None:
    world = World()
    world.house("s-1", seats=1)
    world.house("s-2", 200, start="14:00", end="16:00", seats=1)
    for site in ("s-1", "s-2"):
        world.book(f"held-{site}", f"{site}-am")
        world.book(f"wait-{site}", f"{site}-am", child_id="k")
    world.send("booking.cancelled", booking_id="held-s-1")
    assert types(world.send("booking.cancelled", booking_id="held-s-2")) == ["booking.cancelled"]
    decision = world.send("offer.declined", booking_id="wait-s-1", offer_id=offer_of(world, "wait-s-1"))
    assert types(decision) == ["offer.declined", "offer.made"]
    assert fact(decision, "offer.made")["booking_id"] == "wait-s-2"


def test_who_has_a_place_by_then_waits_no_more() -> None:
    world = World()
    full(world, "b-1")
    world.house("s-2", 200)
    world.book("elsewhere", "s-2-am", child_id="k-b-1")
    decision = world.send("booking.cancelled", booking_id="b-0")
    assert types(decision) == ["booking.cancelled", "waitlist.closed"]
    assert fact(decision, "waitlist.closed")["cause"] == "booked_elsewhere"


def test_whom_no_shows_leave_the_day_itself_only_is_offered_no_other_day_and_the_next_gets_the_seat() -> None:
    world = World()
    world.policy(services={"care": {"no_show_limit": 1}})
    world.site("s-2", 200)
    world.publish("s-2", session("today", "14:00", "15:00", day="2026-11-22"), session("tomorrow", day="2026-11-23"))
    world.book("missed", "today", child_id="k")
    full(world, "b-1", "b-2")
    world.book("b-3", "s-1-am", child_id="k")
    world.send("booking.cancelled", booking_id="b-1")
    world.send("booking.cancelled", booking_id="b-2")
    world.book("b-4", "s-1-am")
    assert "child.restricted" in kinds(world.tick("2026-11-22 14:30"))
    decision = world.send("booking.cancelled", booking_id="b-0")
    assert types(decision) == ["booking.cancelled", "waitlist.closed", "offer.made"]
    assert fact(decision, "waitlist.closed")["cause"] == "same_day_only"
    assert fact(decision, "offer.made")["booking_id"] == "b-4"


def test_on_the_day_itself_who_did_not_come_before_is_offered_a_seat_like_any_other() -> None:
    world = World()
    world.policy(services={"care": {"no_show_limit": 1}})
    world.site("s-2", 200)
    world.publish("s-2", session("yesterday", day="2026-11-23"))
    world.book("missed", "yesterday", child_id="k")
    full(world)
    world.book("b-1", "s-1-am", child_id="k")
    assert "child.restricted" in kinds(world.tick("2026-11-23 09:30"))
    world.tick(f"{DAY} 06:00")
    assert types(world.send("booking.cancelled", booking_id="b-0")) == ["booking.cancelled", "offer.made"]


def test_the_wait_ends_when_the_session_begins() -> None:
    world = World()
    full(world, "b-1")
    assert "waitlist.closed" in kinds(world.tick(f"{DAY} 09:00"))
    assert world.book("b-1", "s-1-am").reason == "booking_exists"


def test_more_seats_published_are_offered_to_who_waits() -> None:
    world = World()
    full(world, "b-1", "b-2")
    decision = world.publish("s-1", session("s-1-am", seats=3), version=2)
    assert types(decision) == ["session.published", "offer.made", "offer.made"]


def test_understaffed_the_last_to_come_is_offered_a_place_nearby_first() -> None:
    world = World()
    world.house("s-1", seats=4)
    for number in range(4):
        world.book(f"b-{number}", "s-1-am")
    world.house("s-2", 300, start="09:30", end="11:30")
    decision = world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=1)
    assert types(decision) == ["staffing.recorded", "session.understaffed", "booking.displaced", "offer.made"]
    offer = fact(decision, "offer.made")
    assert (offer["booking_id"], offer["kind"], offer["session_id"]) == ("b-3", "alternative", "s-2-am")
    assert (fact(decision, "booking.displaced")["quota"], world.left("k-b-3")) == ("kept", (0, 1))
    accepted = world.send("offer.accepted", booking_id="b-3", offer_id=offer["offer_id"])
    assert fact(accepted, "booking.confirmed")["session_id"] == "s-2-am"
    assert world.left("k-b-3") == (0, 1)


def test_a_declined_alternative_gives_the_quota_back() -> None:
    world = World()
    world.house("s-1", seats=1)
    world.book("b-1", "s-1-am")
    world.house("s-2", 300)
    world.send("site.closed", site_id="s-1", reason="power_cut")
    decision = world.send("offer.declined", booking_id="b-1", offer_id=offer_of(world, "b-1"))
    assert fact(decision, "offer.declined")["quota"] == "returned"
    assert world.left("k-b-1") == (0, 0)
    assert world.seats("s-2-am") == (10, 0, 0, 0)


def test_without_an_alternative_the_family_is_told_and_a_human_has_it() -> None:
    world = World()
    world.house("s-1", seats=2)
    world.book("b-1", "s-1-am")
    decision = world.send("site.closed", site_id="s-1", reason="power_cut")
    assert types(decision) == ["site.closure_recorded", "booking.displaced", "task.opened"]
    assert fact(decision, "booking.displaced")["cause"] == "site_closed"
    assert world.seats("s-1-am") == (0, 0, 0, 2)
    world.send("site.reopened", site_id="s-1", reason="repaired")
    assert world.seats("s-1-am") == (2, 0, 0, 0)


def test_by_policy_who_pays_goes_before_who_has_a_right_to_it() -> None:
    world = World()
    world.policy(services={"care": {"displace_first": "charged", "free_per_year": 1, "counted_by": "family", "confirm": "never"}})
    world.house("s-1", seats=2)
    world.book("pays", "s-1-am", family_id="f", child_id="k-1")
    world.send("booking.cancelled", booking_id="pays")
    world.book("first", "s-1-am", family_id="g", child_id="k-2")
    world.house("other", 300, start="14:00", end="16:00")
    world.book("used", "other-am", family_id="f", child_id="k-3")
    world.book("charged", "s-1-am", family_id="f", child_id="k-1")
    decision = world.publish("s-1", session("s-1-am", seats=1), version=2)
    assert fact(decision, "booking.displaced")["booking_id"] == "charged"
    assert fact(decision, "session.understaffed")["cause"] == "seats_lowered"


def test_an_offer_the_site_cannot_keep_is_withdrawn_and_the_child_keeps_its_place_in_the_line() -> None:
    world = World()
    full(world, "b-1", "b-2")
    world.send("booking.cancelled", booking_id="b-0")
    decision = world.publish("s-1", session("s-1-am", seats=0), version=2)
    assert types(decision) == ["session.published", "session.understaffed", "offer.withdrawn"]
    decision = world.publish("s-1", session("s-1-am", seats=1), version=3)
    assert fact(decision, "offer.made")["booking_id"] == "b-1"


def test_nobody_is_offered_a_seat_on_a_publication_older_than_policy_allows_until_the_site_publishes_again() -> None:
    """C07; found by the simulator."""
    world = World()
    world.policy(capacity_age_s_max=6 * 3600)
    full(world, "b-1", "b-2")
    world.tick("2026-11-22 15:30")
    assert types(world.send("booking.cancelled", booking_id="b-0")) == ["booking.cancelled"]
    decision = world.publish("s-1", session("s-1-am", seats=1), version=2)
    assert types(decision) == ["session.published", "offer.made"]
    assert fact(decision, "offer.made")["booking_id"] == "b-1"
