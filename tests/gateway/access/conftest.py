"""The world behind a door."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.access.world import World, build


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A gateway that asks for tokens."""
    made = build(tmp_path)
    yield made
    await made.client.aclose()
    assert made.gateway.calls is not None
    await made.gateway.calls.spool.close()
