"""Invariants of beds at every prefix: each eye passes clean years and a day of conflicts, and catches its planted mistake."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from infra.checkers import intake
from infra.checkers.beds import lifecycle, lines
from infra.checkers.beds.checks import CHECKS
from infra.checkers.beds.writing import MODEL
from infra.checkers.fold import fold
from infra.checkers.logs import Decided, Logs
from tests.checkers.beds_year import journey, same, seen, year
from tests.checkers.planting import Body, add_fact, change, change_fact, drop_facts, find, last

STEPS = 2000
OFFER = "beds.offer.made.v1"
LISTED = "beds.bed.listed.v1"
QUEUED = "beds.application.queued.v1"
ENDED = "beds.application.ended.v1"
RELEASED = "beds.bed.released.v1"


@pytest.fixture(scope="module")
def clean() -> Logs:
    return year(3, STEPS)


@pytest.mark.parametrize("seed", range(4))
def test_clean_years_pass_every_eye_and_reach_what_they_judge(seed: int) -> None:
    logs = year(seed, STEPS)
    eyes = CHECKS.eyes(logs, 1)
    fold(logs, MODEL, eyes)
    assert [violation.line() for eye in eyes for violation in eye.found] == []
    assert [violation for check in CHECKS.outside for violation in check(logs)] == []
    assert intake.check_i05(logs, CHECKS.refusals or {}, CHECKS.acceptances or {}) == []
    assert CHECKS.counts(eyes)["offers"] > 50
    assert {eye.invariant for eye in eyes} == set(CHECKS.meanings)


def test_a_day_of_conflicts_and_refusals_passes_every_eye() -> None:
    logs = journey()
    eyes = CHECKS.eyes(logs, 1)
    fold(logs, MODEL, eyes)
    assert [violation.line() for eye in eyes for violation in eye.found] == []
    kinds = {fact["type"] for decided in logs.decisions for fact in decided.body["facts"]}
    wanted = {"beds.bed.conflicted.v1", "beds.offer.expired.v1", "beds.offer.declined.v1", "beds.leave.started.v1", "beds.bed.freed.v1"}
    assert wanted <= kinds


def test_a_thinned_look_sees_fewer_offers() -> None:
    logs = year(0, STEPS)
    eyes = CHECKS.eyes(logs, 10)
    fold(logs, MODEL, eyes)
    assert 0 < CHECKS.counts(eyes)["offers"] < 20


def test_w01_somebody_behind_gets_the_bed(clean: Logs) -> None:
    place, offer = find(clean, OFFER, lambda data: data["next_application_id"] is not None)
    swapped = change_fact(clean, place, OFFER, same(offer), application_id=offer["next_application_id"])
    assert "first in order is" in seen(swapped, lines.NoOvertaking())


def test_w01_an_offer_that_names_another_place_or_lane(clean: Logs) -> None:
    place, offer = find(clean, OFFER)
    key = [*offer["key"][:-1], offer["key"][-1] + 1]
    assert "the offer says" in seen(change_fact(clean, place, OFFER, same(offer), key=key), lines.NoOvertaking())
    other = "pool" if offer["lane"] == "own_street" else "own_street"
    assert "in lane" in seen(change_fact(clean, place, OFFER, same(offer), lane=other), lines.NoOvertaking())


def test_w01_a_month_waited_that_does_not_count(clean: Logs) -> None:
    """The eligible date a day off moves an anniversary: the points of the offer no longer agree."""
    place, offer = find(clean, OFFER, lambda data: data["order"][0] == "emergency")
    planted = change_fact(clean, _queued(clean, offer)[0], QUEUED, _of(offer), eligible_date="2019-05-31")
    assert place is not None
    assert "stands at" in seen(planted, lines.NoOvertaking())


def test_why_an_offer_or_an_entry_that_says_wrongly_who_was_ahead(clean: Logs) -> None:
    place, offer = find(clean, OFFER, lambda data: data["next_application_id"] is not None)
    assert "came next" in seen(change_fact(clean, place, OFFER, same(offer), next_application_id="a-nobody"), lines.TrueCertificates())
    assert "waited" in seen(change_fact(clean, place, OFFER, same(offer), waiting=offer["waiting"] + 1), lines.TrueCertificates())
    place, entry = find(clean, QUEUED, lambda data: data["ahead"] > 0)
    more = change_fact(clean, place, QUEUED, same(entry), ahead=entry["ahead"] + 1, rank=entry["rank"] + 1)
    assert "ahead, its entry says" in seen(more, lines.TrueCertificates())
    classes = change_fact(clean, place, QUEUED, same(entry), ahead_by_class={"first": entry["ahead"] + 7})
    assert "ahead, its entry says" in seen(classes, lines.TrueCertificates())
    place_, tied = find(clean, QUEUED)
    assert "its entry says" in seen(change_fact(clean, place_, QUEUED, same(tied), tie="~0"), lines.TrueCertificates())


def test_nearest_another_bed_than_the_one_to_take_or_another_distance(clean: Logs) -> None:
    place, offer = find(clean, OFFER)
    assert "m, it is" in seen(change_fact(clean, place, OFFER, same(offer), distance_m=offer["distance_m"] + 1), lines.NearestBed())
    bed, listed = find(clean, LISTED, lambda data: (data["facility_id"], data["bed_id"]) == (offer["facility_id"], offer["bed_id"]))
    twin = {**listed, "bed_id": "a-first", "state": "free", "published": "free", "from_state": None}
    twin |= {"bed_type": offer["bed_type"], "sex": offer["bed_sex"], "pool": offer["pool"]}
    assert "the one to take is" in seen(add_fact(clean, bed, LISTED, twin), lines.NearestBed())


def test_w03_a_free_bed_while_somebody_it_suits_waits(clean: Logs) -> None:
    _, offer = find(clean, OFFER)
    planted = drop_facts(clean, lambda kind, data: kind == OFFER and data["offer_id"] == offer["offer_id"])
    assert "is free and" in seen(planted, lines.NobodyWaits())


def test_w04_a_later_arrival_who_is_no_better_passes() -> None:
    logs = journey()
    _, late = find(logs, QUEUED, lambda data: data["application_id"] == "a3")
    place, offer = find(logs, OFFER)
    planted = change_fact(logs, _queued(logs, late)[0], QUEUED, same(late), eligible_date="2026-11-24")
    planted = change_fact(planted, place, OFFER, same(offer), application_id="a3")
    assert "no better by any criterion" in seen(planted, lines.AgeingBound())


def test_w02_a_refusal_that_costs_more_or_less_than_it_should() -> None:
    logs = journey()
    by_home = "beds.offer.declined.v1"
    place, said = find(logs, by_home, lambda data: data["by"] == "facility")
    assert "counted True" in seen(change_fact(logs, place, by_home, same(said), counted=True, refusals=1), lifecycle.RefusalsCost())
    assert "rests from" in seen(change_fact(logs, place, by_home, same(said), excluded_until_ms=5), lifecycle.RefusalsCost())


def test_w02_a_suspension_too_soon_or_not_at_all(clean: Logs) -> None:
    suspended = "beds.application.suspended.v1"
    _, found = find(clean, suspended, lambda data: data["cause"] == "refusals")
    without = drop_facts(clean, lambda kind, data: kind == suspended and data["cause"] == "refusals")
    assert "is not suspended" in seen(without, lifecycle.RefusalsCost())
    logs = journey()
    place, declined = find(logs, "beds.offer.declined.v1", lambda data: data["by"] == "applicant")
    soon = add_fact(logs, place, suspended, {**found, "application_id": declined["application_id"]})
    assert "by its refusals None" in seen(soon, lifecycle.RefusalsCost())


def test_w02_a_date_lost_when_assessed_anew(clean: Logs) -> None:
    kind = "beds.application.reassessed.v1"
    place, found = find(clean, kind, lambda data: len(data["key"]) == 5)
    lost = change_fact(clean, place, kind, same(found), key=[*found["key"][:-1], found["key"][-1] + 30])
    assert "by what is known to" in seen(lost, lifecycle.RefusalsCost())
    kind = "beds.application.approved.v1"
    place, found = find(clean, kind, lambda data: len(data["key"]) == 5)
    kept = change_fact(clean, place, kind, same(found), key=[1, *found["key"][1:]])
    assert "by what is known to" in seen(kept, lifecycle.RefusalsCost())


def test_i06_moves_that_are_not_in_the_tables(clean: Logs) -> None:
    place, ended = find(clean, ENDED)
    assert "moves it" in seen(add_fact(clean, last(clean), ENDED, ended), lifecycle.Moves())
    assert "is unknown" in seen(add_fact(clean, place, ENDED, {**ended, "application_id": "a-nobody"}), lifecycle.Moves())
    logs = journey()
    first, listed = find(logs, LISTED)
    planted = add_fact(logs, first, LISTED, {**listed, "state": "closed", "published": "closed"})
    assert "goes from held to closed" in seen(planted, lifecycle.Moves())


def test_i05_a_refused_id_taken_on_later(clean: Logs) -> None:
    _, refused = find(clean, "beds.application.refused.v1")
    _, entry = find(clean, QUEUED)
    planted = add_fact(clean, last(clean), QUEUED, {**entry, "application_id": refused["application_id"]})
    assert [violation.invariant for violation in intake.check_i05(planted, CHECKS.refusals or {}, CHECKS.acceptances or {})] == ["I05"]


def test_i07_an_offer_that_never_expires_and_an_assessment_nobody_sees_to(clean: Logs) -> None:
    expired = "beds.offer.expired.v1"
    _, offer = find(clean, expired)
    mine = (expired, RELEASED, "beds.application.suspended.v1")
    planted = drop_facts(clean, lambda kind, data: kind in mine and data["application_id"] == offer["application_id"])
    assert "has passed in silence" in seen(planted, lifecycle.NoOrphans())
    _, due = find(clean, "beds.application.reassessment_due.v1")
    alone = drop_facts(clean, lambda kind, data: kind == "task.opened.v1" and data["about"] == due["application_id"])
    assert "without a human" in seen(alone, lifecycle.NoOrphans())


def test_i07_a_bed_left_dirty_and_a_leave_nobody_looks_at(clean: Logs) -> None:
    _, cleaning = find(clean, "beds.bed.cleaning.v1")
    forgotten = drop_facts(clean, lambda kind, data: kind == "beds.bed.cleaning.v1" and data == cleaning)
    assert "its cleaning was expected by" in seen(forgotten, lifecycle.NoOrphans())
    _, overdue = find(clean, "beds.bed.overdue.v1")
    unseen = drop_facts(clean, lambda kind, data: kind == "beds.bed.overdue.v1" and data == overdue)
    assert f"its {overdue['kind']} was expected by" in seen(unseen, lifecycle.NoOrphans())


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("beds.application.reassessment_due.v1", "is to be assessed"),
        ("beds.application.resumed.v1", "is resumed"),
        ("beds.bed.cleaning.v1", "is cleaned"),
        ("beds.bed.overdue.v1", "is overdue"),
        ("beds.application.exclusion_ended.v1", "due at"),
    ],
)
def test_t02_what_the_clock_does_too_early(clean: Logs, kind: str, sentence: str) -> None:
    place, _ = find(clean, kind, lambda data: data.get("cause", "time") == "time")
    assert sentence in seen(_earlier(clean, place, kind), lifecycle.TimersInTime())


def test_t02_a_deadline_that_counts_a_weekend_or_keeps_no_calendar(clean: Logs) -> None:
    place, offer = find(clean, OFFER)
    planted = change_fact(clean, place, OFFER, same(offer), expires_at_ms=offer["expires_at_ms"] - 86_400_000)
    assert "by policy and calendar" in seen(planted, lifecycle.TimersInTime())
    accepted = "beds.offer.accepted.v1"
    place, found = find(clean, accepted)
    assert "by policy" in seen(
        change_fact(clean, place, accepted, same(found), admit_by_ms=found["admit_by_ms"] + 1), lifecycle.TimersInTime()
    )
    reported = "beds.inventory.reported.v1"
    place, found = find(clean, reported)
    longer = change_fact(clean, place, reported, same(found), stale_at_ms=found["stale_at_ms"] + 1)
    assert "by policy" in seen(longer, lifecycle.TimersInTime())
    calendar = {"policy": "calendar", "version": "c1", "in_force_from": "2026-01-01", "source": "test"}
    year_2026 = {**calendar, "parameters": {"year": 2026, "holidays": ["2026-11-24"], "workdays": []}}
    logs = journey()
    place, _ = find(logs, OFFER)
    assert "keeps a provisional deadline" in seen(add_fact(logs, place, "policy.adopted.v1", year_2026), lifecycle.TimersInTime())


def test_draw_seeds_that_were_not_committed_or_changed(clean: Logs) -> None:
    def edit(**draw: str) -> Callable[[Body], None]:
        def change_draws(body: Body) -> None:
            for fact in body["decisions"][0]["facts"]:
                if fact["type"] == "policy.adopted.v1":
                    fact["data"]["parameters"]["draws"] = [{"draw_id": "d1", **draw}]

        return change_draws

    first, _ = find(clean, "policy.adopted.v1")
    second, _ = find(clean, "policy.adopted.v1", turn=1)
    assert "without having been committed" in seen(change(clean, first, edit(seed_sha256="0", seed="s")), lifecycle.FairDraw())
    assert "is not the committed one" in seen(change(clean, first, edit(seed_sha256="0", seed="s")), lifecycle.FairDraw())
    assert "to another seed" in seen(change(clean, second, edit(seed_sha256="0")), lifecycle.FairDraw())
    place, entry = find(clean, QUEUED)
    assert "takes part in draw" in seen(change_fact(clean, place, QUEUED, same(entry), draw_id="d9"), lifecycle.FairDraw())


def _of(offer: Body) -> Callable[[Body], bool]:
    return lambda data: bool(data["application_id"] == offer["application_id"])


def _queued(logs: Logs, offer: Body) -> tuple[Decided, Body]:
    return find(logs, QUEUED, _of(offer))


def _earlier(logs: Logs, place: Decided, kind: str) -> Logs:
    """The record of this decision moved behind the opening: everything in it happens before its time."""

    def edit(body: Body) -> None:
        for one in body["decisions"]:
            one["time"] = "2020-01-01T00:00:00+08:00"

    assert any(fact["type"] == kind for fact in place.body["facts"])
    return replace(change(logs, place, edit))
