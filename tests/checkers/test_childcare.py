"""Childcare's invariants: the clean days pass every eye, and each eye catches the mistakes planted for it."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from infra.checkers.childcare.area import Area
from infra.checkers.childcare.checks import CHECKS, eyes
from infra.checkers.childcare.model import MODEL
from infra.checkers.civil import day_of
from infra.checkers.fold import Eye, fold
from infra.checkers.logs import Decided, Logs
from infra.checkers.violation import Violation
from infra.scenario.day import DayPlan, build_day, with_ticks
from infra.scenario.packets import packets
from tests.agents.childcare.world import AREA
from tests.checkers.childcare_days import played_days
from tests.checkers.in_memory import World
from tests.checkers.planting import Body, add_fact, change_fact, drop_facts, find, last

CONFIRMED = "childcare.booking.confirmed.v1"
CANCELLED = "childcare.booking.cancelled.v1"
PUBLISHED = "childcare.session.published.v1"
WAITLISTED = "childcare.booking.waitlisted.v1"
OFFER = "childcare.offer.made.v1"
CHECKED_IN = "childcare.child.checked_in.v1"


@pytest.fixture(scope="module")
def days() -> Logs:
    return played_days(1, 1500)


def seen(logs: Logs) -> list[Violation]:
    """What every eye sees, in the order of the journal."""
    seers = CHECKS.eyes(logs, 1)
    fold(logs, MODEL, seers)
    return sorted((one for eye in seers for one in eye.found), key=lambda one: one.offset or 2**40)


def caught(logs: Logs, invariant: str) -> str:
    """The sentences under this name; there is at least one."""
    found = [one.sentence for one in seen(logs) if one.invariant == invariant]
    assert found, f"{invariant} saw nothing"
    return " | ".join(found)


def same(data: Body, *names: str) -> Callable[[Body], bool]:
    """A fact that says the same in these fields."""
    return lambda other: all(other.get(name) == data[name] for name in names)


def placed(logs: Logs, **wanted: Any) -> tuple[Decided, Body]:
    """A booking confirmed at once, by the decision on its request."""
    for decided in logs.decisions:
        for fact in decided.body["facts"] if decided.body["event_type"] == "childcare.booking.requested.v1" else ():
            data = fact["data"]
            if fact["type"] == CONFIRMED and all(data[name] == value for name, value in wanted.items()) and not data["provisional"]:
                return decided, data
    raise LookupError("nobody was confirmed at once")


def test_the_clean_days_pass_and_every_eye_has_a_meaning(days: Logs) -> None:
    assert seen(days) == []
    assert {eye.invariant for eye in CHECKS.eyes(days, 1)} == set(CHECKS.meanings)
    counts = CHECKS.counts(_folded(days))
    assert counts["wishes"] > 200


def test_a_played_day_of_two_districts_with_a_register_passes_every_eye() -> None:
    plan = DayPlan(districts=("310106", "310110"), scale=0.1, domains=("childcare",))
    world = World(domain="childcare")
    world.play(list(packets(with_ticks(build_day(plan), plan, 5), plan.seed)))
    logs = world.logs()
    assert seen(logs) == []
    assert {decided.body["reason"] for decided in logs.decisions} >= {"not_at_home_here", "not_open_yet", "age_outside"}


def _folded(logs: Logs) -> list[Eye[Area]]:
    seers = CHECKS.eyes(logs, 1)
    fold(logs, MODEL, seers)
    return seers


def test_c01_more_children_than_seats(days: Logs) -> None:
    place, booking = placed(days)
    planted = days
    for number in range(5):
        twin = {**booking, "booking_id": f"planted-{number}", "child_id": f"child-{number}"}
        planted = add_fact(planted, place, CONFIRMED, twin)
    assert "taken, and was given one more" in caught(planted, "C01")


def test_c01_lowered_without_a_word(days: Logs) -> None:
    assert "not flagged" in caught(drop_facts(days, lambda kind, _: kind == "childcare.session.understaffed.v1"), "C01")


def test_c03_a_child_at_two_places_by_a_minute(days: Logs) -> None:
    place, booking = placed(days, units=1)
    twin = {**booking, "booking_id": "planted", "starts_ms": booking["ends_ms"] - 60_000, "ends_ms": booking["ends_ms"] + 3_600_000}
    assert "at the same time" in caught(add_fact(days, place, CONFIRMED, twin), "C03")
    adjacent = {**twin, "starts_ms": booking["ends_ms"]}
    found = seen(add_fact(days, place, CONFIRMED, adjacent))
    assert not [one for one in found if one.invariant == "C03" and "was given planted" in one.sentence]


def test_c04_an_offer_answered_twice_and_a_hold_taken_after_its_end(days: Logs) -> None:
    place, ended = find(days, "childcare.offer.declined.v1")
    assert "ends it again" in caught(add_fact(days, place, "childcare.offer.declined.v1", ended), "C04")
    held, booking = find(days, "childcare.booking.held.v1")
    confirmed = {name: value for name, value in booking.items() if name != "expires_ms"} | {"no_show_ms": booking["expires_ms"]}
    late = drop_facts(days, lambda kind, data: data.get("booking_id") == booking["booking_id"] and "expired" in kind)
    late = change_fact(late, held, "childcare.booking.held.v1", same(booking, "booking_id"), expires_ms=held.time_ms - 1)
    assert "it had ended" in caught(add_fact(late, held, CONFIRMED, confirmed), "C04")


def test_c05_a_double_cancel_that_frees_twice(days: Logs) -> None:
    place, cancelled = find(days, CANCELLED)
    assert "frees its seats again" in caught(add_fact(days, place, CANCELLED, cancelled), "C05")


def test_c06_an_older_publication_that_wins(days: Logs) -> None:
    place, published = find(days, PUBLISHED, lambda data: data["version"] > 2)
    older = {**published, "version": 1}
    assert "to 1" in caught(add_fact(days, place, PUBLISHED, older), "C06")


def test_c08_another_version_cited(days: Logs) -> None:
    place, booking = placed(days)
    planted = change_fact(days, place, CONFIRMED, same(booking, "booking_id"), capacity_version=booking["capacity_version"] + 1)
    assert "cites version" in caught(planted, "C08")


def test_c09_more_children_than_the_staff_may_care_for(days: Logs) -> None:
    place, published = find(days, PUBLISHED, lambda data: data["weighted"] and data["staff"] == 1)
    planted = change_fact(days, place, PUBLISHED, same(published, "session_id"), care_limit=published["care_limit"] + 100)
    assert "may care for" in caught(planted, "C09")
    place, booking = placed(days, service="care")
    assert "weighs 1" in caught(change_fact(days, place, CONFIRMED, same(booking, "booking_id"), weight=1), "C09")


def test_q01_a_session_too_many_is_free_or_too_few(days: Logs) -> None:
    place, booking = placed(days, service="care", free=True)
    more = {**booking, "booking_id": "planted", "free_units": 40, "units": 40}
    assert "the year's bookings say" in caught(add_fact(days, place, CONFIRMED, more), "Q01")
    charged = change_fact(days, place, CONFIRMED, same(booking, "booking_id"), free_units=0, free=False)
    assert "the year's bookings say" in caught(charged, "Q01")


def test_q01_an_offer_kept_for_money_where_care_is_not_sold(days: Logs) -> None:
    place, offer = find(days, OFFER, lambda data: data["service"] == "care")
    parameters = {"services": {"care": {"after_quota": "refuse"}}}
    unsold = {"policy": "childcare", "version": "~", "in_force_from": day_of(place.time_ms), "parameters": parameters, "source": "planted"}
    priced = {"booking_id": offer["booking_id"], "service": "care", "request_id": "r", "units": 1, "free_units": 0, "price_fen": 100}
    planted = add_fact(add_fact(days, place, "policy.adopted.v1", unsold), place, "childcare.booking.repriced.v1", priced)
    assert "of what is not sold" in caught(planted, "Q01")


def test_q02_an_ending_that_says_the_wrong_thing_of_the_quota(days: Logs) -> None:
    for kind in (CANCELLED, "childcare.booking.no_show.v1"):
        place, ended = find(days, kind, lambda data: data["quota"] in ("returned", "consumed"))
        other = "returned" if ended["quota"] == "consumed" else "consumed"
        planted = change_fact(days, place, kind, same(ended, "booking_id"), quota=other)
        assert f"says the quota is {other}" in caught(planted, "Q02")
    untold = drop_facts(days, lambda kind, _: kind == "childcare.quota.settlement_asked.v1")
    assert "nobody told the home area" in caught(untold, "Q02")


def test_w01_a_seat_offered_out_of_turn_or_for_another_time(days: Logs) -> None:
    place, waiting = find(days, WAITLISTED)
    planted = change_fact(days, place, WAITLISTED, same(waiting, "booking_id"), rank=waiting["rank"] + 1)
    assert "has rank" in caught(planted, "W01")
    place, offer = find(days, OFFER, lambda data: data["kind"] == "waitlist")
    longer = change_fact(days, place, OFFER, same(offer, "offer_id"), expires_ms=offer["expires_ms"] + 1)
    assert "policy says" in caught(longer, "W01")
    other = change_fact(days, place, OFFER, same(offer, "offer_id"), booking_id="somebody-else")
    assert "is offered to somebody-else" in caught(other, "W01")


def test_w01_another_day_offered_to_whom_no_shows_leave_today_only_or_kept_from_somebody_else(days: Logs) -> None:
    def of_another_day(data: Body) -> bool:
        return bool(data["kind"] == "waitlist" and data["date"] > day_of(data["made_ms"]))

    place, offer = find(days, OFFER, of_another_day)
    waits, _ = find(days, WAITLISTED, same(offer, "booking_id"))
    barred = {"child_id": offer["child_id"], "family_id": offer["family_id"], "no_shows": 3, "until_ms": place.time_ms + 1}
    planted = add_fact(days, waits, "childcare.child.restricted.v1", barred)
    assert "may have a place of today only" in caught(planted, "W01")
    ended = {name: offer[name] for name in ("booking_id", "child_id", "family_id", "service", "site_id", "session_id", "date")}
    closed = add_fact(days, place, "childcare.waitlist.closed.v1", ended | {"cause": "same_day_only"})
    assert "its child may have a place of any day" in caught(closed, "W01")


def test_w03_a_free_seat_beside_somebody_who_waits(days: Logs) -> None:
    _, offer = find(days, OFFER, lambda data: data["kind"] == "waitlist")
    planted = drop_facts(days, lambda _, data: data.get("booking_id") == offer["booking_id"] and data.get("offer_id") == offer["offer_id"])
    assert "waits for it" in caught(planted, "W03")


def test_age_and_n01_a_child_too_young_and_a_wish_refused_for_nothing(days: Logs) -> None:
    place, booking = find(days, WAITLISTED, lambda data: data["service"] == "care")
    assert "is for a child of 3 months" in caught(change_fact(days, place, WAITLISTED, same(booking, "booking_id"), age_months=3), "AGE")
    place, booking = find(days, "childcare.booking.refused.v1", lambda data: data["reason"] == "no_seat")
    planted = change_fact(days, place, "childcare.booking.refused.v1", same(booking, "booking_id"), reason="past_cutoff")
    assert "it deserved to be" in caught(planted, "N01")


def test_i06_a_booking_that_ends_twice_or_begins_in_the_middle(days: Logs) -> None:
    place, out = find(days, "childcare.child.checked_out.v1")
    assert "is completed and" in caught(add_fact(days, place, "childcare.child.checked_out.v1", out), "I06")
    _, inside = find(days, CHECKED_IN)
    planted = drop_facts(days, lambda kind, data: data.get("booking_id") == inside["booking_id"] and kind != CHECKED_IN)
    assert "unknown and" in caught(planted, "I06")


def test_i06_an_offer_that_ends_as_a_hold_does(days: Logs) -> None:
    place, offer = find(days, OFFER)
    expired = {**offer, "quota": "none", "cause": "hold_expired"}
    assert "which ends no offer" in caught(add_fact(days, place, "childcare.booking.expired.v1", expired), "I06")


def test_i07_and_t02_a_deadline_passed_in_silence_and_one_kept_too_early(days: Logs) -> None:
    place, gone = find(days, "childcare.booking.no_show.v1")
    silent = drop_facts(days, lambda kind, data: kind == "childcare.booking.no_show.v1" and data["booking_id"] == gone["booking_id"])
    assert "after its deadline" in caught(silent, "I07")
    place, booking = find(days, CONFIRMED, same(gone, "booking_id"))
    early = change_fact(days, place, CONFIRMED, same(gone, "booking_id"), no_show_ms=booking["no_show_ms"] + 10**9)
    assert "due at" in caught(early, "T02")
    place, closed = find(days, "childcare.session.closed.v1")
    assert "closed twice" in caught(add_fact(days, place, "childcare.session.closed.v1", closed), "T02")


def test_t02_a_policy_that_takes_hold_only_when_a_case_is_touched(days: Logs) -> None:
    applied = "childcare.policy.applied.v1"
    place, data = find(days, applied)
    assert "nothing was looked at by it" in caught(drop_facts(days, lambda kind, _: kind == applied), "T02")
    assert "is applied twice" in caught(add_fact(days, place, applied, data), "T02")


def test_q01_and_n01_a_quota_kept_for_a_child_that_lives_elsewhere(days: Logs) -> None:
    silent = drop_facts(days, lambda kind, data: kind == "childcare.child.home_recorded.v1" and not data["at_home"])
    assert "at home here: True" in caught(silent, "Q01")
    assert "refused not_at_home_here" in caught(silent, "N01")


def test_q01_a_child_registered_elsewhere_that_takes_an_offer_is_charged_and_somebody_told(days: Logs) -> None:
    accepted = {
        one["data"]["booking_id"]
        for decided in days.decisions
        for one in decided.body["facts"]
        if one["type"] == "childcare.offer.accepted.v1" and one["data"]["kind"] == "waitlist"
    }
    _, taken = find(days, CONFIRMED, lambda data: data["booking_id"] in accepted and data["home_area"] == AREA and data["free"])
    offer, _ = find(days, OFFER, same(taken, "booking_id"))
    moved = {"child_id": taken["child_id"], "version": 99, "at_home": False}
    sentence = caught(add_fact(days, offer, "childcare.child.home_recorded.v1", moved), "Q01")
    assert f"booking {taken['booking_id']} has units, free, left" in sentence
    assert f"booking {taken['booking_id']} is of a child that does not live here, and nobody is told" in sentence
    unsold = {
        "policy": "childcare", "version": "~", "in_force_from": day_of(offer.time_ms), "source": "planted",
        "parameters": {"services": {"care": {"after_quota": "refuse"}}},
    }  # fmt: skip
    spent = add_fact(days, offer, "policy.adopted.v1", unsold)
    spent = change_fact(spent, find(days, CONFIRMED, same(taken, "booking_id"))[0], CONFIRMED, same(taken, "booking_id"), free_units=0)
    assert "pays for what is not sold" in caught(spent, "Q01")


def test_n01_siblings_told_of_the_seat_alone_though_they_wanted_to_wait(days: Logs) -> None:
    refused = "childcare.booking.refused.v1"
    place, data = find(days, refused, lambda data: data["reason"] == "no_wait_together")
    assert "refused no_wait_together" in caught(change_fact(days, place, refused, same(data, "booking_id"), reason="no_seat"), "N01")


def test_the_eyes_may_be_shown_events_from_anywhere(days: Logs) -> None:
    """The simulator shows them its own."""
    events = {record.offset: orjson.loads(record.value or b"{}") for record in days.inputs}
    seers = eyes(lambda decided: events.get(decided.source_offset))
    fold(days, MODEL, seers)
    assert not [one for eye in seers for one in eye.found]
    assert last(days).body["area"] == AREA
