"""Role x event type, every cell, by sending it: the table in `events_by_role.txt` is what people read and agree to."""

import logging
from pathlib import Path
from typing import Any

import pytest

from infra.gateway.access.event_rules import EVENT_RULES
from infra.gateway.access.page import page
from infra.gateway.access.roles import Role
from infra.gateway.intake import FORBIDDEN_TYPES
from schemas.drill import DRILL_ACTOR, DRILL_AREA
from schemas.ownership import FACILITY_FIELDS
from schemas.registry import events_of, known_types
from schemas.topics import DOMAINS
from tests.gateway.access.world import OTHER, OWN, World
from tests.schemas.event_examples import examples_of

TABLE = Path(__file__).with_name("events_by_role.txt")
NAMES = frozenset(
    f"{word}_id" for word in ("provider", "facility", "site", "person", "family", "child", "device", "responder", "operator", "contact")
)
"""Fields that name somebody a token may stand for."""
ACTORS = {Role.FACILITY: "provider", Role.FAMILY: "relative"}
WORDS = {
    ("202", "202"): "yes",
    ("202", "forbidden_source"): "own",
    ("forbidden_source", "forbidden_source"): "none",
    ("503", "503"): "asked",
    ("forbidden_role", "forbidden_role"): "-",
    ("202", "flagged"): "own!",
    ("flagged", "flagged"): "flag",
}
"""What became of an event about oneself and of one about somebody else. asked: the register is asked (here it is away); own!, flag: a
call, always taken, flagged when it is about others or by a role that has no business calling. Written by `python -m
tests.gateway.access`."""


def _named(value: Any, name: str) -> Any:
    """The same data with everybody in it replaced."""
    if isinstance(value, dict):
        return {key: name if key in NAMES and isinstance(one, str) else _named(one, name) for key, one in value.items()}
    return [_named(one, name) for one in value] if isinstance(value, list) else value


def _example(event_type: str) -> dict[str, Any]:
    domain = next(domain for domain in DOMAINS if event_type in events_of(domain))
    event = examples_of(events_of(domain)[event_type])[0]
    if event_type in ("policy.published.v1", "task.completed.v1"):
        event["data"] |= {"policy": "meals"} if event_type.startswith("policy") else {"domain": "meals"}
    return event


async def _outcome(world: World, role: Role, event_type: str, name: str) -> str:
    event = _example(event_type)
    drill = role is Role.DRILL
    event |= {
        "id": f"{role}-{name}-{event_type}", "data": _named(event["data"], name),
        "actor": DRILL_ACTOR if drill else f"{ACTORS.get(role, role)}:{OWN}",
    }  # fmt: skip
    if drill:
        event |= {"area": DRILL_AREA, "source": "/laoxiao/drill"}
    answer = await world.send(event, role)
    if answer.status_code == 202:
        flagged = any(
            one["id"] == event["id"] and "sender_not_proven" in one["data"].get("needs_review", ()) for one in world.recorded("emergency")
        )
        return "flagged" if flagged else "202"
    return "503" if answer.status_code == 503 else str(answer.json()["code"])


async def test_every_role_may_send_exactly_what_the_table_says(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="laoxiao.security")
    made = await table(world)
    assert made == TABLE.read_text(encoding="utf-8"), made


async def table(world: World) -> str:
    """What becomes of every event of every role."""
    lines = [f"{'':<42}" + "".join(f"{role:<11}" for role in Role).rstrip()]
    for event_type in sorted(EVENT_RULES):
        cells = []
        for role in Role:
            own, other = await _outcome(world, role, event_type, OWN), await _outcome(world, role, event_type, OTHER)
            cells.append(f"{WORDS.get((own, other), f'{own}/{other}'):<11}")
        lines.append((f"{event_type:<42}" + "".join(cells)).rstrip())
    return "\n".join(lines) + "\n"


async def test_what_only_our_own_processes_make_nobody_may_send(world: World) -> None:
    for event_type in FORBIDDEN_TYPES:
        assert {await _outcome(world, role, event_type, OWN) for role in Role} == {"forbidden_type"}, event_type


def test_every_event_type_is_in_the_table_or_made_by_our_own_processes_only() -> None:
    assert {*EVENT_RULES, *FORBIDDEN_TYPES} == set(known_types())
    assert not {*EVENT_RULES} & {*FORBIDDEN_TYPES}


@pytest.mark.parametrize("event_type", FACILITY_FIELDS)
def test_what_a_facility_sends_of_itself_the_facility_role_may_send_of_itself(event_type: str) -> None:
    assert EVENT_RULES[event_type][Role.FACILITY].words() == f"own `{FACILITY_FIELDS[event_type]}`"


def test_the_page_says_what_the_tables_say() -> None:
    written = Path(__file__).parents[3] / "infra" / "docs" / "access.md"
    assert written.read_text(encoding="utf-8") == page(), "run: python -m infra.gateway.access.page > infra/docs/access.md"
