"""Who waits where: the index of the waitlist, and who is first for a free bed.

An applicant stands in the lanes of every facility they would go to; a free bed asks the few lanes that lead to it for their first. Lanes
hold only who can be offered a bed now: queued, and without a promise to the same person elsewhere.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from math import pi, sin
from operator import itemgetter

from agents.beds.order import anniversary, bonus, counted_under, id_of, key_of
from agents.beds.policy import BedsParameters
from agents.beds.state import Application, BedsState, Facility, Group, Key, Lane, Turn
from agents.beds.states import ApplicationState
from agents.shared.calendar import midnight_ms_of
from agents.shared.nearest import DIAMETER_M
from agents.shared.waitlist import Line

PROMISED = (ApplicationState.OFFERED, ApplicationState.ACCEPTED)


def policy_today(state: BedsState) -> BedsParameters:
    """The policy in force on the day the keys are made for; versions change at midnight only."""
    return state.policies.at(midnight_ms_of(state.today))


def ready(state: BedsState, application: Application) -> bool:
    """Whether a bed may be offered to them now (C03: one open offer a person)."""
    if application.state is not ApplicationState.QUEUED:
        return False
    mine = state.persons[application.person_id]
    return len(mine) == 1 or all(state.applications[other].state not in PROMISED for other in mine)


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
    application.line = counted_under(application)
    if application.lane_key != key:
        leave_lanes(state, application)
        application.lane_key = key
        application.lanes = application.missed = lanes_of(state, application)
    for lane in application.missed:
        _line(state.lanes, lane).add(key)
    application.missed = ()
    for bed_type in application.bed_types:
        _line(state.lines, (bed_type, application.sex, application.line)).add(key)
    state.waiting += 1
    for group in groups_for(state, policy, application):
        state.dirty[group.key] = group


def leave(state: BedsState, application: Application) -> None:
    """Out of the line. The lanes are left when somebody meets them there, or never: see `Application.lane_key`."""
    key = application.key
    assert key is not None
    for bed_type in application.bed_types:
        _remove(state.lines, (bed_type, application.sex, application.line), key)
    application.key = None
    state.waiting -= 1


def leave_lanes(state: BedsState, application: Application) -> None:
    """Out of the lanes too: whoever is gone for good, or whose lanes are no longer right."""
    key = application.lane_key
    if key is None:
        return
    for lane in application.lanes:
        if lane not in application.missed:
            _remove(state.lanes, lane, key)
    application.lane_key = None
    application.lanes = application.missed = ()


def lanes_of(state: BedsState, application: Application) -> tuple[Lane, ...]:
    """The lanes of one applicant, each once."""
    sex = application.sex
    if application.choices or application.within_m is not None:
        reached = _reachable(state, application)
        # Whom their distance keeps from no home stands where those stand who named none: fewer lanes, the same answer, since whoever
        # is met there is asked whether they would go (`_first`): homes that come later change nothing for them.
        if application.choices or len(reached) < max(1, state.listed):
            return tuple((bed_type, sex, _place(application, facility)) for bed_type in application.bed_types for facility in reached)
    anywhere = ("*", f"S:{application.street}")
    return tuple((bed_type, sex, place) for bed_type in application.bed_types for place in anywhere)


def _place(application: Application, facility: Facility) -> str:
    return facility.places[facility.street != application.street]


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
    return _first(state, group, (f"S:{group.facility.street}", group.facility.places[0])) is not None


def groups_for(state: BedsState, policy: BedsParameters, application: Application) -> Iterator[Group]:
    """Groups with a free bed that is offered now, of a type and sex that suits, wherever the applicant would go."""
    choices = application.choices
    for bed_type in application.bed_types:
        for pool in policy.pools_served:
            by_facility = state.free.get((bed_type, pool))
            if by_facility is None:
                continue
            for groups in [by_facility[name] for name in choices if name in by_facility] if choices else by_facility.values():
                for group in groups:
                    if application.sex in group.sexes and usable(policy, group) and goes_to(application, group.facility):
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


def will_grow(state: BedsState, policy: BedsParameters, application: Application) -> int:
    """Remember the day on which the bonus next grows; returns what it is today."""
    months = bonus(policy, application.eligible_day, state.today)
    if months < policy.waiting_bonus_max:
        heappush(state.ageing, (anniversary(application.eligible_day, months + 1), application.application_id))
    return months


def rebuild(state: BedsState) -> None:
    """Make every derived index of the line anew: after loading, and when a policy comes into force that orders otherwise."""
    policy = policy_today(state)
    state.built_for = state.policies.version
    ordered_by = (policy.order, policy.priority_classes, policy.waiting_bonus_max, policy.draws)
    if state.ordered_by != ordered_by:
        state.ordered_by = ordered_by
        _order_anew(state, policy)
    for by_facility in state.free.values():
        for groups in by_facility.values():
            for group in groups:
                state.dirty[group.key] = group


def _order_anew(state: BedsState, policy: BedsParameters) -> None:
    """Everybody's key, sorted once, then dealt out to the lanes in order: nothing is searched."""
    state.ageing = []
    placed: list[tuple[Key, Application]] = []
    for application in state.applications.values():
        application.key = None
        application.priority_class = policy.class_of(application.categories)
        application.bonus = will_grow(state, policy, application)
        if not ready(state, application):
            application.lane_key, application.lanes, application.missed = None, (), ()
            continue
        application.line = counted_under(application)
        placed.append((key_of(policy, application, application.bonus), application))
    placed.sort(key=itemgetter(0))
    lanes: dict[Lane, list[Key]] = {}
    lines: dict[Lane, list[Key]] = {}
    for key, application in placed:
        if application.lane_key is None:
            application.lanes = lanes_of(state, application)
        application.key = application.lane_key = key
        application.missed = ()
        for lane in application.lanes:
            lanes.setdefault(lane, []).append(key)
        for bed_type in application.bed_types:
            lines.setdefault((bed_type, application.sex, application.line), []).append(key)
    state.lanes = {lane: Line.of(keys) for lane, keys in lanes.items()}
    state.lines = {lane: Line.of(keys) for lane, keys in lines.items()}
    state.waiting = len(placed)


