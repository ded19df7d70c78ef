"""The page of who may do what, made from the two tables: `python -m infra.gateway.access.page` prints it, a test compares it."""

from infra.gateway.access.event_rules import EVENT_RULES
from infra.gateway.access.principal import SPEAKS_AS, STAFF_OF_FACILITY
from infra.gateway.access.roles import Role
from infra.gateway.access.route_rules import ROUTE_RULES, Makes, Open, RouteRule
from infra.gateway.access.tokens import AUDIENCE, ISSUER, LEEWAY, LIFE_MAX, TYPE

SHOWN = tuple(role for role in Role if role not in (Role.DRILL, Role.SYSTEM))
"""The roles with rules of their own: a drill and a system of ours may send everything, each where it may act at all."""

HEAD = f"""# Who may do what at the gateway

The tables are made from `infra/gateway/access/` by `python -m infra.gateway.access.page`; a test fails when they differ, and two others
send every event type and every route as every role. Why it is like this: [ADR 0005](adr/0005-tokens-and-calls-without-one.md). How to
switch it on: [operations.md](operations.md).

`LAOXIAO_ACCESS=open` (the default) asks nobody, and a gateway that is open listens on loopback only. With `LAOXIAO_ACCESS=tokens` every
request needs `Authorization: Bearer TOKEN`; what the tables do not grant is refused.

## Tokens

A token is a JWT signed with EdDSA (Ed25519) or ES256; the key that its `kid` names decides which, never the token. Header: `typ` `{TYPE}`.
Claims, all required: `iss` `{ISSUER}`, `aud` `{AUDIENCE}` and nothing else, `sub` (an opaque id), `jti`, `iat`, `nbf`, `exp` (clocks may
differ by {int(LEEWAY.total_seconds())} s), `role`, `stands_for` (ids it speaks for besides its own), `areas` (codes of divisions, each
with all that lies inside it; in emergencies also the dispatch region around it; `*` is every area), `domains` (`*` is every domain).
A longer life than {LIFE_MAX[Role.FAMILY].days} days ({LIFE_MAX[Role.DEVICE].days} of a device) is no token of ours.

| answer | code | when |
|---|---|---|
| 401 | `no_token` | no `Authorization` header |
| 401 | `token_expired` | its time is over |
| 401 | `token_not_valid` | anything else about it: signature, algorithm, key, audience, type, a claim, two headers |
| 401 | `token_revoked` | its id (`jti`) is on the list of those called back |
| 403 | `forbidden_role` | no row of the tables lets this role do it |
| 403 | `forbidden_area` | an area or a domain that is not its own |
| 403 | `forbidden_source` | it is about somebody the token does not speak for, or its `actor` is somebody else |
| 404 | `not_found` | a request that exists, and is none of the token's business |

In a batch each event has its own answer; nothing is recorded of those that are refused. Every refusal is one line of JSON in the log
`laoxiao.security` (code, role, id of the token, route; never the token, a value or a person) and one count in
`laoxiao_gateway_access_refused_total`.

**A call for help is taken from anybody**: without a token, with one that is over, by a role that has no row, about another device. It is
then flagged `sender_not_proven` in `needs_review`, which operators see on the press and on the incident, opens the task to look at it,
and is counted in `laoxiao_gateway_calls_unproven_total`.

## Roles

| role | its events' `actor` begins with | is |
|---|---|---|
"""

MEANINGS = {
    Role.FACILITY: "a canteen, home or childcare site, for the providers it stands for",
    Role.RESPONDER: "one who is sent out to people",
    Role.DEVICE: "a button or sensor",
    Role.FAMILY: "a person or a relative, for the persons it stands for",
    Role.OPERATOR: "the desk",
    Role.OFFICE: "the street or district office and its workers",
    Role.AUDITOR: "reads, and does nothing",
    Role.DRILL: "the auditor process's drills: every event, in the drill's area only",
    Role.SYSTEM: "a system of ours that has proved its own users: every event, whoever acts, in its areas and domains",
}


def page() -> str:
    """The whole page as Markdown."""
    roles = [f"| `{role}` | {_actors(role)} | {MEANINGS[role]} |" for role in Role]
    return (
        HEAD + "\n".join(roles) + "\n\n## Events\n\n"
        "Over `POST /v1/events` and every route that makes one of them. *own*: the fields named hold ids the token stands for. *its own "
        "requests*: the register knows it as part of the request; a request it does not know yet, a moment after it was sent, is refused "
        "too. `drill` and `system` may send all of them.\n\n" + _head("event") + "\n".join(map(_event_row, EVENT_RULES)) + "\n\n"
        "What our own processes make (`infra.gateway.intake.FORBIDDEN_TYPES`) nobody may send: `forbidden_type`.\n\n## Routes\n\n"
        "*its areas*: the area asked for is its own; without one, only who may act everywhere. *its own*: what it, or one it stands for, "
        "is part of.\n\n" + _route_head() + "\n".join(_route_row(*key, rule) for key, rule in ROUTE_RULES.items()) + "\n"
        "| GET | `/static/...` | everybody |" + " |" * len(Role) + "\n"
    )  # fmt: skip


def _actors(role: Role) -> str:
    if role is Role.SYSTEM:
        return "anything"
    if role is Role.DRILL:
        return "`system:drill`"
    words = [f"`{word}:`" for word in sorted(SPEAKS_AS.get(role, ()))]
    staff = [f"`{word}:` (any)" for word in sorted(STAFF_OF_FACILITY)] if role is Role.FACILITY else []
    return ", ".join([*words, *staff]) or "-"


def _head(first: str) -> str:
    return f"| {first} | " + " | ".join(SHOWN) + " |\n|---|" + "---|" * len(SHOWN) + "\n"


def _event_row(event_type: str) -> str:
    rules = [EVENT_RULES[event_type].get(role) for role in SHOWN]
    return f"| `{event_type}` | " + " | ".join("" if rule is None else rule.words() for rule in rules) + " |"


def _route_head() -> str:
    return "| method | path | | " + " | ".join(Role) + " |\n|---|---|---|" + "---|" * len(Role) + "\n"


def _route_row(method: str, path: str, rule: RouteRule) -> str:
    if isinstance(rule, Open):
        what, cells = "everybody", ["" for _ in Role]
    elif isinstance(rule, Makes):
        what = f"as `{rule.event_type}`" if rule.event_type else "as the event"
        cells = ["" for _ in Role]
    else:
        what, cells = "", [str(rule.grants.get(role, "")) for role in Role]
    return f"| {method} | `{path}` | {what} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - its output is the page
