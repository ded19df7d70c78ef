"""The next offer: whoever is first in the order among all that a free bed suits gets the nearest one that suits them.

Several beds may be free at once, and one bed's first may be another's second. So the earliest of all first ones takes a turn, and
takes the best of all free beds that are theirs to take; then the next. Nobody is overtaken: before a bed or an applicant came
there was no pair of a free bed and somebody waiting whom it suits, and each turn ends the earliest of the pairs that came.
"""

from typing import NamedTuple

from agents.beds.lines import first_for, following, goes_to, groups_for, own_waits, policy_today
from agents.beds.order import id_of, tie_of, values
from agents.beds.policy import BedsParameters
from agents.beds.state import Application, Bed, BedsState, Group, Key, Turn
from agents.beds.states import BedState
from agents.beds.stock import bed_of, like
from agents.shared.calendar import WorkingDays, day_number, day_of, midnight_ms_of
from agents.shared.explanation import Considered, because
from agents.shared.ids import derived_id
from schemas.beds_facts import OfferMade
from schemas.beds_reasons import BedsRule
from schemas.decisions import Reasoned, Why

POOL_PLACE = {"street": 0, "district": 1, "city": 2}
SEX_PLACE = {"f": 0, "m": 0, "any": 1}
"""A bed that only one sex may take is used before one that anybody may."""


def next_turn(state: BedsState) -> Turn | None:
    """The earliest applicant whom any free bed suits. Groups that suit nobody are struck off the list of those to look at,
    which changes nothing anybody can see: the list is derived and may name too many."""
    if state.turn is not None or not state.dirty:
        return state.turn
    policy = policy_today(state)
    best: Turn | None = None
    for name, group in list(state.dirty.items()):
        found = first_for(state, policy, group)
        if found is None:
            del state.dirty[name]
        elif best is None or (found.key, group.key) < (best.key, best.group.key):
            best = found
    state.turn = best
    return best


def offer(state: BedsState, turn: Turn, now_ms: int) -> Reasoned:
    """The offer of this turn, with why."""
    policy = policy_today(state)
    application = state.applications[id_of(turn.key)]
    group, distance_m = best_group(state, policy, application)
    if group is not turn.group:
        found = first_for(state, policy, group)
        assert found is not None
        assert found.key == turn.key, "the earliest of all is first wherever a bed suits them"
        turn = found
    lane = "own_street" if turn.by_right else "pool"
    promised = _Promise(application, group.facility.beds[group.beds[0]], lane, following(state, policy, turn), distance_m, None)
    return Reasoned(_made(state, policy, promised, now_ms), _why(state, policy, application, group, distance_m))


def directed_offer(state: BedsState, now_ms: int) -> Reasoned:
    """The offer of a bed that an operator gave out of order: who would have got it is named in it, if anybody waits for it."""
    directed = state.directed
    assert directed is not None
    policy = policy_today(state)
    application, bed = state.applications[directed.application_id], bed_of(state, directed.facility_id, directed.bed_id)
    assert application.key is not None, "whoever is given a bed has no other"
    assert bed is not None
    assert bed.state is BedState.FREE
    turn = first_for(state, policy, like(bed))
    first = None if turn is None else following(state, policy, turn) if turn.key == application.key else turn.key
    distance_m = application.point.distance_m(bed.facility)
    promised = _Promise(application, bed, "override", first, distance_m, directed.reason)
    why = because("override", reason=directed.reason, distance_m=distance_m) | {"considered": 1, "chosen": bed.facility.place_id}
    return Reasoned(_made(state, policy, promised, now_ms), why)


class _Promise(NamedTuple):
    application: Application
    bed: Bed
    lane: str
    behind: Key | None
    """Who comes next; of an override who would have come first."""
    distance_m: int
    override_reason: str | None


