"""The order of B-R9 as it is at one instant, by the policy's criteria. Pure: the same application on the same day has the same key."""

import hashlib
from datetime import date

from agents.beds.policy import LAST_CLASS, ORDER, BedsParameters
from agents.beds.state import Application, Key
from schemas.beds import LEVEL_MAX, SCORE_MAX

WIDTH = 22
"""Bits of one criterion in a packed key: a day number needs 20."""
DIGITS = 28
"""Hex digits of five packed criteria."""
BONUS_MAX = 60
EMERGENCY = "emergency"
"""The class under which approved emergencies are counted."""


def months_between(start_day: int, day: int) -> int:
    """Whole months from one day number to another: on the same day of a later month, or on the first after a shorter month."""
    if day <= start_day:
        return 0
    start, end = date.fromordinal(start_day), date.fromordinal(day)
    return max(0, (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day))


def anniversary(start_day: int, months: int) -> int:
    """The first day number on which so many whole months have passed."""
    start = date.fromordinal(start_day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    try:
        return date(year, month + 1, start.day).toordinal()
    except ValueError:
        return date(year + (month == 11), (month + 1) % 12 + 1, 1).toordinal()


def bonus(policy: BedsParameters, eligible_day: int, today: int) -> int:
    """Points for the months waited (B-R7)."""
    return min(policy.waiting_bonus_max, months_between(eligible_day, today))


def values(policy: BedsParameters, application: Application, points: int) -> tuple[int, ...]:
    """The criteria in the policy's order, smaller is earlier (`schemas.beds_facts`: a sort key)."""
    if policy.order == ORDER:
        return (
            0 if application.emergency else 1,
            policy.ranks.get(application.priority_class, len(policy.priority_classes)),
            -application.level,
            -(application.score + points),
            application.eligible_day,
        )
    named = {
        "emergency": 0 if application.emergency else 1,
        "priority_class": policy.ranks.get(application.priority_class, len(policy.priority_classes)),
        "level": -application.level,
        "score": -(application.score + points),
        "eligible_date": application.eligible_day,
    }
    return tuple(named[criterion] for criterion in policy.order)


def packed(policy: BedsParameters, criteria: tuple[int, ...]) -> int:
    """The same order as one integer, which is much faster to compare."""
    if policy.order == ORDER:
        emergency, rank, level, score, day = criteria
        urgent = (emergency << WIDTH | rank) << WIDTH | level + LEVEL_MAX
        return (urgent << WIDTH | score + SCORE_MAX + BONUS_MAX) << WIDTH | day
    out = 0
    for criterion, value in zip(policy.order, criteria, strict=True):
        shift = LEVEL_MAX if criterion == "level" else SCORE_MAX + BONUS_MAX if criterion == "score" else 0
        out = out << WIDTH | value + shift
    return out


def tie(policy: BedsParameters, application_id: str, draw_id: str | None, arrival: int) -> str:
    """The public tie-break: by the draw's seed once it is revealed, before that (or without a draw) by arrival."""
    if draw_id is not None:
        for draw in policy.draws:
            if draw.draw_id == draw_id and draw.seed is not None:
                return drawn(draw.seed, application_id)
    return f"~{arrival:012d}"


def drawn(seed: str, application_id: str) -> str:
    """sha256("<seed>:<application_id>"), its first 32 hex digits."""
    return hashlib.sha256(f"{seed}:{application_id}".encode()).hexdigest()[:32]


def key_of(policy: BedsParameters, application: Application, points: int) -> Key:
    """The place in line as one string that sorts like (criteria, tie, id): the criteria packed to a fixed width, then ``|``.

    Ties of one kind have one length, and ``~`` sorts after every hex digit: who is drawn comes before who is not.
    """
    drawn_or_not = tie(policy, application.application_id, application.draw_id, application.arrival)
    return key_from(policy, values(policy, application, points), drawn_or_not, application.application_id)


def key_from(policy: BedsParameters, criteria: tuple[int, ...], drawn_or_not: str, application_id: str) -> Key:
    """The same of criteria and a tie-break that are known already."""
    return f"{packed(policy, criteria):0{DIGITS}x}|{drawn_or_not}|{application_id}"


def id_of(key: Key) -> str:
    """The application of a place in line; no id has a ``|`` in it."""
    return key[key.rindex("|") + 1 :]


def tie_of(key: Key) -> str:
    """The tie-break in a place in line."""
    return key.split("|", 2)[1]


def counted_under(application: Application) -> str:
    """The class an applicant is counted under in "how many are ahead"."""
    return EMERGENCY if application.emergency else application.priority_class or LAST_CLASS
