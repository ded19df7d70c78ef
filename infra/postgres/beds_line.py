"""The waitlist as the rows have it: who is ahead of whom today, and what a forecast counts.

A place in line changes without a fact (a month waited, another policy in force), so it is worked out from the rows when it is asked
for, by the order of the policy in force on the area's day (`agents.beds.order` says what each criterion means; a test holds both
against each other).
"""

from datetime import date, timedelta
from typing import Any

import orjson

from agents.beds.order import EMERGENCY
from agents.beds.policy import LAST_CLASS, BedsParameters
from agents.beds.position import Forecast, forecast
from agents.beds.record import great_circle_m

_MONTHS = """
greatest(0, (extract(year FROM {today})::int * 12 + extract(month FROM {today})::int)
    - (extract(year FROM eligible_day)::int * 12 + extract(month FROM eligible_day)::int)
    - CASE WHEN extract(day FROM {today}) < extract(day FROM eligible_day) THEN 1 ELSE 0 END)
"""

READY = """
state = 'queued' AND NOT EXISTS (
    SELECT 1 FROM beds_applications AS s
    WHERE s.person_id = a.person_id AND s.area = a.area AND s.state IN ('offered', 'accepted'))
"""
"""In line now: queued, and nothing promised to the same person (C03)."""


async def policy_on(pool: Any, area: str, day: date) -> BedsParameters:
    """The parameters in force in the area on that day: the latest start, then the higher version name; defaults before the first."""
    text = await pool.fetchval(
        """
        SELECT parameters::text FROM policies WHERE domain = 'beds' AND area = $1 AND policy = 'beds' AND in_force_from <= $2
        ORDER BY in_force_from DESC, version COLLATE "C" DESC LIMIT 1
        """,
        area,
        day,
    )
    return BedsParameters() if text is None else BedsParameters.model_validate_json(text)


class Values:
    """Parameters of a statement under construction: every value goes in by number."""

    def __init__(self, *first: Any) -> None:
        self.all: list[Any] = list(first)

    def add(self, value: Any) -> str:
        """How the statement names this value."""
        self.all.append(value)
        return f"${len(self.all)}"


def class_sql(policy: BedsParameters, values: Values) -> str:
    """The class an application counts under: approved emergencies, the policy's classes in order, everybody else."""
    whens = [f"WHEN categories ?| {values.add(list(one.categories))} THEN {values.add(one.code)}" for one in policy.priority_classes]
    return f"CASE WHEN emergency THEN '{EMERGENCY}' {' '.join(whens)} ELSE '{LAST_CLASS}' END"


def order_sql(policy: BedsParameters, today: date, values: Values) -> list[str]:
    """The order as expressions over a row of applications, smaller is earlier; the last two are the draw and the id."""
    out = []
    for criterion in policy.order:  # only what is named: a statement may hold no value that it does not use
        match criterion:
            case "emergency":
                out.append("CASE WHEN emergency THEN 0 ELSE 1 END")
            case "priority_class":
                classes = enumerate(policy.priority_classes)
                whens = [f"WHEN categories ?| {values.add(list(one.categories))} THEN {rank}" for rank, one in classes]
                out.append(f"CASE {' '.join(whens)} ELSE {len(whens)} END" if whens else "0")
            case "level":
                out.append("-level")
            case "score":
                months = _MONTHS.format(today=f"{values.add(today)}::date")
                out.append(f"-(score + least({values.add(policy.waiting_bonus_max)}::int, {months}))")
            case "eligible_date":
                out.append("eligible_day")
    drawn = [
        f"WHEN draw_id = {values.add(draw.draw_id)} THEN "
        f"left(encode(sha256(convert_to({values.add(draw.seed)} || ':' || application_id, 'UTF8')), 'hex'), 32)"
        for draw in policy.draws
        if draw.seed is not None
    ]
    arrival = "'~' || lpad(arrival::text, 12, '0')"
    tie = f"CASE {' '.join(drawn)} ELSE {arrival} END" if drawn else arrival
    return [*out, f'({tie}) COLLATE "C"', 'application_id COLLATE "C"']


