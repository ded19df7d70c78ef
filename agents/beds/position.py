"""Where an applicant stands, and how long it may yet take (B14). Pure; nothing here decides anything.

The forecast counts beds of the applicant's types that became free in the policy's last days, at the facilities they would go
to. If they arrive as a Poisson stream whose rate those days have shown, the time until the n-th is a ratio of two gamma variables, so
n-th wait / days seen follows a scaled F distribution; its quantiles are taken by Paulson's cube-root approximation, good to a
few percent from three vacancies on. It assumes that everybody ahead takes the same beds: the truth is usually a little sooner.
"""

from dataclasses import dataclass
from math import ceil, sqrt

from agents.beds.lines import goes_to, policy_today
from agents.beds.order import EMERGENCY
from agents.beds.policy import LAST_CLASS, BedsParameters
from agents.beds.state import Application, BedsState

Z_80 = 1.2815515655446004
"""Quantiles at 10 % and 90 %: four of five waits end in between."""
VACANCIES_MIN = 3
"""Fewer say nothing about a rate."""
DAYS_FORECAST_MAX = 36_500


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days until the n-th vacancy: the expected number, and where four of five lie. None when too little was seen."""

    vacancies: int
    days_seen: int
    expected_days: int | None
    low_days: int | None
    high_days: int | None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the line of one bed type. ``ahead_by_class`` counts who is ahead, by the class they are in."""

    bed_type: str
    rank: int
    ahead: int
    ahead_by_class: dict[str, int]
    forecast: Forecast


def standing(state: BedsState, policy: BedsParameters, application: Application, bed_type: str) -> tuple[int, dict[str, int]]:
    """How many wait ahead for this type in rooms of this sex, in all and by class; of an application in line."""
    key = application.key
    assert key is not None
    ahead: dict[str, int] = {}
    lines, sex = state.lines, application.sex
    for code in (EMERGENCY, *policy.ranks, LAST_CLASS):
        line = lines.get((bed_type, sex, code))
        if line is not None:
            count = line.ahead_of(key)
            if count:
                ahead[code] = count
    return sum(ahead.values()), ahead


def positions(state: BedsState, application_id: str) -> tuple[Position, ...] | None:
    """The applicant's place for each of their types; None when they are not in line now."""
    application = state.applications.get(application_id)
    if application is None or application.key is None:
        return None
    policy = policy_today(state)
    out = []
    for bed_type in application.bed_types:
        ahead, by_class = standing(state, policy, application, bed_type)
        out.append(Position(bed_type, ahead + 1, ahead, by_class, _forecast(state, policy, application, bed_type, ahead + 1)))
    return tuple(out)


def forecast(turn: int, vacancies: int, days_seen: int) -> Forecast:
    """The wait until this turn (1: the next vacancy), when so many vacancies came in so many days."""
    if vacancies < VACANCIES_MIN or days_seen < 1:
        return Forecast(vacancies, days_seen, None, None, None)
    expected = ceil(turn * days_seen / (vacancies - 1))
    low, high = (turn * days_seen / vacancies * _ratio(turn, vacancies, z) for z in (-Z_80, Z_80))
    days = (min(expected, DAYS_FORECAST_MAX), min(int(low), DAYS_FORECAST_MAX), min(ceil(high), DAYS_FORECAST_MAX))
    return Forecast(vacancies, days_seen, *days)


def _ratio(turn: int, vacancies: int, z: float) -> float:
    """Quantile of F with 2·turn and 2·vacancies degrees of freedom (Paulson 1942)."""
    a, b = 1 / (9 * turn), 1 / (9 * vacancies)
    root = sqrt((1 - b) ** 2 * a + (1 - a) ** 2 * b - a * b * z * z)
    cube = ((1 - a) * (1 - b) + z * root) / ((1 - b) ** 2 - b * z * z)
    return float(max(cube, 0.0) ** 3)


def _forecast(state: BedsState, policy: BedsParameters, application: Application, bed_type: str, turn: int) -> Forecast:
    today, first = state.today, state.today - policy.vacancy_days + 1
    vacancies, earliest = 0, today
    for facility in state.facilities.values():
        if not facility.listed or not goes_to(application, facility):
            continue
        for day, count in facility.vacancies.get(bed_type, {}).items():
            if day >= first:
                vacancies += count
                earliest = min(earliest, day)
    return forecast(turn, vacancies, today - earliest + 1)


def best_standing(state: BedsState, policy: BedsParameters, application: Application) -> tuple[str, int, dict[str, int]]:
    """The type in whose line they are furthest ahead, how many are ahead there, and by class."""
    found = [(standing(state, policy, application, bed_type), bed_type) for bed_type in application.bed_types]
    (ahead, by_class), bed_type = min(found, key=lambda each: (each[0][0], application.bed_types.index(each[1])))
    return bed_type, ahead, by_class
