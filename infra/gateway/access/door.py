"""The door itself: who comes in on which route, before a route sees the request."""

from starlette.requests import Request

from infra.gateway.access.access import SENDER, refusal
from infra.gateway.access.principal import Principal, Unproven
from infra.gateway.access.route_rules import CALLS, Makes, Open, Reads, rule_of
from infra.gateway.gateway import Gateway
from infra.gateway.problems import Trouble
from schemas.topics import DOMAINS


class Door:
    """A dependency of every route. Open (the default, on loopback only) asks nobody."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, request: Request) -> None:
        """Raises `Problem` 401 or 403, or leaves the sender in the request's scope."""
        access = self._gateway.access
        if access is None:
            return
        method, path = request.method, str(request.scope["route"].path)
        rule = rule_of(method, path)
        if isinstance(rule, Open):
            return
        sender = access.sender_of(request.headers)
        request.scope[SENDER] = sender
        if (method, path) in CALLS:
            # A call is taken from anybody; what is none is judged by its events.
            return
        code = sender.code if isinstance(sender, Unproven) else _code(rule, sender, request, path)
        if code is not None:
            access.security.refused(code, sender, f"{method} {path}")
            raise refusal(code)


def _code(rule: Makes | Reads | None, sender: Principal, request: Request, path: str) -> Trouble | None:
    """Why this principal may not come in here; None lets it in."""
    if rule is None:
        return Trouble.FORBIDDEN_ROLE
    if isinstance(rule, Makes):
        return None if sender.role in rule.roles() else Trouble.FORBIDDEN_ROLE
    if sender.role not in rule.grants:
        return Trouble.FORBIDDEN_ROLE
    domain = _domain(request, path)
    if domain is not None and not sender.in_domain(domain):
        return Trouble.FORBIDDEN_AREA
    if rule.asked_by_area and not sender.in_area(rule.area or request.query_params.get("area"), domain):
        return Trouble.FORBIDDEN_AREA
    return None


def _domain(request: Request, path: str) -> str | None:
    named = request.path_params.get("domain") or path.removeprefix("/v1/").split("/", 1)[0]
    return named if named in DOMAINS or "domain" in request.path_params else None
