"""Who waits where: the index of the waitlist, and who is first for a free bed.

An applicant stands in the lanes of every facility they would go to; a free bed asks the few lanes that lead to it for their first. Lanes
hold only who can be offered a bed now: queued, and without a promise to the same person elsewhere.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from agents.beds.order import anniversary, bonus, counted_under, id_of, key_of
from agents.beds.policy import BedsParameters
from agents.beds.state import Application, BedsState, Facility, Group, Key, Lane, Turn
from agents.beds.states import ApplicationState
from agents.shared.calendar import midnight_ms_of
from agents.shared.waitlist import Line

PROMISED = (ApplicationState.OFFERED, ApplicationState.ACCEPTED)


def policy_today(state: BedsState) -> BedsParameters:
    """The policy in force on the day the keys are made for; versions change at midnight only."""
    return state.policies.at(midnight_ms_of(state.today))


def ready(state: BedsState, application: Application) -> bool:
    """Whether a bed may be offered to them now (C03: one open offer a person)."""
    return application.state is ApplicationState.QUEUED and all(
        state.applications[other].state not in PROMISED for other in state.persons[application.person_id]
    )


def refresh(state: BedsState, person_id: str) -> None:
    """Put the person's applications in line or take them out, as they now stand."""
    for application_id in state.persons.get(person_id, ()):
        application = state.applications[application_id]
        if ready(state, application):
            if application.key is None:
                join(state, application)
        elif application.key is not None:
            leave(state, application)


def join(state: BedsState, application: Application) -> None:
    """Into the line, by the order as it is today; free beds that suit are looked at."""
    policy = policy_today(state)
    application.bonus = bonus(policy, application.eligible_day, state.today)
    key = application.key = key_of(policy, application, application.bonus)
    application.lanes = tuple(lanes_of(state, application))
    application.line = counted_under(application)
    for lane in application.lanes:
        _line(state.lanes, lane).add(key)
    for bed_type in application.bed_types:
        _line(state.lines, (bed_type, application.sex, application.line)).add(key)
    state.waiting += 1
    for group in groups_for(state, application):
        state.dirty[group.key] = group


def leave(state: BedsState, application: Application) -> None:
    """Out of the line."""
    key = application.key
    assert key is not None
    for lane in application.lanes:
        _remove(state.lanes, lane, key)
    for bed_type in application.bed_types:
        _remove(state.lines, (bed_type, application.sex, application.line), key)
    application.key = None
    application.lanes = ()
    state.waiting -= 1


def lanes_of(state: BedsState, application: Application) -> Iterator[Lane]:
    """The lanes of one applicant, each once."""
    sex = application.sex
    reached = () if not application.choices and application.within_m is None else tuple(_reachable(state, application))
    # Whom their distance keeps from no home stands where those stand who named none: fewer lanes, the same answer.
    anywhere = not application.choices and (application.within_m is None or len(reached) == state.listed > 0)
    for bed_type in application.bed_types:
        if anywhere:
            yield bed_type, sex, "*"
            yield bed_type, sex, f"S:{application.street}"
            continue
        for facility in reached:
            own = facility.street == application.street
            yield bed_type, sex, f"{'O' if own else 'F'}:{facility.place_id}"


def set_apart(state: BedsState, application: Application, facility_id: str, until_ms: int) -> None:
    """Do not offer this facility to them until then."""
    application.excluded[facility_id] = until_ms
    facility = state.facilities.get(facility_id)
    assert facility is not None
    facility.apart.add(application.application_id)


def bring_together(state: BedsState, application: Application, facility_ids: tuple[str, ...]) -> None:
    """These facilities may be offered to them again."""
    for facility_id in facility_ids:
        del application.excluded[facility_id]
        state.facilities[facility_id].apart.discard(application.application_id)


def goes_to(application: Application, facility: Facility) -> bool:
    """Whether the applicant would go there: chosen (if they chose) and near enough; refusals are looked at elsewhere."""
    if application.choices and facility.place_id not in application.choices:
        return False
    return application.within_m is None or application.point.distance_m(facility) <= application.within_m


def first_for(state: BedsState, policy: BedsParameters, group: Group) -> Turn | None:
    """First in the order among those a free bed of this group suits, and whether by the street's own right (B-R2)."""
    if not usable(policy, group):
        return None
    own, others = _places(policy, group)
    key = _first(state, group, own)
    if key is not None:
        return Turn(key, group, True)
    key = _first(state, group, others)
    return None if key is None else Turn(key, group, False)


