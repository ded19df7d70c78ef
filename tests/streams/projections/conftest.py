"""A migrated database, and ways to run the projector on a journal in memory."""

import pytest

from infra.postgres.migrator import migrate


@pytest.fixture
async def database(fresh_database: str) -> str:
    """DSN of a database with this release's tables and no rows."""
    await migrate(fresh_database)
    return fresh_database
