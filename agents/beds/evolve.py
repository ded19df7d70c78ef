"""Facts into state: the only writer. One function a fact; whoever adds a fact adds its row to `WRITERS`.

Beds and residents are in `evolve_beds`. Deadline keys name the work they stand for: of an application ``offer|``, ``admit|``,
``resume|``, ``rest|``, ``assess|``, ``lapse|``; of a bed ``clean|``, ``leave|``, ``stay|``, ``notice|`` with ``facility|bed``; of a
facility ``stale|``.
"""

from collections.abc import Callable
from typing import Any

from agents.beds import evolve_beds
from agents.beds.lines import bring_together, leave, leave_lanes, policy_today, rebuild, refresh, set_apart, will_grow
from agents.beds.policy import BedsParameters
from agents.beds.state import FOREVER_MS, Application, BedsState, Directed, Ended
from agents.beds.states import APPLICATION_TRANSITIONS, ApplicationState, BedState
from agents.beds.stock import bed_of, move
from agents.shared.calendar import DAY_MS, CalendarYear, day_from, midnight_ms_of
from agents.shared.nearest import Point
from agents.shared.policy import parse
from schemas import beds_facts as facts
from schemas import beds_stay_facts as stay_facts
from schemas.facts import CaseStuck, Fact, PolicyAdopted, TaskClosed, TaskKind, TaskOpened

_A = ApplicationState
OWNED_KIND = {_A.QUEUED: "assess", _A.OFFERED: "offer", _A.ACCEPTED: "admit", _A.SUSPENDED: "resume", _A.REASSESS: "assess"}
"""The deadline of an application's state: each open one has one of its own, and no other."""
OWNED_KINDS = ("offer", "admit", "resume", "assess")
REMIND_DAYS = 30
"""A reassessment whose task a human closed without one is asked for again after so many days [O]."""


def evolve(state: BedsState, fact: Fact, now_ms: int) -> None:
    """Write one fact."""
    state.turn = None
    WRITERS[type(fact)](state, fact, now_ms)


def _policy_adopted(state: BedsState, fact: PolicyAdopted, now_ms: int) -> None:
    state.cited.forget()
    if fact.policy == "calendar":
        year = parse(CalendarYear, fact.parameters)
        assert year is not None
        state.calendar.adopt(year)
        state.answer_by = (0, "", 0, False)
        state.calendar_versions[year.year] = fact.version
        return
    assert fact.policy == "beds"
    parsed = parse(BedsParameters, fact.parameters)
    assert parsed is not None
    for draw in parsed.draws:
        state.draws.setdefault(draw.draw_id, draw.seed_sha256)
    state.policies.adopt(fact.version, fact.in_force_from, fact.parameters, now_ms)
    if state.policies.version != state.built_for:
        evolve_beds.recount(state)
        rebuild(state)


def _queued(state: BedsState, fact: facts.ApplicationQueued, _now_ms: int) -> None:
    assert fact.application_id not in state.applications
    application = Application(fact.application_id)
    application.person_id = fact.person_id
    application.point = Point(fact.lat, fact.lon)
    application.street = fact.street
    application.sex = fact.sex
    application.level = fact.level
    application.score = fact.score
    application.assessed_date = fact.assessed_date
    application.assessment_until_ms = fact.assessment_until_ms
    application.categories = fact.categories
    application.priority_class = fact.priority_class
    application.bed_types = fact.bed_types
    application.wished = fact.wished
    application.choices = fact.choices
    application.within_m = fact.within_m
    application.stay_days = fact.stay_days
    if fact.stay_from is not None and fact.stay_days is not None:
        application.stay_from_day = day_from(fact.stay_from).toordinal()
        state.deadlines.set(f"lapse|{fact.application_id}", midnight_ms_of(application.stay_from_day + fact.stay_days))
    application.eligible_day = day_from(fact.eligible_date).toordinal()
    application.draw_id = fact.draw_id
    application.arrival = state.arrivals = fact.arrival
    state.applications[fact.application_id] = application
    state.persons.setdefault(fact.person_id, []).append(fact.application_id)
    will_grow(state, policy_today(state), application)
    _to(state, application, _A.QUEUED)