def following(state: BedsState, policy: BedsParameters, turn: Turn) -> Key | None:
    """Who comes next after this turn for a bed of its group."""
    own, others = _places(policy, turn.group)
    if turn.by_right:
        key = _first(state, turn.group, own, after=turn.key)
        if key is not None:
            return key
        # The one whose turn it is was the last of the street's own; others include them, so all but them are looked at.
        first = _first(state, turn.group, others)
        return _first(state, turn.group, others, after=first) if first == turn.key else first
    return _first(state, turn.group, others, after=turn.key)


def usable(policy: BedsParameters, group: Group) -> bool:
    """Whether beds of this group are offered at all: of a served pool, at a listed facility whose word is fresh (C07)."""
    return group.pool in policy.pools_served and group.facility.listed and not group.facility.silent


def own_waits(state: BedsState, group: Group) -> bool:
    """Whether one of the street's own residents waits for this street's bed."""
    return _first(state, group, (f"S:{group.facility.street}", f"O:{group.facility.place_id}")) is not None


def groups_for(state: BedsState, application: Application) -> Iterator[Group]:
    """Groups with a free bed of a type and sex that suits, wherever the applicant would go."""
    for bed_type in application.bed_types:
        by_facility = state.free.get(bed_type)
        if not by_facility:
            continue
        for facility_id in application.choices or by_facility:
            for group in by_facility.get(facility_id, ()):
                if group.sex in ("any", application.sex) and goes_to(application, group.facility):
                    yield group


def grow_older(state: BedsState, today: int) -> None:
    """Count the waiting bonuses up to this day; whoever's grew takes a new place."""
    state.today = today
    policy = policy_today(state)
    heap = state.ageing
    while heap and heap[0][0] <= today:
        _, application_id = heappop(heap)
        application = state.applications.get(application_id)
        if application is None:
            continue
        if application.key is not None and bonus(policy, application.eligible_day, today) != application.bonus:
            leave(state, application)
            join(state, application)
        will_grow(state, policy, application)


def will_grow(state: BedsState, policy: BedsParameters, application: Application) -> None:
    """Remember the day on which the bonus next grows."""
    months = bonus(policy, application.eligible_day, state.today)
    if months < policy.waiting_bonus_max:
        heappush(state.ageing, (anniversary(application.eligible_day, months + 1), application.application_id))


def rebuild(state: BedsState) -> None:
    """Make every derived index of the line anew: after loading, and when another policy comes into force."""
    policy = policy_today(state)
    state.built_for = state.policies.version
    state.lanes, state.lines, state.ageing, state.waiting = {}, {}, [], 0
    for application in state.applications.values():
        application.key = None
        application.priority_class = policy.class_of(application.categories)
        will_grow(state, policy, application)
        if ready(state, application):
            join(state, application)
    for by_facility in state.free.values():
        for groups in by_facility.values():
            for group in groups:
                state.dirty[group.key] = group


def reroute(state: BedsState) -> None:
    """A facility was registered or moved: applicants whose lanes depend on where facilities are take new lanes."""
    for application in state.applications.values():
        if application.key is not None and (application.choices or application.within_m is not None):
            leave(state, application)
            join(state, application)


def _reachable(state: BedsState, application: Application) -> Iterator[Facility]:
    for facility_id in dict.fromkeys(application.choices) if application.choices else state.facilities:
        facility = state.facilities.get(facility_id)
        if facility is not None and facility.listed and goes_to(application, facility):
            yield facility


def _places(policy: BedsParameters, group: Group) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lanes of the street's own right, and those of everybody, for a bed of this group."""
    facility = group.facility
    everybody = ("*", f"F:{facility.place_id}", f"O:{facility.place_id}")
    if group.pool != "street":
        return (), everybody
    return (f"S:{facility.street}", everybody[2]), everybody if policy.street_beds_open else ()


def _first(state: BedsState, group: Group, places: tuple[str, ...], after: Key | None = None) -> Key | None:
    """The earliest of these lanes (after a place in line) to whom the facility may be offered."""
    best: Key | None = None
    apart = group.facility.apart
    for sex in group.sexes:
        for place in places:
            line = state.lanes.get((group.bed_type, sex, place))
            if line is None:
                continue
            key = line.first() if after is None else line.after(after)
            while key is not None and (best is None or key < best):
                if not apart or id_of(key) not in apart:
                    best = key
                    break
                key = line.after(key)
    return best


def _line(lines: dict[Lane, Line], lane: Lane) -> Line:
    line = lines.get(lane)
    if line is None:
        line = lines[lane] = Line()
    return line


def _remove(lines: dict[Lane, Line], lane: Lane, key: Key) -> None:
    line = lines[lane]
    line.remove(key)
    if not line:
        del lines[lane]
