"""Read your write (L08): a read waits a little until the register shows what this gateway has already seen decided."""

import asyncio

from infra.gateway.gateway import Gateway
from infra.postgres import queries

BEHIND_SECONDS_MAX = 2.0
"""How long a read waits for the projection to reach what this gateway has already seen decided (L08)."""


async def caught_up_with(gateway: Gateway, domain: str, request_id: str) -> bool:
    """Whether the register shows the newest decision on this request that this gateway knows, waiting a little for it."""
    touched = gateway.boards[domain].touched(request_id)
    if touched is None:
        return True
    deadline_s = asyncio.get_running_loop().time() + BEHIND_SECONDS_MAX
    while True:
        positions = await gateway.read(queries.positions, domain)
        position = positions.get(touched.partition)
        if position is not None and position.next_offset >= touched.next_offset:
            return True
        if asyncio.get_running_loop().time() >= deadline_s:
            return False
        await asyncio.sleep(0.05)