def reroute(state: BedsState, facility: Facility) -> None:
    """A facility was registered or moved: whoever's lanes depend on where it is leave its lanes and take the right ones. Only its own
    lanes are touched."""
    places = facility.places
    known = facility.place_id in state.routed
    state.routed.add(facility.place_id)
    for lane in [lane for lane in state.lanes if lane[2] in places]:
        del state.lanes[lane]
    entering: dict[Lane, list[Key]] = {}
    for application in state.applications.values():
        key = application.lane_key
        if key is None or (application.within_m is None and not application.choices):
            continue
        if application.choices:
            if facility.place_id not in application.choices:
                continue
        elif application.lanes and application.lanes[0][2] == "*":
            continue
        if known:
            application.lanes = tuple(lane for lane in application.lanes if lane[2] not in places)
            application.missed = tuple(lane for lane in application.missed if lane[2] not in places)
        if goes_to(application, facility):
            place = _place(application, facility)
            own = tuple((bed_type, application.sex, place) for bed_type in application.bed_types)
            for lane in own:
                entering.setdefault(lane, []).append(key)
            application.lanes += own
    state.lanes |= {lane: Line.of(sorted(keys)) for lane, keys in entering.items()}


def _reachable(state: BedsState, application: Application) -> list[Facility]:
    """The listed facilities they would go to."""
    facilities = state.facilities
    if application.choices:
        chosen = [facilities[one] for one in dict.fromkeys(application.choices) if one in facilities]
        return [facility for facility in chosen if facility.listed and goes_to(application, facility)]
    assert application.within_m is not None
    # Every facility is asked: squares of chords answer all but those within a metre of the limit, which the metres themselves decide.
    surely, hardly = (_chord_squared(application.within_m + more) for more in (-0.5, 1.5))
    point = application.point
    x, y, z = point.at
    out = []
    for facility in facilities.values():
        if facility.listed:
            fx, fy, fz = facility.at
            squared = (fx - x) * (fx - x) + (fy - y) * (fy - y) + (fz - z) * (fz - z)
            if squared < surely or (squared < hardly and goes_to(application, facility)):
                out.append(facility)
    return out


def _chord_squared(distance_m: float) -> float:
    """Of the unit sphere; half the way round it is as far as anything is."""
    half = sin(min(max(distance_m, 0.0) / DIAMETER_M, pi / 2))
    return 4 * half * half


def _places(policy: BedsParameters, group: Group) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lanes of the street's own right, and those of everybody, for a bed of this group."""
    facility = group.facility
    own, other = facility.places
    everybody = ("*", other, own)
    if group.pool != "street":
        return (), everybody
    return (f"S:{facility.street}", own), everybody if policy.street_beds_open else ()


def _first(state: BedsState, group: Group, places: tuple[str, ...], after: Key | None = None) -> Key | None:
    """The earliest of these lanes (after a place in line) to whom the facility may be offered."""
    best: Key | None = None
    facility = group.facility
    applications, lanes, apart = state.applications, state.lanes, facility.apart
    for sex in group.sexes:
        for place in places:
            lane = (group.bed_type, sex, place)
            line = lanes.get(lane)
            if line is None:
                continue
            key = line.first() if after is None else line.after(after)
            while key is not None and (best is None or key < best):
                application_id = id_of(key)
                application = applications[application_id]
                if application.key is None:
                    application.missed += (lane,)
                    _remove(lanes, lane, key)
                elif application_id not in apart and (
                    application.within_m is None or place[0] in "OF" or application.point.distance_m(facility) <= application.within_m
                ):
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
