"""Write the tables of cells again after a meant change of the rules: `python -m tests.gateway.access`. Read the difference."""

import asyncio
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.gateway.access import test_events_by_role, test_routes_by_role
from tests.gateway.access.world import build


async def write() -> None:
    """Both tables, each from a gateway of its own."""
    logging.disable(logging.CRITICAL)
    for place, table in ((test_events_by_role.TABLE, test_events_by_role.table), (test_routes_by_role.TABLE, test_routes_by_role.table)):
        with TemporaryDirectory() as folder:
            place.write_text(await table(build(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(write())
