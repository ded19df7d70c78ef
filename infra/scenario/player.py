"""The player: sends a day to a real Kafka and a real gateway at a chosen pace, as careful clients would, and logs what it sent."""

import asyncio
import time
from collections.abc import Callable, Iterable

from infra.scenario.day import build_day, with_ticks
from infra.scenario.operators import Operators
from infra.scenario.packets import Packet, packets
from infra.scenario.sender import Play, Progress, RecordSender
from infra.scenario.sent_log import SentLog
from infra.scenario.words import Item

__all__ = ["Play", "Progress", "play_day", "play_items"]


async def play_day(play: Play, on_progress: Callable[[Progress], None] = lambda _: None) -> Progress:
    """Send the whole day and return when every record is acknowledged, refused or given up.

    Raises `KafkaError` only when the cluster cannot be reached at the start.
    """
    items = list(with_ticks(build_day(play.plan), play.plan, play.tick_minutes))
    return await play_items(play, items, on_progress)


async def play_items(play: Play, items: list[Item], on_progress: Callable[[Progress], None] = lambda _: None) -> Progress:
    """Send these items as `play_day` does."""
    progress = Progress(items=len(items), played_ms=play.plan.starts_ms)
    http_permille = play.http_permille if play.http_url else 0
    with SentLog(play.log_path) as log:
        async with RecordSender(play, log, progress) as sender:
            operators = Operators(play, sender) if play.http_url else None
            try:
                await _send_all(play, sender, operators, packets(items, play.plan.seed, http_permille), on_progress)
            finally:
                if operators is not None:
                    operators.close()
    on_progress(progress)
    return progress


async def _send_all(
    play: Play, sender: RecordSender, operators: Operators | None, stream: Iterable[Packet], on_progress: Callable[[Progress], None]
) -> None:
    started = time.monotonic()
    span_ms = play.plan.ends_ms - play.plan.starts_ms
    for packet in stream:
        if play.seconds is not None:
            due = started + play.seconds * (packet.at_ms - play.plan.starts_ms) / span_ms
            ahead_s = due - time.monotonic()
            if ahead_s > 0.005:
                await asyncio.sleep(ahead_s)
        if operators is not None:
            await operators.work()
        await sender.send(packet)
        on_progress(sender.progress)
