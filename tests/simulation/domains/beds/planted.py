# ruff: noqa: ARG005, E501 - a planted mistake has the shape of what it replaces; one row a mistake
"""Mistakes in the rules of beds: the order, offers and what refusals cost, inventories, the draw, the snapshot."""

from typing import Any
from unittest.mock import patch

from agents.beds import applications, decide, domain, evolve, inventory, lines, match, offers, order, overrides, residents, snapshot
from agents.beds.decide import ANSWERS
from agents.beds.evolve import WRITERS
from agents.beds.states import BedState
from agents.beds.stock import bed_of
from agents.core import accept
from agents.shared.calendar import WorkingDays
from schemas.beds import AllocationOverriddenEvent, BedCleanedEvent, InventoryPublishedEvent
from schemas.beds_facts import (
    ApplicationQueued,
    ApplicationReassessedFact,
    BedFreed,
    BedReleased,
    FacilitySilent,
    OfferMade,
    PriorityApprovedFact,
)
from schemas.decisions import Reasoned
from tests.simulation.planted.kind import Patch, Planted, instead

HOUR_MS = 3_600_000
TURNOVERS = {"own": {"persons": 60, "stories": 10}}
FEW = {"own": {"persons": 8, "stories": 10}}
"""Runs in which much is promised."""


def _writer(fact: Any, make: Any) -> Patch:
    return patch.dict(WRITERS, {fact: make(WRITERS[fact])})


def _latest_criterion_first() -> list[Patch]:
    return [instead(order, "packed", lambda packed: lambda policy, criteria: packed(policy, criteria[::-1]))]


def _bonus_forgotten() -> list[Patch]:
    return [patch.object(domain, "grow_older", lambda state, today: setattr(state, "today", today))]


def _two_offers() -> list[Patch]:
    return [patch.object(lines, "ready", lambda state, application: application.state == "queued")]


def _offer_to_two() -> list[Patch]:
    """Two people are offered one bed, while the bed beside it stays free."""

    def make(made: Any) -> Any:
        def wrapped(state: Any, policy: Any, promised: Any, now_ms: int) -> Any:
            beds = promised.bed.facility.beds.values()
            kind = (promised.bed.bed_type, promised.bed.sex, promised.bed.pool)
            taken = [bed for bed in beds if bed.state is BedState.HELD and (bed.bed_type, bed.sex, bed.pool) == kind]
            return made(state, policy, promised._replace(bed=taken[0]) if taken else promised, now_ms)

        return wrapped

    def calm(move: Any) -> Any:
        return lambda state, bed, to, now_ms: None if bed.state is to else move(state, bed, to, now_ms)

    return [instead(match, "_made", make), instead(evolve, "move", calm)]


def _snapshot_reorders_waits() -> list[Patch]:
    """Whoever came last stands first in the lines that are built anew from a snapshot."""

    def make(load: Any) -> Any:
        def wrapped(area: str, rows: Any) -> Any:
            state = load(area, rows)
            for application in state.applications.values():
                application.arrival = -application.arrival
            state.ordered_by = ()
            lines.rebuild(state)
            return state

        return wrapped

    return [instead(snapshot, "load", make)]


