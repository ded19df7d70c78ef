"""Mistakes in childcare."""

from tests.simulation.planted.kind import Planted

MISTAKES: tuple[Planted, ...] = ()