def _made(state: BedsState, policy: BedsParameters, promised: _Promise, now_ms: int) -> OfferMade:
    application, bed, lane, behind, distance_m, override_reason = promised
    assert application.key is not None
    expires_ms, provisional = _expiry_today(state, policy, now_ms)
    after = None if behind is None else state.applications[id_of(behind)]
    return OfferMade.made(
        {
            "offer_id": derived_id("offer", application.application_id, str(application.offers + 1)),
            "application_id": application.application_id,
            "person_id": application.person_id,
            "facility_id": bed.facility.place_id,
            "bed_id": bed.bed_id,
            "expires_at_ms": expires_ms,
            "provisional": provisional,
            "bed_type": bed.bed_type,
            "bed_sex": bed.sex,
            "pool": bed.pool,
            "lane": lane,
            "inventory_version": bed.version,
            "distance_m": distance_m,
            "order": policy.order,
            "key": values(policy, application, application.bonus),
            "tie": tie_of(application.key),
            "next_application_id": None if after is None else after.application_id,
            "next_key": None if after is None else values(policy, after, after.bonus),
            "next_tie": None if behind is None else tie_of(behind),
            "waiting": state.waiting,
            "override_reason": override_reason,
        }
    )


def best_group(state: BedsState, policy: BedsParameters, application: Application) -> tuple[Group, int]:
    """The group this applicant takes a bed of, and its distance: their own ranking first (by policy), then the nearest;
    of one facility the type wished first, the street's pool before wider ones, a room for their sex before one for anybody."""
    best: tuple[tuple[int, int, str, int, int, int], Group] | None = None
    ranked = policy.choices_by == "rank"
    measured: dict[str, int] = {}
    for group in groups_for(state, policy, application):
        facility = group.facility
        facility_id = facility.place_id
        if facility_id in application.excluded:
            continue
        own = group.pool == "street" and facility.street == application.street
        if group.pool == "street" and not own and (not policy.street_beds_open or own_waits(state, group)):
            continue
        distance_m = measured.get(facility_id)
        if distance_m is None:
            distance_m = measured[facility_id] = application.point.distance_m(facility)
        rank = (
            application.choices.index(facility_id) if ranked and application.choices else 0,
            distance_m,
            facility_id,
            application.bed_types.index(group.bed_type),
            POOL_PLACE[group.pool],
            SEX_PLACE[group.sex],
        )
        if best is None or rank < best[0]:
            best = (rank, group)
    assert best is not None, "who has a turn has a bed to take"
    return best[1], best[0][1]


def expiry(calendar: WorkingDays, policy: BedsParameters, made_ms: int) -> tuple[int, bool]:
    """The end of the last working day to answer, and whether a calendar not known yet may move it."""
    deadline = calendar.after(day_of(made_ms), policy.offer_working_days)
    return midnight_ms_of(deadline.day.toordinal() + 1), deadline.provisional


def _expiry_today(state: BedsState, policy: BedsParameters, now_ms: int) -> tuple[int, bool]:
    """The same for every offer of a day: worked out once."""
    today, version = day_number(now_ms), state.policies.version
    known_day, known_version, until_ms, provisional = state.answer_by
    if (known_day, known_version) != (today, version):
        until_ms, provisional = expiry(state.calendar, policy, now_ms)
        state.answer_by = (today, version, until_ms, provisional)
    return until_ms, provisional


def _why(state: BedsState, policy: BedsParameters, application: Application, chosen: Group, distance_m: int) -> Why:
    """Facilities the person would rather have, with the rule that ruled each out; all others when they chose none are nearer."""
    considered = Considered()
    point = application.point
    for facility_id in application.choices:
        if facility_id == chosen.facility.place_id:
            if policy.choices_by == "rank":
                break
            continue
        facility = state.facilities.get(facility_id)
        if facility is None or not facility.listed:
            considered.reject(facility_id, BedsRule.NOT_LISTED, 0)
            continue
        rule = BedsRule.NO_FREE_BED
        if not goes_to(application, facility):
            rule = BedsRule.TOO_FAR
        elif facility_id in application.excluded:
            rule = BedsRule.EXCLUDED
        elif facility.silent:
            rule = BedsRule.STALE_INVENTORY
        considered.reject(facility_id, rule, point.distance_m(facility))
    return considered.why(chosen.facility.place_id, rule="first_in_order", distance_m=distance_m)
