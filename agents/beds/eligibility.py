"""What an application's wishes mean under a policy: eligibility as named rules, types it may have."""

from datetime import date
from typing import NamedTuple

from agents.beds.policy import BedsParameters
from agents.shared.calendar import midnight_ms_of
from agents.shared.explanation import because
from schemas.beds_reasons import BedsReason
from schemas.decisions import Why


class Assessment(NamedTuple):
    """What decides eligibility, of a new application or a reassessment."""

    level: int
    assessed_on: date
    categories: tuple[str, ...]
    wished: tuple[str, ...]


def types_allowed(policy: BedsParameters, level: int, wished: tuple[str, ...]) -> tuple[str, ...]:
    """The wished types this level is enough for, in the order of the wish."""
    minima = policy.level_min
    return tuple([bed_type for bed_type in dict.fromkeys(wished) if bed_type in minima and level >= minima[bed_type]])


def valid_until_ms(policy: BedsParameters, assessed_on: date) -> int:
    """When an assessment of this date stops being valid."""
    return midnight_ms_of(assessed_on.toordinal() + policy.assessment_valid_days)


def not_eligible(policy: BedsParameters, asked: Assessment, today: date, now_ms: int) -> tuple[BedsReason, Why] | None:
    """The first named rule that the assessment breaks, or None (G-R4: whether a bed is free plays no part)."""
    for category in asked.categories:
        if not policy.knows(category):
            return BedsReason.CATEGORY_UNKNOWN, because("categories", category=category)
    for category in asked.categories:
        if category in policy.categories_hospital:
            return BedsReason.NEEDS_HOSPITAL, because("categories_hospital", category=category)
    if policy.categories_eligible and not any(category in policy.categories_eligible for category in asked.categories):
        return BedsReason.NOT_REGISTERED, because("categories_eligible", categories=list(policy.categories_eligible))
    if asked.assessed_on > today:
        return BedsReason.ASSESSMENT_IN_FUTURE, because("assessed_on", assessed_on=asked.assessed_on.isoformat())
    if valid_until_ms(policy, asked.assessed_on) <= now_ms:
        return BedsReason.ASSESSMENT_EXPIRED, because("assessment_valid_days", days=policy.assessment_valid_days)
    for bed_type in asked.wished:
        if bed_type not in policy.level_min:
            return BedsReason.BED_TYPE_UNKNOWN, because("level_min", bed_type=bed_type)
    if not types_allowed(policy, asked.level, asked.wished):
        minima = {bed_type: policy.level_min[bed_type] for bed_type in asked.wished}
        return BedsReason.LEVEL_BELOW, because("level_min", level=asked.level, level_min=minima)
    return None
