"""Which answers a sender may see, where that depends on what is in them."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from infra.gateway.access.access import Access, refusal, sender_of
from infra.gateway.access.principal import Principal, Sender
from infra.gateway.access.roles import Role
from infra.gateway.problems import Problem, Trouble
from infra.postgres.parties import named_in

PARTIES = frozenset({Role.FACILITY, Role.RESPONDER, Role.DEVICE, Role.FAMILY})
"""Roles that see what they are part of, and nothing else of a request."""


def may_see(access: Access | None, request: Request, domain: str | None, body: Mapping[str, Any] | None) -> None:
    """Raises `Problem`: 404 when the sender is no part of this (whether it exists is none of its business), 403 when it is of an area that
    is not its own. ``body`` None: nothing but that it exists is known, so only those who may see everything of an area may see it."""
    if access is None:
        return
    sender = sender_of(request)
    assert isinstance(sender, Principal), "the door lets nobody else read"
    if sender.role in PARTIES:
        if body is None or sender.stands_for.isdisjoint(named_in(body)):
            raise Problem(404, Trouble.NOT_FOUND)
        return
    if not sender.in_area(None if body is None else str(body.get("area")), domain):
        access.security.refused(Trouble.FORBIDDEN_AREA, sender, f"{request.method} {request.scope['route'].path}")
        raise refusal(Trouble.FORBIDDEN_AREA)


def areas_seen(access: Access | None, request: Request, domain: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of these rows whose ``area`` is the sender's."""
    if access is None:
        return rows
    sender = sender_of(request)
    return [row for row in rows if isinstance(sender, Principal) and sender.in_area(str(row["area"]), domain)]


def seen_domains(access: Access | None, request: Request, domains: list[str]) -> list[str]:
    """Those of these domains that the sender may act in."""
    if access is None:
        return domains
    sender = sender_of(request)
    return [domain for domain in domains if isinstance(sender, Principal) and sender.in_domain(domain)]


def identity(sender: Sender) -> dict[str, str] | None:
    """Who somebody is, told to nobody but themselves."""
    return {"role": str(sender.role), "id": sender.id} if isinstance(sender, Principal) else None
