"""The owner's clock finds a deadline by the log's time, whatever the wall clock of its machine says."""

from streams.clock import OwnerClock
from tests.streams.bench_world import World
from tests.streams.counting import held

AREA = "310101"
LOG_S = 1_000
"""What the broker's clock of the bench world says."""


async def test_a_wall_clock_that_is_behind_delays_no_deadline() -> None:
    world, monotonic = World(), [50.0]
    owner = await world.live()
    ticker = OwnerClock(world.carrying(now_s=lambda: LOG_S - 262.0), owner, lambda: monotonic[0])
    world.send(held("h-1", AREA, seconds=10))
    world.deliver(owner)
    assert await ticker.look() == 0
    monotonic[0] += 9.9
    assert await ticker.look() == 0
    monotonic[0] += 0.2
    assert await ticker.look() == 1


async def test_after_ticks_that_came_too_early_the_next_comes_when_the_log_s_own_time_has_come() -> None:
    world, monotonic = World(), [50.0]
    owner = await world.live()
    ticker = OwnerClock(world.carrying(now_s=lambda: LOG_S + 262.0), owner, lambda: monotonic[0])
    world.send(held("h-1", AREA, seconds=40))
    world.deliver(owner)
    posted = []
    while monotonic[0] < 50.0 + 41:
        for _ in range(await ticker.look()):
            posted.append(monotonic[0] - 50.0)
            world.deliver(owner, len(posted))
        monotonic[0] += 0.1
    assert any(40.0 <= at_s < 40.3 for at_s in posted), posted
    assert len(posted) < 15, "pauses grow while it is too early"
