"""Ending tasks of this process for certain."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_S = 0.5
"""A task that has not ended so long after its cancellation is cancelled again."""


async def cancel_until_ended(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel each task and return when all have ended; what they raised is for their owner to look at.

    Once is not enough: on Python 3.11 `asyncio.wait_for`, which the Kafka client uses for every request, swallows a cancellation that
    comes in the turn in which its answer comes (https://github.com/python/cpython/issues/86296), and a loop then goes on for ever.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)
