"""A callback that does not wait costs no task; one that waits is waited for exactly as Faust does."""

import asyncio
from typing import Any

import pytest
from mode import Service

from streams.delivery import LeanConsumer


@pytest.fixture
def waiter() -> Any:
    """Faust's consumer as far as it is a service: what is under test needs no broker."""
    consumer = LeanConsumer.__new__(LeanConsumer)
    Service.__init__(consumer)
    return consumer


async def test_a_callback_that_does_not_wait_ends_without_a_task(waiter: Any) -> None:
    before = len(asyncio.all_tasks())
    seen: list[int] = []

    async def callback() -> int:
        seen.append(len(asyncio.all_tasks()))
        return 7

    done = await waiter.wait_first(callback(), asyncio.Event().wait())
    assert (done.results, done.stopped, seen) == ([7], False, [before])


async def test_a_callback_that_waits_is_finished_once_what_it_waits_for_comes(waiter: Any) -> None:
    come, steps = asyncio.Event(), []

    async def callback() -> str:
        steps.append("begun")
        await come.wait()
        await asyncio.sleep(0)
        steps.append("ended")
        return "answer"

    asyncio.get_running_loop().call_later(0.01, come.set)
    done = await waiter.wait_first(callback(), asyncio.Event().wait())
    assert (done.results, steps) == (["answer"], ["begun", "ended"])


async def test_a_waiting_callback_is_given_up_when_the_flow_is_suspended(waiter: Any) -> None:
    suspended, given_up = asyncio.Event(), asyncio.Event()

    async def callback() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    asyncio.get_running_loop().call_later(0.01, suspended.set)
    await waiter.wait_first(callback(), suspended.wait())
    async with asyncio.timeout(1):
        await given_up.wait()


async def test_what_a_callback_raises_comes_out(waiter: Any) -> None:
    async def callback() -> None:
        raise LookupError("broken")

    with pytest.raises(LookupError):
        await waiter.wait_first(callback())
