"""Applications: eligibility, reassessment, emergency approval, pauses, and the ends that are not an admission."""

from datetime import date, timedelta

from agents.beds.eligibility import Assessment, not_eligible, types_allowed, valid_until_ms
from agents.beds.offers import closing, open_task, release
from agents.beds.order import bonus, key_from, key_of, tie, tie_of, values
from agents.beds.policy import BedsParameters
from agents.beds.position import best_standing
from agents.beds.state import Application, BedsState
from agents.beds.states import ApplicationState
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import day_from, day_of, midnight_ms, midnight_ms_of
from agents.shared.explanation import because
from schemas.beds import (
    ApplicationPausedEvent,
    ApplicationReassessedEvent,
    ApplicationResumedEvent,
    ApplicationSubmitted,
    ApplicationSubmittedEvent,
    ApplicationWithdrawnEvent,
    PersonDiedEvent,
    PriorityApprovedEvent,
)
from schemas.beds_facts import (
    ApplicationEnded,
    ApplicationQueued,
    ApplicationReassessedFact,
    ApplicationRefused,
    ApplicationResumedFact,
    ApplicationSuspended,
    BedVacatedFact,
    PriorityApprovedFact,
    ReassessmentDue,
)
from schemas.beds_reasons import BedsReason
from schemas.decisions import Outcome, Reasoned, Why
from schemas.facts import Fact, TaskClosed, TaskKind


def submitted(state: BedsState, event: ApplicationSubmittedEvent, now_ms: int) -> Verdict:
    """Queued with a rank, or refused for good by a named rule (B-R3, I05)."""
    data = event.data
    if data.application_id in state.applications:
        return refuse(BedsReason.APPLICATION_EXISTS)
    ended = state.ended.get(data.application_id)
    if ended is not None:
        refused = ended.state is ApplicationState.REFUSED
        reason = BedsReason.APPLICATION_ALREADY_REFUSED if refused else BedsReason.APPLICATION_CLOSED
        return refuse(reason, because("ended", state=ended.state.value, first_reason=ended.reason))
    policy = state.policies.at(now_ms)
    asked = Assessment(data.assessed_level, data.assessed_on, data.categories, tuple([kind.value for kind in data.bed_types]))
    broken = _broken_rule(state, policy, data, asked, now_ms)
    if broken is not None:
        reason, why = broken
        fact = ApplicationRefused(application_id=data.application_id, person_id=data.person_id, reason=reason.value)
        return Verdict(Outcome.REFUSED, reason.value, (Reasoned(fact),), why)
    application = _drafted(state, policy, data, asked, now_ms)
    points = application.bonus = bonus(policy, application.eligible_day, state.today)
    criteria = values(policy, application, points)
    drawn_or_not = tie(policy, application.application_id, application.draw_id, application.arrival)
    application.key = key_from(policy, criteria, drawn_or_not, application.application_id)
    rank_type, ahead, by_class = best_standing(state, policy, application)
    queued = Reasoned(
        ApplicationQueued.made(
            {
                "application_id": application.application_id,
                "rank": ahead + 1,
                "ahead": ahead,
                "rank_type": rank_type,
                "ahead_by_class": by_class,
                "person_id": application.person_id,
                "lat": data.position.lat,
                "lon": data.position.lon,
                "street": application.street,
                "sex": application.sex,
                "level": application.level,
                "score": application.score,
                "assessed_date": application.assessed_date,
                "assessment_until_ms": application.assessment_until_ms,
                "categories": application.categories,
                "priority_class": application.priority_class,
                "bed_types": application.bed_types,
                "wished": application.wished,
                "choices": application.choices,
                "within_m": application.within_m,
                "stay_days": application.stay_days,
                "eligible_date": date.fromordinal(application.eligible_day).isoformat(),
                "draw_id": application.draw_id,
                "arrival": application.arrival,
                "order": policy.order,
                "key": criteria,
                "tie": drawn_or_not,
                "stay_from": None if application.stay_from_day is None else date.fromordinal(application.stay_from_day).isoformat(),
            }
        )
    )
    if application.stay_from_day is None:
        return accept(queued)
    from_ms = midnight_ms_of(application.stay_from_day - policy.stay_lead_days)
    return accept(queued) if from_ms <= now_ms else accept(queued, _suspended(application, "stay_start", 0, from_ms))