def _refused(state: BedsState, fact: facts.ApplicationRefused, now_ms: int) -> None:
    assert fact.application_id not in state.applications
    _remember(state, fact.application_id, _A.REFUSED, fact.reason, now_ms)


def _reassessed(state: BedsState, fact: facts.ApplicationReassessedFact, _now_ms: int) -> None:
    application = state.applications[fact.application_id]
    if application.key is not None:
        leave(state, application)
    leave_lanes(state, application)
    application.level = fact.level
    application.score = fact.score
    application.assessed_date = fact.assessed_date
    application.assessment_until_ms = fact.assessment_until_ms
    application.categories = fact.categories
    application.priority_class = fact.priority_class
    application.bed_types = fact.bed_types
    application.wished = fact.wished
    if fact.requeued:
        _to(state, application, _A.QUEUED)
        return
    if application.state is _A.QUEUED:
        state.deadlines.set(f"assess|{application.application_id}", application.assessment_until_ms)
    refresh(state, application.person_id)


def _reassessment_due(state: BedsState, fact: facts.ReassessmentDue, _now_ms: int) -> None:
    _to(state, state.applications[fact.application_id], _A.REASSESS)


def _approved(state: BedsState, fact: facts.PriorityApprovedFact, _now_ms: int) -> None:
    application = state.applications[fact.application_id]
    if application.key is not None:
        leave(state, application)
    application.emergency = True
    refresh(state, application.person_id)


def _suspended(state: BedsState, fact: facts.ApplicationSuspended, _now_ms: int) -> None:
    application = state.applications[fact.application_id]
    application.suspension = fact.cause
    application.suspended_until_ms = fact.until_ms
    if fact.cause == "refusals":
        application.refusals = 0
    _to(state, application, _A.SUSPENDED)


def _resumed(state: BedsState, fact: facts.ApplicationResumedFact, _now_ms: int) -> None:
    application = state.applications[fact.application_id]
    application.suspension = ""
    application.suspended_until_ms = 0
    _to(state, application, _A.QUEUED)


def _exclusion_ended(state: BedsState, fact: facts.ExclusionEnded, _now_ms: int) -> None:
    application = state.applications[fact.application_id]
    bring_together(state, application, fact.facility_ids)
    _rest(state, application)
    if application.key is not None:
        leave(state, application)
        refresh(state, application.person_id)


def _ended(state: BedsState, fact: facts.ApplicationEnded, now_ms: int) -> None:
    _close(state, state.applications[fact.application_id], _A(fact.state), fact.reason, now_ms)


def _offer_made(state: BedsState, fact: facts.OfferMade, now_ms: int) -> None:
    application = state.applications[fact.application_id]
    bed = bed_of(state, fact.facility_id, fact.bed_id)
    assert bed is not None
    move(state, bed, BedState.HELD, now_ms)
    bed.offer_id, bed.application_id = fact.offer_id, fact.application_id
    application.bed = bed
    application.offer_id = fact.offer_id
    application.offered_ms = now_ms
    application.offers += 1
    application.promised_until_ms = fact.expires_at_ms
    application.provisional = fact.provisional
    if fact.override_reason is not None:
        state.directed = None
    _to(state, application, _A.OFFERED)


def _overridden(state: BedsState, fact: stay_facts.AllocationOverriddenFact, _now_ms: int) -> None:
    state.directed = Directed(fact.application_id, fact.facility_id, fact.bed_id, fact.reason)


def _deadline_moved(state: BedsState, fact: facts.OfferDeadlineMoved, _now_ms: int) -> None:
    application = state.applications[fact.application_id]
    application.promised_until_ms = fact.expires_at_ms
    application.provisional = fact.provisional
    if not fact.provisional:
        state.provisional.pop(fact.application_id, None)
    state.deadlines.set(f"offer|{fact.application_id}", fact.expires_at_ms)


