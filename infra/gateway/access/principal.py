"""Who a caller is, once a token has proved it: a role, an id, whom it stands for, and where it may act."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.gateway.access.roles import Role
from infra.gateway.problems import Trouble
from schemas.drill import DRILL_ACTOR, DRILL_AREA
from schemas.primitives import ID_PATTERN
from schemas.topics import DOMAINS

EVERYWHERE = "*"
"""Every area, or every domain: written out in a token, never understood from silence."""


SPEAKS_AS: Mapping[Role, frozenset[str]] = {
    Role.FACILITY: frozenset({"provider"}),
    Role.RESPONDER: frozenset({"responder"}),
    Role.DEVICE: frozenset({"device"}),
    Role.FAMILY: frozenset({"person", "relative", "family"}),
    Role.OPERATOR: frozenset({"operator"}),
    Role.OFFICE: frozenset({"office", "worker"}),
}
"""The words an event's ``actor`` may begin with; its id is the token's own, or one it stands for."""
STAFF_OF_FACILITY = frozenset({"courier", "worker"})
"""Actors a facility speaks for whatever their ids: it answers for those who work there."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A proven caller. ``areas`` are codes of divisions, each with all that lies inside it; `EVERYWHERE` is all of them."""

    role: Role
    id: str
    stands_for: frozenset[str]
    areas: tuple[str, ...]
    domains: frozenset[str]
    token_id: str
    expires_s: float

    def in_domain(self, domain: str) -> bool:
        """Whether it may act in this domain at all."""
        return EVERYWHERE in self.domains or domain in self.domains

    def in_area(self, area: str | None, domain: str | None = None) -> bool:
        """Whether this area lies in one of its own; None asks for all areas at once. Division codes are hierarchical (GB/T 2260), and
        an emergency belongs to the dispatch region around a district, so there the region of an own area is in reach."""
        if EVERYWHERE in self.areas:
            return True
        if area is None:
            return False
        if any(area.startswith(own) for own in self.areas):
            return True
        return domain == "emergency" and len(area) >= 4 and any(own.startswith(area) for own in self.areas)

    def speaks_as(self, actor: str) -> bool:
        """Whether an event of this ``actor`` may come from it."""
        if self.role is Role.SYSTEM:
            return True
        if self.role is Role.DRILL:
            return actor == DRILL_ACTOR
        word, _, name = actor.partition(":")
        if self.role is Role.FACILITY and word in STAFF_OF_FACILITY:
            return True
        return word in SPEAKS_AS.get(self.role, frozenset()) and name in self.stands_for

    @property
    def actor(self) -> str:
        """How it is named in an event that says nothing of who acts."""
        word = {Role.FACILITY: "provider", Role.FAMILY: "relative"}.get(self.role, str(self.role))
        return DRILL_ACTOR if self.role is Role.DRILL else f"{word}:{self.id}"


@dataclass(frozen=True, slots=True)
class Unproven:
    """A caller whose token proves nothing, and why. ``token_id`` of one that we did sign: expired or revoked."""

    code: Trouble
    token_id: str = ""


Sender = Principal | Unproven | None
"""None: the gateway is open, nobody is asked."""


def principal_of(claims: Mapping[str, Any]) -> Principal | None:
    """The principal of claims whose signature, time and audience were checked; None when they are not of our form."""
    try:
        role = Role(claims["role"])
        stands_for, areas, domains = _words(claims["stands_for"]), _words(claims["areas"]), _words(claims["domains"])
    except (KeyError, ValueError, TypeError):
        return None
    sub, jti = claims["sub"], claims["jti"]
    if not all(map(_is_id, (sub, jti, *stands_for))) or not areas or not domains:
        return None
    if any(not _is_id(area) and area != EVERYWHERE for area in areas) or any(one not in (*DOMAINS, EVERYWHERE) for one in domains):
        return None
    if role is Role.DRILL and areas != (DRILL_AREA,):
        return None
    return Principal(role, sub, frozenset({sub, *stands_for}), areas, frozenset(domains), jti, float(claims["exp"]))


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 500 or not all(isinstance(one, str) for one in value):
        raise ValueError
    return tuple(value)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


_ID = re.compile(ID_PATTERN)