def _broken_rule(
    state: BedsState, policy: BedsParameters, data: ApplicationSubmitted, asked: Assessment, now_ms: int
) -> tuple[BedsReason, Why] | None:
    today = day_of(now_ms)
    broken = not_eligible(policy, asked, today, now_ms)
    if broken is not None:
        return broken
    if data.age is not None and data.age < policy.age_min:
        return BedsReason.AGE_BELOW, because("age_min", age_min=policy.age_min)
    respite = "respite" in asked.wished
    if respite and data.stay_days is None:
        return BedsReason.STAY_MISSING, because("stay_days")
    if (data.stay_days is not None) != (set(asked.wished) == {"respite"}):
        return BedsReason.STAY_NOT_RESPITE, because("bed_types", bed_types=list(asked.wished))
    if data.stay_days is not None and data.stay_days > policy.stay_days_max:
        return BedsReason.STAY_TOO_LONG, because("stay_days_max", days=policy.stay_days_max)
    if data.stay_from is not None and data.stay_days is None:
        return BedsReason.STAY_NOT_RESPITE, because("stay_from")
    if data.stay_from is not None and data.stay_from < today:
        return BedsReason.DATE_PAST, because("stay_from", today=today.isoformat())
    if data.stay_from is not None and data.stay_from > today + timedelta(days=policy.stay_ahead_days_max):
        return BedsReason.DATE_TOO_FAR, because("stay_ahead_days_max", days=policy.stay_ahead_days_max)
    if data.applied_on is not None and data.applied_on > today:
        return BedsReason.DATE_IN_FUTURE, because("applied_on", today=today.isoformat())
    for other_id in state.persons.get(data.person_id, ()):
        if (state.applications[other_id].stay_days is None) == (data.stay_days is None):
            return BedsReason.DUPLICATE_PERSON, because("one_application", application_id=other_id)
    return None


def _drafted(state: BedsState, policy: BedsParameters, data: ApplicationSubmitted, asked: Assessment, now_ms: int) -> Application:
    """The application as it will be queued; the state does not know it."""
    draft = Application(data.application_id)
    draft.person_id = data.person_id
    draft.street = data.street
    draft.sex = data.sex.value
    draft.level = data.assessed_level
    draft.score = data.score
    draft.assessed_date = data.assessed_on.isoformat()
    draft.assessment_until_ms = valid_until_ms(policy, data.assessed_on)
    draft.categories = data.categories
    draft.priority_class = policy.class_of(data.categories)
    draft.wished = tuple(dict.fromkeys(asked.wished))
    draft.bed_types = types_allowed(policy, data.assessed_level, draft.wished)
    draft.choices = tuple(dict.fromkeys(data.choices))
    draft.within_m = policy.within_m(data.max_travel_s)
    draft.stay_days = data.stay_days
    draft.stay_from_day = None if data.stay_from is None else data.stay_from.toordinal()
    draft.eligible_day = (data.applied_on or day_of(now_ms)).toordinal()
    if policy.draws:
        draft.draw_id = next((draw.draw_id for draw in reversed(policy.draws) if draw.seed is None), None)
    draft.arrival = state.arrivals + 1
    return draft


