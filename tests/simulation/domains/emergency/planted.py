"""Mistakes in emergency."""

from tests.simulation.planted.kind import Planted

MISTAKES: tuple[Planted, ...] = ()
