"""C01-C08 of beds: each eye passes clean years (`test_beds_invariants`) and catches its planted mistake."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.checkers.beds import stock
from infra.checkers.beds.writing import MODEL
from infra.checkers.fold import fold
from infra.checkers.logs import Logs
from tests.checkers.beds_year import journey, same, seen, year
from tests.checkers.planting import Body, add_fact, change_fact, drop_facts, find, last

STEPS = 2000
OFFER = "beds.offer.made.v1"
LISTED = "beds.bed.listed.v1"
RELEASED = "beds.bed.released.v1"


@pytest.fixture(scope="module")
def clean() -> Logs:
    return year(3, STEPS)


def test_c01_a_bed_that_was_not_free_and_a_conflict_nobody_is_told_of(clean: Logs) -> None:
    place, offer = find(clean, OFFER)
    assert "goes to" in seen(add_fact(clean, place, OFFER, {**offer, "offer_id": "offer:2"}), stock.FreeBeds())
    admitted = "beds.admission.recorded.v1"
    place, found = find(clean, admitted, lambda data: data["cause"] == "offer")
    assert "is filled by" in seen(change_fact(clean, place, admitted, same(found), offer_id="offer:9"), stock.FreeBeds())
    untold = drop_facts(journey(), lambda kind, _: kind in ("beds.bed.conflicted.v1", "task.opened.v1"))
    assert "nobody is told" in seen(untold, stock.FreeBeds())
    place, conflict = find(journey(), LISTED, lambda data: data["published"] == "occupied")
    dropped = change_fact(journey(), place, LISTED, same(conflict), state="occupied")
    assert "becomes occupied by a publication" in seen(dropped, stock.FreeBeds())


def test_c02_beds_that_appear_vanish_or_change_on_the_way(clean: Logs) -> None:
    place, found = find(clean, LISTED, lambda data: data["from_state"] is not None)
    assert "its listing says" in seen(change_fact(clean, place, LISTED, same(found), from_state=None), stock.Conservation())
    place, released = find(clean, RELEASED)
    assert "its home said" in seen(change_fact(clean, place, RELEASED, same(released), state="closed"), stock.Conservation())
    place, offer = find(clean, OFFER)
    assert "nobody listed" in seen(change_fact(clean, place, OFFER, same(offer), bed_id="b-none"), stock.Conservation())
    assert f"{OFFER} says" in seen(change_fact(clean, place, OFFER, same(offer), pool="city"), stock.Conservation())
    assert "becomes melted" in seen(change_fact(clean, *_first_listed(clean), state="melted"), stock.Conservation())
    logs = journey()
    gone = drop_facts(logs, lambda kind, data: kind == RELEASED and data["cause"] == "expired")
    assert "beds, " in seen(add_fact(gone, last(gone), OFFER, {**offer, "facility_id": "f1", "bed_id": "b2"}), stock.Conservation())


def test_c03_two_offers_for_a_person_and_two_for_a_bed(clean: Logs) -> None:
    place, offer = find(clean, OFFER)
    again = {**offer, "offer_id": "offer:2", "bed_id": "b-other"}
    assert "is offered b-other" in seen(add_fact(clean, place, OFFER, again), stock.OneOffer())
    other = {**offer, "offer_id": "offer:2", "person_id": "p-other", "application_id": "a-other"}
    assert "is offered again" in seen(add_fact(clean, place, OFFER, other), stock.OneOffer())


def test_c04_promises_that_end_twice_too_early_too_late_or_never(clean: Logs) -> None:
    place, offer = find(clean, OFFER)
    assert "is made again" in seen(add_fact(clean, last(clean), OFFER, offer), stock.ResolvedOnce())
    expired = "beds.offer.expired.v1"
    place, found = find(clean, expired)
    assert "comes" in seen(add_fact(clean, last(clean), expired, found), stock.ResolvedOnce())
    kept = drop_facts(clean, lambda kind, data: kind == RELEASED and data["offer_id"] == found["offer_id"])
    assert "was not released" in seen(kept, stock.ResolvedOnce())
    made, mine = find(clean, OFFER, lambda data: data["offer_id"] == found["offer_id"])
    later = change_fact(clean, made, OFFER, same(mine), expires_at_ms=2**45)
    assert "its deadline is" in seen(later, stock.ResolvedOnce())
    _, accepted = find(clean, "beds.offer.accepted.v1")
    made, mine = find(clean, OFFER, lambda data: data["offer_id"] == accepted["offer_id"])
    late = change_fact(clean, made, OFFER, same(mine), expires_at_ms=1)
    assert "its deadline is 1" in seen(late, stock.ResolvedOnce())
    place, released = find(clean, RELEASED, lambda data: data["cause"] == "expired")
    assert "is released as declined" in seen(change_fact(clean, place, RELEASED, same(released), cause="declined"), stock.ResolvedOnce())
    silent = drop_facts(clean, lambda kind, _: kind == expired)
    assert "nothing ended it" in seen(silent, stock.ResolvedOnce())
    assert "which nobody made" in seen(drop_facts(clean, lambda kind, _: kind == OFFER), stock.ResolvedOnce())


def test_c05_a_bed_given_back_twice(clean: Logs) -> None:
    for kind in ("beds.bed.vacated.v1", "beds.bed.freed.v1", RELEASED):
        place, found = find(clean, kind)
        assert f"{kind} comes" in seen(add_fact(clean, place, kind, found), stock.FreedOnce())
    vacated = "beds.bed.vacated.v1"
    place, found = find(clean, vacated, lambda data: data["application_id"] is not None)
    assert "leaves it" in seen(change_fact(clean, place, vacated, same(found), application_id=None), stock.FreedOnce())


def test_c06_an_older_publication_that_wins_and_a_newest_one_lost(clean: Logs) -> None:
    _, listed = find(clean, LISTED, lambda data: data["version"] > 1)
    old = add_fact(clean, last(clean), LISTED, {**listed, "version": 1})
    assert "to 1" in seen(old, stock.NewestWins())
    reported = "beds.inventory.reported.v1"
    place, found = find(clean, reported, lambda data: bool(data["unchanged"]))
    assert "to 0" in seen(change_fact(clean, place, reported, same(found), version=0), stock.NewestWins())
    _, newest = find(clean, LISTED, _last_version(clean))
    lost = drop_facts(clean, lambda kind, data: kind == LISTED and data == newest)
    assert stock.check_publications(lost)


def test_c07_an_offer_on_an_old_word(clean: Logs) -> None:
    reported = "beds.inventory.reported.v1"
    place, offer = find(clean, OFFER)
    logs = clean
    for turn in range(2000):
        try:
            there, said = find(clean, reported, lambda data: data["facility_id"] == offer["facility_id"], turn)
        except LookupError:
            break
        if there.offset > place.offset:
            break
        logs = change_fact(logs, there, reported, same(said), stale_at_ms=1)
    assert "was good until" in seen(logs, stock.FreshWord())
    unlisted = drop_facts(clean, lambda kind, _: kind == "beds.facility.listed.v1")
    assert "is not listed" in seen(unlisted, stock.FreshWord())
    silent = add_fact(clean, place, "beds.facility.silent.v1", {"facility_id": offer["facility_id"], "since_ms": 1})
    assert "before its time" in seen(silent, stock.FreshWord())


def test_c08_an_offer_that_cites_another_version(clean: Logs) -> None:
    place, offer = find(clean, OFFER)
    assert "cites 0" in seen(change_fact(clean, place, OFFER, same(offer), inventory_version=0), stock.CitesInventory())


def _first_listed(logs: Logs) -> tuple[Any, ...]:
    place, found = find(logs, LISTED)
    return place, LISTED, same(found)


def _last_version(logs: Logs) -> Callable[[Body], bool]:
    """The listing of a bed that nothing newer followed."""
    ends = {(key, bed.version) for area in fold(logs, MODEL).values() for key, bed in area.beds.items()}
    listed = [fact["data"] for decided in logs.decisions for fact in decided.body["facts"] if fact["type"] == LISTED]
    newest = next(one for one in reversed(listed) if ((one["facility_id"], one["bed_id"]), one["version"]) in ends)
    return same(newest)