def reassessed(state: BedsState, event: ApplicationReassessedEvent, now_ms: int) -> Verdict:
    """The rank changes at once, the date is kept; who is no longer eligible leaves the line by the rule that says so."""
    data = event.data
    found = known(state, data.application_id)
    if isinstance(found, Verdict):
        return found
    today = day_of(now_ms)
    if data.assessed_on < day_from(found.assessed_date):
        return refuse(BedsReason.ASSESSMENT_STALE, because("assessed_on", known=found.assessed_date))
    policy = state.policies.at(now_ms)
    wished = found.wished if data.bed_types is None else tuple(dict.fromkeys(kind.value for kind in data.bed_types))
    if ("respite" in wished) != (found.stay_days is not None) or (found.stay_days is not None and len(wished) > 1):
        return refuse(BedsReason.STAY_NOT_RESPITE, because("bed_types", bed_types=list(wished)))
    categories = found.categories if data.categories is None else data.categories
    broken = not_eligible(policy, Assessment(data.assessed_level, data.assessed_on, categories, wished), today, now_ms)
    if broken is not None:
        reason, why = broken
        if reason not in (BedsReason.LEVEL_BELOW, BedsReason.NEEDS_HOSPITAL, BedsReason.NOT_REGISTERED):
            return refuse(reason, why)
        return accept(*_ended(found, "ineligible", reason.value), why=why)
    draft = Application(found.application_id)
    draft.emergency, draft.eligible_day = found.emergency, found.eligible_day
    draft.draw_id, draft.arrival = found.draw_id, found.arrival
    draft.level = data.assessed_level
    draft.score = found.score if data.score is None else data.score
    draft.priority_class = policy.class_of(categories)
    points = bonus(policy, found.eligible_day, state.today)
    fact = ApplicationReassessedFact(
        application_id=found.application_id,
        person_id=found.person_id,
        level=draft.level,
        score=draft.score,
        assessed_date=data.assessed_on.isoformat(),
        assessment_until_ms=valid_until_ms(policy, data.assessed_on),
        categories=categories,
        priority_class=draft.priority_class,
        bed_types=types_allowed(policy, draft.level, wished),
        wished=wished,
        requeued=found.state is ApplicationState.REASSESS,
        key=values(policy, draft, points),
        tie=tie_of(key_of(policy, draft, points)),
    )
    closing = () if found.task_id is None else (TaskClosed(task_id=found.task_id, result="reassessed"),)
    return accept(fact, *closing)


def withdrawn(state: BedsState, event: ApplicationWithdrawnEvent, _now_ms: int) -> Verdict:
    """Out of line; a bed promised goes on at once."""
    found = known(state, event.data.application_id)
    if isinstance(found, Verdict):
        return found
    return accept(*_ended(found, "withdrawn", event.data.reason))


def person_died(state: BedsState, event: PersonDiedEvent, now_ms: int) -> Verdict:
    """Every open application ends, and the bed the person lay in is vacated."""
    person_id = event.data.person_id
    facts: list[Fact] = []
    for application_id in state.persons.get(person_id, ()):
        facts += _ended(state.applications[application_id], "deceased", None)
    for bed in state.lying.get(person_id, ()):
        facts.append(
            BedVacatedFact(
                facility_id=bed.facility.place_id,
                bed_id=bed.bed_id,
                application_id=bed.resident_id,
                person_id=person_id,
                reason="deceased",
                cleaning_at_ms=now_ms + state.policies.at(now_ms).cleaning_after_s * 1000,
            )
        )
        facts += closing(bed, "deceased", "conflict", "leave", "stay")
    return accept(*facts) if facts else refuse(BedsReason.UNKNOWN_PERSON)


def _ended(application: Application, how: str, reason: str | None, released_by: str | None = None) -> list[Fact]:
    """Its end, with the promise of a bed before it; ``released_by`` is why that ends when it is not how the application does."""
    facts: list[Fact] = []
    if application.bed is not None:
        facts += release(application, released_by or how)
    facts.append(ApplicationEnded(application_id=application.application_id, person_id=application.person_id, state=how, reason=reason))
    if application.task_id is not None:
        facts.append(TaskClosed(task_id=application.task_id, result=how))
    return facts


