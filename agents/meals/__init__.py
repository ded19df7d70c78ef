"""Meals for the old (老年助餐): from an order to the nearest kitchen that suits it and has room, and what follows until the meal is
eaten. Sources: rules M-R1..M-R8, table 2.2 of the features page; seed 000 (一)4."""

from agents.meals.domain import Meals

DOMAIN = Meals()

__all__ = ["DOMAIN", "Meals"]
