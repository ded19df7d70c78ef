"""Recovery of a large area takes seconds; the process's loop must turn meanwhile, or its own guard ends it and no restart helps."""

import asyncio
import threading
from typing import Any

import pytest

from agents import core
from agents.meals import DOMAIN
from schemas.journal import Clock, Opened, encode
from streams import recovery
from streams.memory import MemoryJournal, MemorySnapshots
from streams.snapshots import PackedArea, pack, publish, unpack
from streams.tail import Position

DEADLINE_S = 20.0


async def test_the_loop_turns_while_a_snapshot_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    loading, turned = threading.Event(), threading.Event()

    def unpack_when_the_loop_has_turned(domain: Any, packed: PackedArea, moved: Any) -> Any:
        loading.set()
        assert turned.wait(DEADLINE_S), "the loop stood still while the snapshot was loaded"
        return unpack(domain, packed, moved)

    async def turn() -> None:
        await asyncio.to_thread(loading.wait, DEADLINE_S)
        turned.set()

    monkeypatch.setattr(recovery, "unpack", unpack_when_the_loop_has_turned)
    journal, store = MemoryJournal(1), MemorySnapshots()
    journal.add(0, encode(Opened("w", Clock.WALL)))
    await publish(store, 0, [pack(DOMAIN, core.blank(DOMAIN, "310106"))], position=Position(1, 0, 0, -1), failures={}, last=None)
    turning = asyncio.create_task(turn())
    recovered = await recovery.recover(DOMAIN, journal, store, partition=0, stop=1, clock=Clock.WALL)
    await turning
    # A load that broke would be passed over for the journal: the area is there only if the snapshot was read.
    assert list(recovered.runtime.areas) == ["310106"]


async def test_a_long_recovery_shows_that_it_moves() -> None:
    """The watchdog ends a process that is behind and does not move; a recovery longer than its patience is no stall."""
    journal, store = MemoryJournal(1), MemorySnapshots()
    journal.add(0, encode(Opened("w", Clock.WALL)))
    journal.add(0, encode(Opened("w", Clock.WALL)))
    await publish(store, 0, [pack(DOMAIN, core.blank(DOMAIN, "310106"))], position=Position(1, 0, 0, -1), failures={}, last=None)
    moves: list[str] = []
    recovered = await recovery.recover(
        DOMAIN, journal, store, partition=0, stop=2, clock=Clock.WALL, moved=lambda: moves.append(threading.current_thread().name)
    )
    rows = len(list(core.dump(DOMAIN, recovered.runtime.areas["310106"])))
    assert len(moves) == rows + 1, "once for each row of the snapshot, once for the journal record after it"
