"""Which events of a request are taken: each by its row of the table, its area, its actor, and the object it is about.

A call for help is the exception (ADR 0005): whoever sends it, it is taken, and flagged for review when its sender is not proved.
"""

from collections import Counter
from collections.abc import Sequence

import orjson
from starlette.requests import Request

from infra.gateway.access.access import Access, refusal, sender_of
from infra.gateway.access.event_rules import EVENT_RULES, About, Call, Own
from infra.gateway.access.principal import Principal, Unproven
from infra.gateway.catching_up import caught_up_with
from infra.gateway.gateway import Gateway
from infra.gateway.intake import Item, Refused, Taken, check
from infra.gateway.problems import Trouble
from infra.postgres.parties import parties
from schemas.emergency_mending import RAISED, REVIEW_MAX
from schemas.emergency_reasons import Review

ACTOR_UNKNOWN = "device:unknown"
"""What stands in a call that says nothing of who presses."""


async def permitted(gateway: Gateway, request: Request, items: Sequence[Item]) -> list[Item]:
    """The events as they may be taken: those that may not are refused in their places. Raises `Problem` 401 when the sender proved
    nothing and nothing of the request may be taken."""
    access = gateway.access
    if access is None:
        return list(items)
    sender = sender_of(request)
    assert sender is not None, "the door is before every route that records"
    route = f"{request.method} {request.scope['route'].path}"
    refused: Counter[Trouble] = Counter()
    out: list[Item] = []
    for item in items:
        if isinstance(item, Refused):
            # Who is nobody is not told what is wrong with its events.
            code = sender.code if isinstance(sender, Unproven) else None
        else:
            code = await _code(gateway, sender, item)
        if code is None:
            out.append(item)
        elif isinstance(item, Taken) and item.received.event.type == RAISED:
            access.security.unproven_call(code, sender, route)
            out.append(flagged(item))
        else:
            refused[code] += 1
            out.append(Refused(item.index, _id_of(item), code))
    for code, count in refused.items():
        access.security.refused(code, sender, route, count)
    if isinstance(sender, Unproven) and not any(isinstance(item, Taken) for item in out):
        raise refusal(sender.code)
    return out


def unreadable(access: Access | None, request: Request) -> None:
    """Before the answer to a body that could not be read: who proved nothing is told that, and no more."""
    if access is None:
        return
    sender = sender_of(request)
    if isinstance(sender, Unproven):
        access.security.refused(sender.code, sender, f"{request.method} {request.scope['route'].path}")
        raise refusal(sender.code)


def flagged(taken: Taken) -> Taken:
    """The same call with a code among those a human looks at. It stands in the event, so it is still there behind spool, log and desk."""
    event = orjson.loads(taken.value)
    data = event.get("data")
    kept = dict(data) if isinstance(data, dict) else {}
    own = kept.get("needs_review")
    said = list(own) if isinstance(own, list) else []
    ours = [str(Review.SENDER_NOT_PROVEN), *(["data"] if data is not None and not isinstance(data, dict) else [])]
    kept["needs_review"] = [*ours, *said][:REVIEW_MAX]
    (again,) = check([event | {"data": kept}])
    # One that the flag makes too large goes on as it came: the call matters more.
    return Taken(taken.index, again.received, again.domains, again.value) if isinstance(again, Taken) else taken


async def _code(gateway: Gateway, sender: Principal | Unproven, taken: Taken) -> Trouble | None:
    """Why this event is not taken from this sender; None takes it."""
    if isinstance(sender, Unproven):
        return sender.code
    event = taken.received.event
    rule = EVENT_RULES.get(event.type, {}).get(sender.role)
    if rule is None:
        return Trouble.FORBIDDEN_ROLE
    if not all(sender.in_domain(domain) and sender.in_area(event.area, domain) for domain in taken.domains):
        return Trouble.FORBIDDEN_AREA
    if not sender.speaks_as(event.actor) and not (isinstance(rule, Call) and event.actor == ACTOR_UNKNOWN):
        return Trouble.FORBIDDEN_SOURCE
    if isinstance(rule, Own | Call | About):
        data = orjson.loads(taken.value).get("data")
        named = data if isinstance(data, dict) else {}
        if isinstance(rule, Own) and not rule.allows(sender, named):
            return Trouble.FORBIDDEN_SOURCE
        if isinstance(rule, Call) and not rule.proves(sender, named):
            return Trouble.FORBIDDEN_SOURCE
        if isinstance(rule, About) and not await _is_part(gateway, sender, taken, str(named.get(rule.field))):
            return Trouble.FORBIDDEN_SOURCE
    return None


async def _is_part(gateway: Gateway, sender: Principal, taken: Taken, request_id: str) -> bool:
    """Whether the register knows the sender, or one it stands for, as part of this request. Raises `Problem` 503 without a register."""
    domain = taken.domains[0]
    await caught_up_with(gateway, domain, request_id)
    named = await gateway.read(parties, domain, taken.received.event.area, request_id)
    return not sender.stands_for.isdisjoint(named)


def _id_of(item: Item) -> str | None:
    return item.event_id if isinstance(item, Refused) else item.received.event.id
