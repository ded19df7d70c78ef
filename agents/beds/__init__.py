"""Beds: one pool of an area with a fair, explainable waitlist (B-R1..B-R10)."""

from agents.beds.domain import Beds

DOMAIN = Beds()

__all__ = ["DOMAIN"]