def paused(state: BedsState, event: ApplicationPausedEvent, now_ms: int) -> Verdict:
    """No offers until a date, the eligible date kept."""
    data = event.data
    found = known(state, data.application_id)
    if isinstance(found, Verdict):
        return found
    own = found.state is ApplicationState.SUSPENDED and found.suspension == "own_wish"
    if found.state is not ApplicationState.QUEUED and not own:
        return refuse(BedsReason.NOT_WAITING, because("state", state=found.state.value))
    policy = state.policies.at(now_ms)
    last = day_of(now_ms) + timedelta(days=policy.pause_days_max)
    until = last if data.until is None else data.until
    if until <= day_of(now_ms):
        return refuse(BedsReason.DATE_PAST, because("until", today=day_of(now_ms).isoformat()))
    if until > last:
        return refuse(BedsReason.DATE_TOO_FAR, because("pause_days_max", days=policy.pause_days_max))
    return accept(_suspended(found, "own_wish", found.refusals, midnight_ms(until)))


def resumed(state: BedsState, event: ApplicationResumedEvent, _now_ms: int) -> Verdict:
    """Back in line before the pause ends."""
    found = known(state, event.data.application_id)
    if isinstance(found, Verdict):
        return found
    if found.state is not ApplicationState.SUSPENDED or found.suspension != "own_wish":
        return refuse(BedsReason.NOT_PAUSED, because("state", state=found.state.value))
    return accept(ApplicationResumedFact(application_id=found.application_id, person_id=found.person_id, cause="own_wish"))


def approved(state: BedsState, event: PriorityApprovedEvent, now_ms: int) -> Verdict:
    """First in order from now on, with who approved it (B16)."""
    data = event.data
    found = known(state, data.application_id)
    if isinstance(found, Verdict):
        return found
    if found.emergency:
        return refuse(BedsReason.ALREADY_APPROVED)
    policy = state.policies.at(now_ms)
    key = list(values(policy, found, bonus(policy, found.eligible_day, state.today)))
    if "emergency" in policy.order:
        key[policy.order.index("emergency")] = 0
    return accept(
        PriorityApprovedFact(
            application_id=found.application_id,
            person_id=found.person_id,
            approver=data.approver,
            reason=data.reason,
            key=tuple(key),
        )
    )


def lapsed(state: BedsState, application_id: str) -> tuple[Reasoned, ...]:
    """The last day of the stay has come without a bed: the wish is over (there is nothing left to offer)."""
    over = BedsReason.STAY_OVER.value
    facts = _ended(state.applications[application_id], "withdrawn", over, released_by=over)
    return Reasoned(facts[0], because("stay_from")), *(Reasoned(fact) for fact in facts[1:])


def resume_due(state: BedsState, application_id: str) -> tuple[Reasoned, ...]:
    """A suspension or pause is over."""
    found = state.applications[application_id]
    return (Reasoned(ApplicationResumedFact(application_id=application_id, person_id=found.person_id, cause="time")),)


def assessment_over(state: BedsState, application_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """No offers without a valid assessment: somebody must see to a new one."""
    found = state.applications[application_id]
    fact = ReassessmentDue(application_id=application_id, person_id=found.person_id, assessed_date=found.assessed_date)
    task = open_task(TaskKind.REASSESSMENT_DUE, application_id, found.assessed_date, str(now_ms))
    return Reasoned(fact, because("assessment_valid_days", assessed_on=found.assessed_date)), Reasoned(task)


def known(state: BedsState, application_id: str) -> Application | Verdict:
    """The open application, or the refusal that says why there is none."""
    found = state.applications.get(application_id)
    if found is not None:
        return found
    ended = state.ended.get(application_id)
    if ended is None:
        return refuse(BedsReason.UNKNOWN_APPLICATION)
    return refuse(BedsReason.APPLICATION_CLOSED, because("ended", state=ended.state.value))


def _suspended(application: Application, cause: str, refusals: int, until_ms: int) -> ApplicationSuspended:
    return ApplicationSuspended(
        application_id=application.application_id,
        person_id=application.person_id,
        cause=cause,
        refusals=refusals,
        until_ms=until_ms,
    )
