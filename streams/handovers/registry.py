"""Every route that exists: one line a domain. A route whose domains are not both switched on carries nothing."""

from schemas.topics import DOMAINS
from streams.handovers.childcare import ROUTES as CHILDCARE
from streams.handovers.handover import Route
from streams.handovers.meals import ROUTES as MEALS

ALL: tuple[Route, ...] = (*MEALS, *CHILDCARE)
"""Declared routes."""


def routes_from(source: str, domains: tuple[str, ...] = DOMAINS, declared: tuple[Route, ...] = ALL) -> tuple[Route, ...]:
    """The open routes of a domain, among these domains."""
    return tuple(route for route in declared if route.source == source and source in domains and route.target in domains)