def _offer_accepted(state: BedsState, fact: facts.OfferAcceptedFact, now_ms: int) -> None:
    application = state.applications[fact.application_id]
    assert application.bed is not None
    move(state, application.bed, BedState.RESERVED, now_ms)
    application.promised_until_ms = fact.admit_by_ms
    application.provisional = False
    _to(state, application, _A.ACCEPTED)


def _not_taken(state: BedsState, fact: facts.OfferExpired | facts.OfferDeclinedFact | facts.AdmissionMissed, _now_ms: int) -> None:
    application = state.applications[fact.application_id]
    if isinstance(fact, facts.OfferExpired):
        application.expired_offer_id = fact.offer_id
    application.refusals = fact.refusals
    set_apart(state, application, fact.facility_id, FOREVER_MS if fact.excluded_until_ms is None else fact.excluded_until_ms)
    _rest(state, application)


def _released(state: BedsState, fact: facts.BedReleased, now_ms: int) -> None:
    """The end of a promise, of the bed and of the application together: neither is ever without the other."""
    application = state.applications[fact.application_id]
    bed = application.bed
    assert bed is not None
    application.bed = application.offer_id = None
    bed.offer_id = bed.application_id = None
    move(state, bed, BedState(fact.state), now_ms)
    if bed.state is BedState.CLEANING:
        evolve_beds.expect_clean(state, bed, now_ms)
    _to(state, application, _A.QUEUED)


def _admission_recorded(state: BedsState, fact: facts.AdmissionRecorded, now_ms: int) -> None:
    application = None if fact.cause != "offer" or fact.application_id is None else state.applications[fact.application_id]
    if application is not None:
        application.bed = application.offer_id = None
    evolve_beds.occupied(state, fact, now_ms)
    if application is not None:
        _close(state, application, _A.ADMITTED, None, now_ms)


def _task_opened(state: BedsState, fact: TaskOpened, _now_ms: int) -> None:
    state.tasks[fact.task_id] = fact.about
    if fact.kind is TaskKind.REASSESSMENT_DUE:
        state.applications[fact.about].task_id = fact.task_id
    elif fact.kind is TaskKind.POOL_BELOW_QUOTA:
        state.quota_task_id = fact.task_id
    elif fact.kind in (TaskKind.BED_CONFLICT, TaskKind.BED_OVERDUE):
        bed = bed_of(state, fact.detail["facility_id"], fact.detail["bed_id"])
        assert bed is not None
        kind = fact.detail.get("overdue", "conflict")
        bed.task_ids[kind] = fact.task_id
        state.bed_tasks[fact.task_id] = (bed.key, kind)
    elif fact.kind is TaskKind.STUCK_CASE:
        state.stuck_tasks[fact.task_id] = fact.about


def _task_closed(state: BedsState, fact: TaskClosed, now_ms: int) -> None:
    about = state.tasks.pop(fact.task_id)
    application = state.applications.get(about)
    if application is not None and application.task_id == fact.task_id:
        application.task_id = None
        if application.state is _A.REASSESS:
            state.deadlines.set(f"assess|{about}", now_ms + REMIND_DAYS * DAY_MS)
    if fact.task_id == state.quota_task_id:
        state.quota_task_id = None
    found = state.bed_tasks.pop(fact.task_id, None)
    if found is not None:
        facility_id, _, bed_id = found[0].partition("|")
        bed = bed_of(state, facility_id, bed_id)
        assert bed is not None
        bed.task_ids.pop(found[1], None)
    key = state.stuck_tasks.pop(fact.task_id, None)
    if key is not None and key in state.stuck:
        # The human is done with it: the work is tried again, and gets stuck again if our code is still wrong.
        state.deadlines.set(key, max(state.stuck.pop(key), now_ms))


def _case_stuck(state: BedsState, fact: CaseStuck, _now_ms: int) -> None:
    if state.directed is not None and fact.case == state.directed.key:
        state.directed = None
        return
    when_ms = state.deadlines.when(fact.case)
    assert when_ms is not None, "only a deadline can get stuck"
    state.stuck[fact.case] = when_ms
    state.deadlines.clear(fact.case)