def _never_expires() -> list[Patch]:
    def make(made: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            made(state, fact, now_ms)
            state.deadlines.clear(f"offer|{fact.application_id}")

        return wrapped

    return [_writer(OfferMade, make)]


def _expired_accepted() -> list[Patch]:
    def make(made: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            made(state, fact, now_ms)
            state.deadlines.set(f"offer|{fact.application_id}", fact.expires_at_ms + 6 * HOUR_MS)

        return wrapped

    def timeless(open_offer: Any) -> Any:
        return lambda state, application_id, offer_id, now_ms: open_offer(state, application_id, offer_id, 0)

    return [_writer(OfferMade, make), instead(offers, "_open_offer", timeless)]


def _home_refusal_costs() -> list[Patch]:
    def make(refusal: Any) -> Any:
        def wrapped(policy: Any, application: Any, by: Any, reason: Any, now_ms: int) -> Any:
            first, *rest = refusal(policy, application, by, reason, now_ms)
            if by == "facility":
                first = first.model_copy(update={"counted": True, "refusals": first.refusals + 1})
            return [first, *rest]

        return wrapped

    return [instead(offers, "_refusal", make)]


def _suspended_early() -> list[Patch]:
    def make(suspension: Any) -> Any:
        return lambda policy, application, counted, refusals, now_ms: suspension(policy, application, counted, refusals + 1, now_ms)

    return [instead(offers, "_suspension", make)]


def _date_lost() -> list[Patch]:
    def make(reassessed: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            application = state.applications[fact.application_id]
            if application.key is not None:
                lines.leave(state, application)
            application.eligible_day = state.today
            reassessed(state, fact, now_ms)

        return wrapped

    return [_writer(ApplicationReassessedFact, make)]


def _freed_under_its_resident() -> list[Patch]:
    def cleaned(state: Any, event: Any, now_ms: int) -> Any:
        bed = bed_of(state, event.data.facility_id, event.data.bed_id)
        if bed is not None and bed.state is BedState.OCCUPIED and bed.resident_id is None:
            return accept(BedFreed(facility_id=event.data.facility_id, bed_id=event.data.bed_id))
        return residents.cleaned(state, event, now_ms)

    return [patch.dict(ANSWERS, {BedCleanedEvent: cleaned})]


def _draw_again() -> list[Patch]:
    return [patch.object(decide, "_draw_broken", lambda state, parsed: None)]


def _snapshot_forgets_exclusions() -> list[Patch]:
    return [patch.object(snapshot, "set_apart", lambda state, application, facility_id, until_ms: None)]


def _second_best_bed() -> list[Patch]:
    def make(best_group: Any) -> Any:
        def wrapped(state: Any, policy: Any, application: Any) -> Any:
            best = best_group(state, policy, application)

            def others(groups_for: Any) -> Any:
                return lambda *args: (group for group in groups_for(*args) if group is not best[0])

            try:
                with instead(match, "groups_for", others):
                    return best_group(state, policy, application)
            except AssertionError:
                return best

        return wrapped

    return [instead(match, "best_group", make)]


def _street_has_no_right() -> list[Patch]:
    def make(places: Any) -> Any:
        return lambda policy, group: ((), places(policy, group)[1])

    return [instead(lines, "_places", make)]


def _old_word_believed() -> list[Patch]:
    def make(silent: Any) -> Any:
        return lambda state, fact, now_ms: state.deadlines.clear(f"stale|{fact.facility_id}")

    return [_writer(FacilitySilent, make)]


def _older_inventory_wins() -> list[Patch]:
    def published(state: Any, event: Any, now_ms: int) -> Any:
        facility = state.facilities.get(event.data.facility_id)
        beds = [] if facility is None else list(facility.beds.values())
        before = [bed.version for bed in beds]
        for bed in beds:
            bed.version = 0
        verdict = inventory.published(state, event, now_ms)
        for bed, version in zip(beds, before, strict=True):
            bed.version = version
        return verdict

    return [patch.dict(ANSWERS, {InventoryPublishedEvent: published})]


def _conflict_untold() -> list[Patch]:
    def published(state: Any, event: Any, now_ms: int) -> Any:
        verdict = inventory.published(state, event, now_ms)
        told = tuple(one for one in verdict.facts if one.fact.type not in ("beds.bed.conflicted.v1", "task.opened.v1"))
        return verdict._replace(facts=told)

    return [patch.dict(ANSWERS, {InventoryPublishedEvent: published})]


def _weekends_count() -> list[Patch]:
    return [patch.object(WorkingDays, "is_working_day", lambda self, day: True)]


def _calendar_moves_nothing() -> list[Patch]:
    return [patch.object(offers, "deadlines_moved", lambda state, year, now_ms: [])]


def _next_forgotten() -> list[Patch]:
    def make(released: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            released(state, fact, now_ms)
            state.dirty.clear()
            state.turn = None

        return wrapped

    return [_writer(BedReleased, make)]


def _refused_home_offered_again() -> list[Patch]:
    return [patch.object(evolve, "set_apart", lambda state, application, facility_id, until_ms: None)]


def _nobody_assesses() -> list[Patch]:
    def make(over: Any) -> Any:
        return lambda state, application_id, now_ms: over(state, application_id, now_ms)[:1]

    return [instead(applications, "assessment_over", make)]


def _approval_changes_nothing() -> list[Patch]:
    return [_writer(PriorityApprovedFact, lambda approved: lambda state, fact, now_ms: None)]


def _planted(name: str, means: str, patches: Any, *caught_by: str, **more: Any) -> Planted:
    return Planted(name, means, patches, frozenset(caught_by), domain="beds", **more)


def _any_reason_overrides() -> list[Patch]:
    def make(made: Any) -> Any:
        def wrapped(state: Any, found: Any, bed: Any, reason: str, now_ms: int) -> Any:
            return made(state, found, bed, state.policies.at(now_ms).override_reasons[0], now_ms)

        return wrapped

    return [instead(overrides, "_refused", make)]


def _overtaken_unsaid() -> list[Patch]:
    def overridden(state: Any, event: Any, now_ms: int) -> Any:
        verdict = overrides.overridden(state, event, now_ms)
        if verdict.facts:
            one = verdict.facts[0].fact.model_copy(update={"reason": "no_reason"})
            return verdict._replace(facts=(Reasoned(one), *verdict.facts[1:]))
        return verdict

    return [patch.dict(ANSWERS, {AllocationOverriddenEvent: overridden})]


def _extended_over_others() -> list[Patch]:
    return [patch.object(residents, "first_for", lambda state, policy, group: None)]


def _wish_never_lapses() -> list[Patch]:
    def make(made: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            made(state, fact, now_ms)
            state.deadlines.clear(f"lapse|{fact.application_id}")

        return wrapped

    return [_writer(ApplicationQueued, make)]


MISTAKES = (
    _planted("beds_overtaken_by_date", "the last criterion of the order is asked first", _latest_criterion_first, "W01", "WHY", silent=True),
    _planted("beds_bonus_forgotten", "a month more waited does not count when the month is full", _bonus_forgotten, "W01", "WHY", "W02"),
    _planted("beds_two_offers", "a person with two applications has two offers", _two_offers, "C03", "W01", "WHY", "W03", fixed=FEW, silent=True),
    _planted("beds_offer_to_two", "one bed is offered to two people", _offer_to_two, "C03", "C01", "W01", "NEAREST", "WHY", fixed=FEW, silent=True),
    _planted(
        "beds_snapshot_reorders_waits", "after a snapshot the last to come is the first in line", _snapshot_reorders_waits, "L01", "W01", "WHY",
        fixed={"snapshot_every": 15, "faults_on": ("crash_now",)}, silent=True,
    ),
    _planted("beds_offer_never_expires", "an offer nobody answers is held for ever", _never_expires, "I07", silent=True),
    _planted("beds_expired_offer_accepted", "an offer is accepted after its deadline", _expired_accepted, "C04", "I07", silent=True),
    _planted("beds_home_refusal_costs", "a home's refusal counts against the applicant", _home_refusal_costs, "W02", fixed=TURNOVERS),
    _planted("beds_suspended_early", "a suspension comes one refusal too soon", _suspended_early, "W02"),
    _planted("beds_date_lost", "a reassessment starts the wait anew", _date_lost, "W01", "W02", "W04", "WHY", silent=True),
    _planted("beds_freed_under_its_resident", "a bed is called clean while somebody lies in it", _freed_under_its_resident, "C05"),
    _planted("beds_draw_again", "a draw is drawn again after its seed is known", _draw_again, "DRAW"),
    _planted(
        "beds_snapshot_forgets_exclusions", "after a snapshot a home that was refused is offered again", _snapshot_forgets_exclusions,
        "L01", "W01", "NEAREST", "W03", "WHY", "I08", fixed={**TURNOVERS, "snapshot_every": 15, "faults_on": ("crash_now",)}, silent=True,
    ),
    _planted("beds_second_best", "somebody gets the farther bed while the nearer is free", _second_best_bed, "NEAREST"),
    _planted("beds_street_without_right", "a street's bed goes past the street's own", _street_has_no_right, "W01", "W03", "WHY"),
    _planted("beds_old_word_believed", "a home silent for days is sent people", _old_word_believed, "C07", "W01"),
    _planted("beds_older_inventory_wins", "an old publication replaces a newer one", _older_inventory_wins, "C06"),
    _planted("beds_conflict_untold", "a home contradicts a promise and nobody is told", _conflict_untold, "C01", fixed=TURNOVERS, silent=True),
    _planted("beds_weekends_count", "weekends and holidays count as working days", _weekends_count, "T02"),
    _planted("beds_calendar_moves_nothing", "a provisional deadline stays when the calendar comes", _calendar_moves_nothing, "T02"),
    _planted("beds_next_forgotten", "a bed given back is offered to nobody", _next_forgotten, "W03"),
    _planted("beds_refused_home_again", "a home just refused is offered again", _refused_home_offered_again, "W01", "NEAREST", "W03", "WHY", silent=True),
    _planted("beds_nobody_assesses", "an assessment runs out and nobody is told", _nobody_assesses, "I07", silent=True),
    _planted("beds_any_reason_overrides", "any word takes a bed out of order", _any_reason_overrides, "W01"),
    _planted("beds_overtaken_unsaid", "a bed goes out of order for a reason that no policy names", _overtaken_unsaid, "W01"),
    _planted("beds_extended_over_others", "a stay is extended while somebody waits for the bed", _extended_over_others, "T02", fixed=TURNOVERS),
    _planted("beds_wish_never_lapses", "a stay is waited for after its last day", _wish_never_lapses, "I07"),
    _planted("beds_approval_idle", "an emergency approval changes nothing", _approval_changes_nothing, "W01", "W02", "WHY"),
)  # fmt: skip
