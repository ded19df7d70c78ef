"""What must hold of the state after every event, and of the whole state after recovery (C01-C04, I06, I07, W01, W03)."""

from collections.abc import Iterable, Iterator

from agents.beds.lines import goes_to, ready
from agents.beds.order import key_of
from agents.beds.state import Application, Bed, BedsState, Lane
from agents.beds.states import OPEN_PROMISE, TERMINAL, ApplicationState, BedState
from agents.beds.stock import POOLED, bed_of
from agents.core import InvariantBroken
from schemas.facts import Fact

OWNED_BY = {
    ApplicationState.QUEUED: "assess",
    ApplicationState.OFFERED: "offer",
    ApplicationState.ACCEPTED: "admit",
    ApplicationState.SUSPENDED: "resume",
    ApplicationState.REASSESS: "assess",
}
"""The deadline that owns an application in each open state."""


def check(state: BedsState, facts: Iterable[Fact]) -> None:
    """Look at what these facts touched: their applications with their persons, and their beds."""
    applications: dict[str, Application | None] = {}
    beds: dict[tuple[str, str], None] = {}
    for fact in facts:
        values = fact.__dict__
        application_id = values.get("application_id")
        if application_id is not None:
            applications[application_id] = state.applications.get(application_id)
        if "bed_id" in values:
            beds[values["facility_id"], values["bed_id"]] = None
    for application in applications.values():
        if application is not None:
            application_sound(state, application)
    for facility_id, bed_id in beds:
        bed = bed_of(state, facility_id, bed_id)
        if bed is not None:
            bed_sound(state, bed)


def application_sound(state: BedsState, application: Application) -> None:
    """A deadline or an owner (I07), a bed exactly when one is promised (C03), a place in line exactly when one can be offered."""
    name = application.application_id
    require(application.state not in TERMINAL, "an ended application is not open")
    key = f"{OWNED_BY[application.state]}|{name}"
    owned = key in state.deadlines or key in state.stuck or application.task_id is not None
    require(owned, "an application has a deadline or an owner")
    promised = application.state in (ApplicationState.OFFERED, ApplicationState.ACCEPTED)
    bed = application.bed
    require((bed is not None) == promised, "exactly a promise has a bed")
    if bed is not None:
        held = BedState.HELD if application.state is ApplicationState.OFFERED else BedState.RESERVED
        require(bed.state is held and bed.application_id == name and bed.offer_id == application.offer_id, "one promise, one bed")
    require((application.key is not None) == ready(state, application), "in line is who can be offered a bed")
    siblings = state.persons[application.person_id]
    promises = sum(state.applications[other].bed is not None for other in siblings)
    require(promises <= 1, "one open offer a person")


def bed_sound(state: BedsState, bed: Bed) -> None:
    """A promise or a resident exactly in the states that say so; free exactly when it can be found."""
    require((bed.application_id is not None) == (bed.state in OPEN_PROMISE), "a promised bed names whom")
    require((bed.offer_id is not None) == (bed.application_id is not None), "a promise is an offer's")
    require(bed.resident_id is None or bed.state is BedState.OCCUPIED, "a resident lies in an occupied bed")
    group = bed.facility.groups.get((bed.bed_type, bed.sex, bed.pool))
    found = group is not None and bed.bed_id in group.beds
    require(found == (bed.state is BedState.FREE), "the index of free beds is right")
    if bed.state is BedState.VACATED:
        key = f"clean|{bed.key}"
        require(key in state.deadlines or key in state.stuck, "a vacated bed is cleaned")


def check_all(state: BedsState) -> None:
    """The whole state, with the sums and the indexes that are too dear for every event."""
    counts: dict[str, int] = {}
    basic = pooled = total = 0
    policy = state.policies.current
    for facility in state.facilities.values():
        total += len(facility.beds)
        for bed in facility.beds.values():
            bed_sound(state, bed)
            counts[bed.state.value] = counts.get(bed.state.value, 0) + 1
            if bed.state is not BedState.CLOSED and bed.bed_type in policy.quota_types:
                basic, pooled = basic + 1, pooled + (bed.pool in POOLED)
        for group in facility.groups.values():
            require(group in state.free[group.bed_type, group.pool][facility.place_id], "free beds are found by type and pool")
            require(bool(group.beds), "no empty group is looked at")
    require({name: count for name, count in state.counts.items() if count} == counts, "the counts are the sums")
    require(sum(counts.values()) == total, "every bed is in one state")
    require((basic, pooled) == (state.basic, state.pooled), "the quota counts what there is")
    waiting = 0
    standing = {lane: set(line) for lane, line in state.lanes.items()}
    lanes: dict[tuple[str, str, str], int] = {}
    for name, application in state.applications.items():
        require(name == application.application_id and name not in state.ended, "an application is open or ended")
        require(name in state.persons[application.person_id], "an application is its person's")
        application_sound(state, application)
        if application.key is not None:
            waiting += 1
            require(application.key == key_of(policy, application, application.bonus), "the place in line is the order's")
            require(application.key == application.lane_key and not application.missed, "in line is in every lane")
        for lane in lanes_sound(state, application, standing):
            lanes[lane] = lanes.get(lane, 0) + 1
    promised = {name for name, application in state.applications.items() if application.bed is not None and application.provisional}
    require(set(state.provisional) <= promised, "only open offers are provisional")
    require(waiting == state.waiting, "the gauge is the sum")
    require({lane: len(line) for lane, line in state.lanes.items()} == lanes, "nobody else is in a lane")
    require(len(state.ended) == len(state.ended_order), "every ended case will be forgotten")
    for application_id, bed in state.residents.items():
        require(bed.resident_id == application_id, "a resident lies where we look for them")


def lanes_sound(state: BedsState, application: Application, standing: dict[Lane, set[str]]) -> Iterator[Lane]:
    """The lanes they really stand in: those of every facility they would go to, and of no other."""
    if application.lane_key is None:
        require(not application.lanes and not application.missed, "without a key no lanes")
        return
    places = {lane[2] for lane in application.lanes}
    if "*" in places:
        require(not application.choices and places == {"*", f"S:{application.street}"}, "who may go anywhere stands in two lanes a type")
    else:
        wanted = {
            f"{'O' if facility.street == application.street else 'F'}:{facility.place_id}"
            for facility in state.facilities.values()
            if facility.listed and goes_to(application, facility)
        }
        require(places == wanted, "the lanes are what the wishes say")
    require(len(application.lanes) == len(places) * len(application.bed_types), "a lane for each type")
    for lane in application.lanes:
        require((application.lane_key in standing.get(lane, ())) != (lane in application.missed), "in a lane or taken out of it")
        if lane not in application.missed:
            yield lane


def require(holds: bool, law: str) -> None:
    """Raise `InvariantBroken`, naming the law, unless it holds."""
    if not holds:
        raise InvariantBroken(law)