def _to(state: BedsState, application: Application, to: ApplicationState) -> None:
    """From one state to another: one the table names (I06); its deadline with it (I07), and its place in line."""
    before = application.state
    assert to in APPLICATION_TRANSITIONS[before], f"an application does not go from {before} to {to}"
    application.state = to
    application_id = application.application_id
    kind = OWNED_KIND.get(before)
    if kind is not None:
        state.deadlines.clear(f"{kind}|{application_id}")
    if state.stuck:
        for kind in OWNED_KINDS:
            state.stuck.pop(f"{kind}|{application_id}", None)
    if before is _A.OFFERED:
        state.provisional.pop(application_id, None)
    if to is _A.QUEUED:
        state.deadlines.set(f"assess|{application_id}", application.assessment_until_ms)
    elif to is _A.OFFERED:
        state.deadlines.set(f"offer|{application_id}", application.promised_until_ms)
        if application.provisional:
            state.provisional[application_id] = application
    elif to is _A.ACCEPTED:
        state.deadlines.set(f"admit|{application_id}", application.promised_until_ms)
    elif to is _A.SUSPENDED:
        state.deadlines.set(f"resume|{application_id}", application.suspended_until_ms)
    refresh(state, application.person_id)


def _close(state: BedsState, application: Application, to: ApplicationState, reason: str | None, now_ms: int) -> None:
    _to(state, application, to)
    application_id = application.application_id
    for kind in ("rest", "lapse"):
        state.deadlines.clear(f"{kind}|{application_id}")
        state.stuck.pop(f"{kind}|{application_id}", None)
    leave_lanes(state, application)
    bring_together(state, application, tuple(application.excluded))
    del state.applications[application_id]
    others = state.persons[application.person_id]
    others.remove(application_id)
    if others:
        refresh(state, application.person_id)
    else:
        del state.persons[application.person_id]
    _remember(state, application_id, to, reason, now_ms)


def _remember(state: BedsState, application_id: str, to: ApplicationState, reason: str | None, now_ms: int) -> None:
    assert application_id not in state.ended, "nothing leaves a terminal state"
    state.ended[application_id] = Ended(to, reason, now_ms)
    state.ended_order.append(application_id)


def _rest(state: BedsState, application: Application) -> None:
    """When the next facility may be offered again."""
    key = f"rest|{application.application_id}"
    ends = [until_ms for until_ms in application.excluded.values() if until_ms < FOREVER_MS]
    if ends:
        state.deadlines.set(key, min(ends))
    else:
        state.deadlines.clear(key)


# Each row takes the fact of its own key, which no type checker can say of a table.
WRITERS: dict[type[Fact], Callable[[BedsState, Any, int], None]] = {
    PolicyAdopted: _policy_adopted,
    facts.ApplicationQueued: _queued,
    facts.ApplicationRefused: _refused,
    facts.ApplicationReassessedFact: _reassessed,
    facts.ReassessmentDue: _reassessment_due,
    facts.PriorityApprovedFact: _approved,
    facts.ApplicationSuspended: _suspended,
    facts.ApplicationResumedFact: _resumed,
    facts.ExclusionEnded: _exclusion_ended,
    facts.ApplicationEnded: _ended,
    facts.OfferMade: _offer_made,
    facts.OfferDeadlineMoved: _deadline_moved,
    facts.OfferAcceptedFact: _offer_accepted,
    facts.OfferExpired: _not_taken,
    facts.OfferDeclinedFact: _not_taken,
    facts.AdmissionMissed: _not_taken,
    facts.BedReleased: _released,
    stay_facts.AllocationOverriddenFact: _overridden,
    stay_facts.OfferWithdrawn: evolve_beds.nothing,
    facts.AdmissionRecorded: _admission_recorded,
    TaskOpened: _task_opened,
    TaskClosed: _task_closed,
    CaseStuck: _case_stuck,
    **evolve_beds.WRITERS,
}