async def ahead_by_class(pool: Any, policy: BedsParameters, application: Any, bed_type: str, today: date) -> dict[str, int]:
    """Who waits ahead of an application in line for this type in rooms of its sex, counted by class."""
    values = Values(application["area"], application["sex"], bed_type, application["application_id"])
    order, counted = order_sql(policy, today, values), class_sql(policy, values)
    keyed = ", ".join(f"{each} AS k{place}" for place, each in enumerate(order))
    theirs, mine = (", ".join(f"{side}.k{place}" for place in range(len(order))) for side in ("a", "m"))
    rows = await pool.fetch(
        f"""
        SELECT a.counted, count(*) AS applications
        FROM (SELECT {counted} AS counted, {keyed} FROM beds_applications AS a
              WHERE a.area = $1 AND a.sex = $2 AND a.bed_types ? $3 AND {READY}) AS a,
             (SELECT {keyed} FROM beds_applications WHERE application_id = $4 AND area = $1) AS m
        WHERE ({theirs}) < ({mine}) GROUP BY 1 ORDER BY 1
        """,  # noqa: S608 - built from constants of this module; every value is a parameter
        *values.all,
    )
    return {row["counted"]: row["applications"] for row in rows}


async def forecast_for(pool: Any, policy: BedsParameters, application: Any, bed_type: str, *, turn: int, today: date) -> Forecast:
    """The wait until so many beds of this type became free at the facilities they would go to (`agents.beds.position`)."""
    first = today - timedelta(days=policy.vacancy_days - 1)
    rows = await pool.fetch(
        """
        SELECT f.facility_id, f.lat, f.lon, sum(v.freed)::bigint AS freed, min(v.day) AS earliest
        FROM beds_vacancies AS v JOIN beds_facilities AS f ON f.area = v.area AND f.facility_id = v.facility_id
        WHERE v.area = $1 AND v.bed_type = $2 AND v.day >= $3 AND f.listed_ms IS NOT NULL GROUP BY f.facility_id, f.lat, f.lon
        """,
        application["area"],
        bed_type,
        first,
    )
    reached = [row for row in rows if _goes_to(application, row)]
    earliest = min((row["earliest"] for row in reached), default=today)
    return forecast(turn, sum(row["freed"] for row in reached), (today - earliest).days + 1)


def _goes_to(application: Any, facility: Any) -> bool:
    choices = orjson.loads(application["choices"])
    if choices and facility["facility_id"] not in choices:
        return False
    within_m = application["within_m"]
    return within_m is None or great_circle_m(application["lat"], application["lon"], facility["lat"], facility["lon"]) <= within_m


async def positions(pool: Any, application: Any, today: date) -> list[dict[str, Any]]:
    """The place for each type of an application in line, with the forecast; empty for one that is not in line."""
    in_line = await pool.fetchval(
        f"SELECT {READY} FROM beds_applications AS a WHERE application_id = $1 AND area = $2",  # noqa: S608 - a constant
        application["application_id"],
        application["area"],
    )
    if not in_line:
        return []
    policy = await policy_on(pool, application["area"], today)
    out = []
    for bed_type in orjson.loads(application["bed_types"]):
        by_class = await ahead_by_class(pool, policy, application, bed_type, today)
        ahead = sum(by_class.values())
        seen = await forecast_for(pool, policy, application, bed_type, turn=ahead + 1, today=today)
        out.append(
            {
                "bed_type": bed_type,
                "rank": ahead + 1,
                "ahead": ahead,
                "ahead_by_class": by_class,
                "forecast": {
                    "expected_days": seen.expected_days,
                    "low_days": seen.low_days,
                    "high_days": seen.high_days,
                    "vacancies": seen.vacancies,
                    "days_seen": seen.days_seen,
                },
            }
        )
    return out
