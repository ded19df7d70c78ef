"""A callback that does not wait costs no task; one that waits is waited for exactly as Faust does."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types.tuples import TP, ConsumerMessage
from mode import Service
from mode.utils.queues import FlowControlEvent, ThrowableQueue

from streams.delivery import AtHand, LeanConsumer


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


class Delivered:
    """A stream's queue with Faust's own messages in it, and what became of them."""

    def __init__(self) -> None:
        self.flow = FlowControlEvent()
        self.flow.resume()
        self.queue: Any = ThrowableQueue(maxsize=100, flow_control=self.flow)
        self.tracked: list[int] = []
        self.acknowledged: list[int] = []
        consumer = SimpleNamespace(
            track_message=lambda message: self.tracked.append(message.offset), ack=lambda message: self.acknowledged.append(message.offset)
        )
        app = SimpleNamespace(flow_control=self.flow, consumer_generation_id=7, consumer=consumer)
        self.at_hand = AtHand(SimpleNamespace(app=app, channel=SimpleNamespace(queue=self.queue)))

    def put(self, offset: int, generation: int = 7) -> None:
        """As the conductor puts it: with one reference for the one stream."""
        message = ConsumerMessage("t", 0, offset, 0.0, 0, {}, b"k", b"v", None, tp=TP("t", 0))
        message.generation_id = generation
        message.incref()
        self.queue.force_put_nowait(SimpleNamespace(message=message))


async def test_what_waits_is_given_in_order_tracked_before_and_acknowledged_after() -> None:
    delivered = Delivered()
    for offset in (4, 5):
        delivered.put(offset)
    first = delivered.at_hand.next()
    assert (first.offset, first.tracked, delivered.tracked, delivered.acknowledged) == (4, True, [4], [])
    delivered.at_hand.done(first)
    assert delivered.acknowledged == [4]
    assert delivered.at_hand.next().offset == 5
    assert delivered.at_hand.next() is None


async def test_records_of_another_generation_are_passed_over_and_never_acknowledged() -> None:
    delivered = Delivered()
    delivered.put(4, generation=6)
    delivered.put(5)
    assert delivered.at_hand.next().offset == 5
    assert (delivered.tracked, delivered.acknowledged) == ([5], [])


async def test_nothing_is_given_while_delivery_is_suspended() -> None:
    delivered = Delivered()
    delivered.put(4)
    delivered.flow.suspend()
    assert delivered.at_hand.next() is None
    assert delivered.tracked == []


async def test_an_error_in_the_queue_is_left_to_faust_s_own_iterator() -> None:
    delivered = Delivered()
    delivered.put(4)
    await delivered.queue.throw(RuntimeError("from Faust"))
    assert delivered.at_hand.next() is None
    assert delivered.queue.qsize() == 1


def test_a_partition_without_a_position_is_no_reason_to_end_the_process() -> None:
    """Faust's own look asserts one, and ended a worker while a broker was coming back."""
    consumer = object.__new__(LeanConsumer)  # neither app nor thread: it may look at nothing
    consumer.verify_event_path(0.0, TP("meals.events", 0))
