"""Who is part of a request, asked of the real tables of every domain: its people and places, in its own area only."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from infra.postgres.migrator import migrate
from infra.postgres.parties import _OF, named_in, parties
from schemas.topics import DOMAINS

pytestmark = pytest.mark.stack

CASES: dict[str, tuple[str, str, dict[str, Any], set[str]]] = {
    "an order": (
        "meals", "meals_orders", {"order_id": "r-1", "state": "assigned", "person_id": "p-1", "provider_id": "c-1"}, {"p-1", "c-1"},
    ),
    "an order nobody has yet": ("meals", "meals_orders", {"order_id": "r-1", "state": "unplaced", "person_id": "p-1"}, {"p-1"}),
    "a standing order": ("meals", "meals_standing_orders", {"standing_order_id": "r-1", "person_id": "p-1"}, {"p-1"}),
    "an application": (
        "beds", "beds_applications",
        {"application_id": "r-1", "state": "offered", "person_id": "p-1", "facility_id": "f-1"}, {"p-1", "f-1"},
    ),
    "an incident": (
        "emergency", "emergency_incidents", {"call_id": "r-1", "state": "received", "person_id": "p-1", "device_id": "d-1"}, {"p-1", "d-1"},
    ),
    "a booking": (
        "childcare", "childcare_bookings",
        {"booking_id": "r-1", "state": "confirmed", "family_id": "h-1", "child_id": "k-1", "site_id": "s-1"}, {"h-1", "k-1", "s-1"},
    ),
}  # fmt: skip
FILLED = {"text": "x", "integer": 1, "bigint": 1, "boolean": False, "date": "2026-11-22", "jsonb": "[]", "double precision": 31.2}


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Any]:
    await migrate(fresh_database)
    made = await asyncpg.create_pool(fresh_database, min_size=1, max_size=2)
    yield made
    await made.close()


async def _row(pool: Any, table: str, values: dict[str, Any]) -> None:
    """A row of these values; whatever else may not be null is filled with anything."""
    columns = await pool.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1 AND is_nullable = 'NO'", table
    )
    whole = {row[0]: FILLED[row[1]] for row in columns} | values
    literals = ", ".join(f"'{value}'" for value in whole.values())
    await pool.execute(f"INSERT INTO {table} ({', '.join(whole)}) VALUES ({literals})")  # noqa: S608 - of this file


@pytest.mark.parametrize("what", CASES)
async def test_those_a_request_names_are_part_of_it_in_its_area(pool: Any, what: str) -> None:
    domain, table, values, expected = CASES[what]
    await _row(pool, table, {"area": "310106", **values})
    assert await parties(pool, domain, "310106", "r-1") == expected
    assert await parties(pool, domain, "310101", "r-1") == frozenset(), "of another area it is another request"
    assert await parties(pool, domain, "310106", "r-2") == frozenset()
    assert expected <= named_in({"kind": "request", **values})


def test_every_domain_can_be_asked() -> None:
    assert set(_OF) == set(DOMAINS)
