"""What a meal costs a person: price by age, less the subsidy of the day (M-R2, M-R3, M-R4; all amounts policy data in 分)."""

from collections.abc import Sequence
from typing import NamedTuple

from agents.meals.policy import MealsParameters


class Price(NamedTuple):
    """What the person pays for all portions before ``subsidy_fen`` is deducted; None where policy names no price."""

    price_fen: int | None
    subsidy_fen: int | None
    rule: str | None
    """The code of the subsidy row that fitted."""


UNKNOWN = Price(None, None, None)


def price(
    policy: MealsParameters,
    *,
    meal: str,
    portions: int,
    service: str,
    age: int | None,
    categories: Sequence[str],
    granted_fen: int,
) -> Price:
    """Price and subsidy of an order; ``granted_fen`` is what the person was granted for that date already.

    Fractions of a 分 are rounded up for the person's share. Without an age nothing is granted: a discount rests on a known age.
    """
    base_fen = policy.meal_price_fen.get(meal)
    if base_fen is None:
        return UNKNOWN
    percent = 100
    if age is not None:
        fitting = [row for row in policy.discounts if age >= row.age_min]
        if fitting:
            percent = max(fitting, key=lambda row: row.age_min).pay_percent
    pays_fen = -(-base_fen * portions * percent // 100)
    if age is not None:
        for row in policy.subsidies:
            old_enough = row.age_min <= age and (row.age_max is None or age <= row.age_max)
            if (
                old_enough
                and pays_fen >= row.spend_fen_min
                and (row.category is None or row.category in categories)
                and (row.service is None or row.service == service)
            ):
                return Price(pays_fen, min(pays_fen, max(0, row.subsidy_fen - granted_fen)), row.code)
    return Price(pays_fen, 0, None)
