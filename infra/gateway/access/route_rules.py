"""Role x route: the one table of who may come in where. A route that is not in it is refused to everybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from infra.gateway.access.event_rules import EVENT_RULES
from infra.gateway.access.roles import Role
from infra.gateway.domain_routes.emergency_calls import REGION
from infra.gateway.domain_routes.registry import DOORS

STATIC_FILES = "/static/"
"""The page's files hold no data; they are served to whoever asks, like ``/``."""


class Grant(StrEnum):
    """What a role may do on a route."""

    YES = "yes"
    """Whatever it asks for, in its domains."""
    AREAS = "its areas"
    """In its domains and areas; without an area named, only when all areas are its own."""
    PARTY = "its own"
    """In its domains, of what it, or one it stands for, is part of; anything else is not there for it."""


@dataclass(frozen=True, slots=True)
class Open:
    """For everybody, token or not."""


@dataclass(frozen=True, slots=True)
class Makes:
    """A route that records one event of this type, or of any when None: the event's own row decides (`event_rules`)."""

    event_type: str | None

    def roles(self) -> frozenset[Role]:
        """Who may come in at all."""
        if self.event_type is not None:
            return frozenset(EVENT_RULES[self.event_type])
        return frozenset(role for row in EVENT_RULES.values() for role in row)


@dataclass(frozen=True, slots=True)
class Reads:
    """A route that shows something: role to grant. Where an area is asked for (the query's ``area``, or always ``area``) the door judges
    it; an answer that shows one thing by its id is judged when it is there (`seeing`)."""

    grants: Mapping[Role, Grant]
    asked_by_area: bool = False
    area: str | None = None


RouteRule = Open | Makes | Reads

_READERS = (Role.OPERATOR, Role.OFFICE, Role.AUDITOR, Role.SYSTEM)
_PARTIES = (Role.FACILITY, Role.RESPONDER, Role.DEVICE, Role.FAMILY)


def _to(roles: Iterable[Role], grant: Grant) -> dict[Role, Grant]:
    return dict.fromkeys(roles, grant)


EVERYBODY = Reads(_to(Role, Grant.YES))
MACHINES = Reads(_to((Role.OPERATOR, Role.AUDITOR, Role.SYSTEM), Grant.YES))
LISTS = Reads(_to(_READERS, Grant.AREAS), asked_by_area=True)
ONE = Reads(_to(_READERS, Grant.AREAS))
ONE_OF_ITS_OWN = Reads(_to(_READERS, Grant.AREAS) | _to(_PARTIES, Grant.PARTY))
OFFERS = Reads(_to((*_READERS, Role.FACILITY, Role.FAMILY), Grant.AREAS), asked_by_area=True)
PRESSES = Reads(_to(_READERS, Grant.AREAS), asked_by_area=True, area=REGION)

_TABLE: dict[tuple[str, str], RouteRule] = {
    ("GET", "/"): Open(),
    ("GET", "/healthz"): Open(),
    ("GET", "/readyz"): MACHINES,
    ("GET", "/metrics"): MACHINES,
    ("GET", "/openapi.json"): EVERYBODY,
    ("GET", "/v1/domains"): EVERYBODY,
    ("GET", "/v1/decisions/{event_id}"): ONE,
    ("GET", "/v1/{domain}/requests/{request_id}"): ONE_OF_ITS_OWN,
    ("GET", "/v1/{domain}/capacity"): OFFERS,
    ("GET", "/v1/{domain}/areas"): ONE,
    ("GET", "/v1/{domain}/overview"): LISTS,
    ("GET", "/v1/{domain}/decisions"): LISTS,
    ("GET", "/v1/{domain}/tasks"): LISTS,
    ("GET", "/v1/{domain}/map"): LISTS,
    ("GET", "/v1/{domain}/live"): LISTS,
    ("GET", "/v1/emergency/presses"): PRESSES,
    ("GET", "/v1/beds/applications/{application_id}/why"): ONE_OF_ITS_OWN,
    ("GET", "/v1/childcare/sessions"): OFFERS,
    ("POST", "/v1/events"): Makes(None),
    ("POST", "/v1/meals/orders/{order_id}/cancellation"): Makes("meals.order.cancelled.v1"),
    ("POST", "/v1/emergency/calls"): Makes("emergency.call.raised.v1"),
    **{("POST", f"/v1/{domain}/{act.path}"): Makes(act.event_type) for domain, door in DOORS.items() for act in door.acts},
}

ROUTE_RULES: Mapping[tuple[str, str], RouteRule] = MappingProxyType(_TABLE)
"""Method and path template to its rule."""

CALLS = frozenset({("POST", "/v1/events"), ("POST", "/v1/emergency/calls")})
"""Where a call for help may come in: nobody is turned away here before it is known that it is none."""


def rule_of(method: str, path: str) -> RouteRule | None:
    """The rule of this route; None refuses."""
    if method == "GET" and path.startswith(STATIC_FILES):
        return Open()
    return ROUTE_RULES.get((method, path))
