"""Who waits where: the index of the waitlist, and who is first for a free bed.

An applicant stands in the lanes of every facility they would go to; a free bed asks two or four lanes for their first. Lanes
hold only who can be offered a bed now: queued, and without a promise to the same person elsewhere.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from agents.beds.order import anniversary, bonus, counted_under, key_of
from agents.beds.policy import BedsParameters
from agents.beds.state import Application, BedsState, Facility, Group, Key, Lane
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
    anywhere = not application.choices and application.within_m is None
    sex = application.sex
    for bed_type in application.bed_types:
        if anywhere:
            yield bed_type, sex, "*"
            yield bed_type, sex, f"S:{application.street}"
            continue
        for facility in _reachable(state, application):
            yield bed_type, sex, f"F:{facility.place_id}"
            if facility.street == application.street:
                yield bed_type, sex, f"O:{facility.place_id}"


def goes_to(application: Application, facility: Facility) -> bool:
    """Whether the applicant would go there: chosen (if they chose) and near enough; refusals are looked at elsewhere."""
    if application.choices and facility.place_id not in application.choices:
        return False
    return application.within_m is None or application.point.distance_m(facility) <= application.within_m


def first_for(state: BedsState, policy: BedsParameters, group: Group) -> tuple[Key, bool, Key | None] | None:
    """First in the order among those a free bed of this group suits, whether by the street's own right, and who comes next."""
    facility = group.facility
    if not usable(policy, group):
        return None
    own = _in_order(state, group, (f"S:{facility.street}", f"O:{facility.place_id}")) if group.pool == "street" else ()
    others = () if group.pool == "street" and not policy.street_beds_open else ("*", f"F:{facility.place_id}")
    first: Key | None = None
    second: Key | None = None
    by_right = False
    if own:
        first, second = own
        by_right = True
    if first is None and others:
        found = _in_order(state, group, others)
        first, second = found or (None, None)
        by_right = False
    elif first is not None and second is None and others:
        # Of the street's own there was one; the next is the first of all others.
        second = next((key for key in _in_order(state, group, others) or () if key is not None and key != first), None)
    return None if first is None else (first, by_right, second)


def usable(policy: BedsParameters, group: Group) -> bool:
    """Whether beds of this group are offered at all: of a served pool, at a listed facility whose word is fresh (C07)."""
    return group.pool in policy.pools_served and group.facility.listed and not group.facility.silent


def own_waits(state: BedsState, group: Group) -> bool:
    """Whether one of the street's own residents waits for this street's bed."""
    return _in_order(state, group, (f"S:{group.facility.street}", f"O:{group.facility.place_id}")) is not None


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


def _in_order(state: BedsState, group: Group, where: tuple[str, ...]) -> tuple[Key, Key | None] | None:
    """The first two of these lanes who do not stand apart from the facility."""
    found: list[Key] = []
    facility_id = group.facility.place_id
    applications = state.applications
    for sex in group.sexes:
        for place in where:
            line = state.lanes.get((group.bed_type, sex, place))
            key = None if line is None else line.first()
            taken = 0
            while line is not None and key is not None and taken < 2:
                if facility_id not in applications[key[2]].excluded:
                    found.append(key)
                    taken += 1
                key = line.after(key)
    if not found:
        return None
    found.sort()
    return found[0], found[1] if len(found) > 1 else None


def _line(lines: dict[Lane, Line[Key]], lane: Lane) -> Line[Key]:
    line = lines.get(lane)
    if line is None:
        line = lines[lane] = Line()
    return line


def _remove(lines: dict[Lane, Line[Key]], lane: Lane, key: Key) -> None:
    line = lines[lane]
    line.remove(key)
    if not line:
        del lines[lane]
