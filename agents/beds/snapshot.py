"""The state as rows and back. Derived indexes are not written; they are rebuilt on load.

Rows, each beginning with its kind: ``beds`` (counters), ``policy``, ``calendar``, ``draw``, each ``facility`` followed by its beds
(``bed``), ``application``, ``ended``, ``deadline``, ``task``, ``bed_task``, ``stuck``, ``stuck_task``.
"""

from collections.abc import Iterable, Iterator

from agents.beds.evolve_beds import recount
from agents.beds.lines import rebuild, set_apart
from agents.beds.state import Application, Bed, BedsState, Ended, Facility
from agents.beds.states import ApplicationState, BedState
from agents.beds.stock import add_bed
from agents.core import Row
from agents.shared.calendar import CalendarYear, midnight_ms_of
from agents.shared.nearest import Point

PLAIN = (
    "person_id", "street", "sex", "level", "score", "assessed_date", "assessment_until_ms", "stay_days", "within_m", "eligible_day",
    "draw_id", "arrival", "emergency", "refusals", "offers", "offer_id", "offered_ms", "expired_offer_id", "promised_until_ms",
    "provisional", "suspended_until_ms", "suspension", "task_id", "stay_from_day",
)  # fmt: skip
"""Of an application: written as they are."""
LISTS = ("categories", "bed_types", "wished", "choices")
OF_BED = (
    "bed_type", "sex", "pool", "published", "version", "offer_id", "application_id", "resident_id", "person_id", "until_ms",
    "leave_until_ms",
)  # fmt: skip


def dump(state: BedsState) -> Iterator[Row]:
    """Every row, in an order that follows from the log alone."""
    yield ["beds", state.today, state.arrivals, state.below_quota, state.quota_task_id]
    yield from (["policy", *row] for row in state.policies.dump())
    for number, year in state.calendar.years.items():
        yield ["calendar", state.calendar_versions[number], year.model_dump(mode="json")]
    yield from (["draw", draw_id, committed] for draw_id, committed in state.draws.items())
    for facility in state.facilities.values():
        yield _facility_row(facility)
        for bed in facility.beds.values():
            yield ["bed", bed.bed_id, bed.state.value, *(getattr(bed, name) for name in OF_BED), dict(bed.task_ids), bed.extensions]
    for application in state.applications.values():
        yield _application_row(application)
    for application_id in state.ended_order:
        ended = state.ended[application_id]
        yield ["ended", application_id, ended.state.value, ended.reason, ended.ended_ms]
    yield from (["deadline", key, when_ms] for key, when_ms in state.deadlines.dump())
    yield from (["task", task_id, about] for task_id, about in state.tasks.items())
    yield from (["bed_task", task_id, *found] for task_id, found in state.bed_tasks.items())
    yield from (["stuck", key, when_ms] for key, when_ms in state.stuck.items())
    yield from (["stuck_task", task_id, key] for task_id, key in state.stuck_tasks.items())


def load(area: str, rows: Iterable[Row]) -> BedsState:
    """The state that `dump` made."""
    state = BedsState(area)
    facility: Facility | None = None
    for row in rows:
        match row[0]:
            case "application":
                _take_application(state, row)
            case "bed":
                assert facility is not None
                _take_bed(state, facility, row)
            case "facility":
                facility = _take_facility(state, row)
            case "deadline":
                state.deadlines.set(row[1], row[2])
            case "ended":
                state.ended[row[1]] = Ended(ApplicationState(row[2]), row[3], row[4])
                state.ended_order.append(row[1])
            case _:
                _take_rare(state, row)
    state.policies.at(midnight_ms_of(state.today))
    recount(state)
    rebuild(state)
    return state


def _take_rare(state: BedsState, row: Row) -> None:
    match row:
        case ["beds", today, arrivals, below_quota, quota_task_id]:
            state.today, state.arrivals, state.below_quota, state.quota_task_id = today, arrivals, below_quota, quota_task_id
        case ["policy", version, in_force_from, parameters]:
            state.policies.adopt(version, in_force_from, parameters, midnight_ms_of(state.today))
        case ["calendar", version, year]:
            calendar = CalendarYear.model_validate(year, strict=False)
            state.calendar.adopt(calendar)
            state.calendar_versions[calendar.year] = version
        case ["draw", draw_id, committed]:
            state.draws[draw_id] = committed
        case ["task", task_id, about]:
            state.tasks[task_id] = about
        case ["bed_task", task_id, bed_key, kind]:
            state.bed_tasks[task_id] = (bed_key, kind)
        case ["stuck", key, when_ms]:
            state.stuck[key] = when_ms
        case ["stuck_task", task_id, key]:
            state.stuck_tasks[task_id] = key
        case _:
            raise ValueError(f"unknown snapshot row kind {row[0]!r}")


def _facility_row(facility: Facility) -> Row:
    vacancies = {bed_type: [[day, count] for day, count in days.items()] for bed_type, days in facility.vacancies.items()}
    return [
        "facility",
        facility.place_id,
        facility.listed,
        facility.lat,
        facility.lon,
        facility.name,
        facility.street,
        facility.version,
        facility.stale_at_ms,
        facility.silent,
        vacancies,
    ]


def _take_facility(state: BedsState, row: Row) -> Facility:
    _, facility_id, listed, lat, lon, name, street, version, stale_at_ms, silent, vacancies = row
    facility = state.facilities[facility_id] = Facility(facility_id)
    facility.move(lat, lon)
    state.listed += listed
    if listed:
        state.routed.add(facility_id)
    facility.listed, facility.name, facility.street = listed, name, street
    facility.version, facility.stale_at_ms, facility.silent = version, stale_at_ms, silent
    facility.vacancies = {bed_type: dict(days) for bed_type, days in vacancies.items()}
    return facility


def _take_bed(state: BedsState, facility: Facility, row: Row) -> None:
    bed = Bed(facility, row[1])
    bed.state = BedState(row[2])
    for name, value in zip(OF_BED, row[3:], strict=False):
        setattr(bed, name, value)
    bed.task_ids = dict(row[3 + len(OF_BED)])
    bed.extensions = row[4 + len(OF_BED)] if len(row) > 4 + len(OF_BED) else 0  # older snapshots end before it
    add_bed(state, bed)
    if bed.resident_id is not None and bed.person_id is not None:
        state.residents[bed.resident_id] = bed
        state.lying.setdefault(bed.person_id, []).append(bed)


def _application_row(application: Application) -> Row:
    bed = application.bed
    return [
        "application",
        application.application_id,
        application.state.value,
        application.point.lat,
        application.point.lon,
        None if bed is None else [bed.facility.place_id, bed.bed_id],
        dict(application.excluded),
        *(getattr(application, name) for name in LISTS),
        *(getattr(application, name) for name in PLAIN),
    ]


def _take_application(state: BedsState, row: Row) -> None:
    _, application_id, word, lat, lon, bed, excluded = row[:7]
    application = state.applications[application_id] = Application(application_id)
    application.state = ApplicationState(word)
    application.point = Point(lat, lon)
    application.bed = None if bed is None else state.facilities[bed[0]].beds[bed[1]]
    for facility_id, until_ms in excluded.items():
        set_apart(state, application, facility_id, until_ms)
    for name, value in zip(LISTS, row[7:], strict=False):
        setattr(application, name, tuple(value))
    for name, value in zip(PLAIN, row[7 + len(LISTS) :], strict=False):  # older snapshots have fewer
        setattr(application, name, value)
    if application.state is ApplicationState.OFFERED and application.provisional:
        state.provisional[application_id] = application
    state.persons.setdefault(application.person_id, []).append(application_id)
