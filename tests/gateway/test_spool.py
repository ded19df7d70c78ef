"""The spool: what it says is on disk is on disk, in order, through kills, torn writes and a full disk."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.gateway import spool as spool_module
from infra.gateway.spool import Spool, SpoolTaken

LANE = ("emergency", "3101")

KEEPER = """
import asyncio, sys
from pathlib import Path
from infra.gateway.spool import Spool

async def main():
    spool = Spool(Path(sys.argv[1]))
    spool.open()
    for number in range(1_000_000):
        assert await spool.keep(("emergency", "3101"), [(f"e-{number}", b"press %d" % number)], None)
        print(number, flush=True)

asyncio.run(main())
"""


def left(path: Path) -> list[tuple[str, bytes]]:
    """What a process that starts now finds waiting."""
    spool = Spool(path)
    found = [(entry.event_id, entry.value) for entry in spool.open()]
    asyncio.run(spool.close())
    return found


async def kept(path: Path, count: int, sent: int = 0) -> None:
    spool = Spool(path)
    spool.open()
    for number in range(count):
        assert await spool.keep(LANE, [(f"e-{number}", b"press %d" % number)], 7)
    spool.sent(sent)
    await spool.close()


def test_every_call_that_was_answered_is_there_in_order_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "spool" / "g.calls"
    with subprocess.Popen([sys.executable, "-c", KEEPER, str(path)], stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        for line in keeper.stdout:
            if int(line) >= 150:
                os.kill(keeper.pid, signal.SIGKILL)
                break
        answered = int(line)
    found = [event_id for event_id, _ in left(path)]
    assert found[: answered + 1] == [f"e-{number}" for number in range(answered + 1)]
    assert len(found) <= answered + 200, "at most what was being written beside"


def test_what_the_log_has_is_not_sent_again_and_an_empty_spool_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "g.calls"
    asyncio.run(kept(path, 5, sent=3))
    assert [event_id for event_id, _ in left(path)] == ["e-3", "e-4"]
    asyncio.run(kept(tmp_path / "all.calls", 5, sent=5))
    assert (tmp_path / "all.calls").stat().st_size == 0


@pytest.mark.parametrize("torn", [b"0", b"1c291ca3 {", b'deadbeef {"n":9}', b"\x00" * 64])
def test_a_write_that_was_cut_short_is_cut_off_and_the_next_one_is_whole(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "g.calls"
    asyncio.run(kept(path, 2))
    with path.open("ab") as file:
        file.write(torn)
    assert len(left(path)) == 2

    async def more() -> None:
        spool = Spool(path)
        spool.open()
        assert await spool.keep(LANE, [("late", b"late")], None)
        await spool.close()

    asyncio.run(more())
    assert left(path)[-1] == ("late", b"late")


def test_a_line_that_cannot_be_read_costs_no_other_and_a_copy_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "g.calls"
    asyncio.run(kept(path, 3))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"00000000 rubbish\n" + b"".join(lines[1:]))
    assert [event_id for event_id, _ in left(path)] == ["e-0", "e-1", "e-2"]
    assert path.with_suffix(".damaged").exists()


async def test_ten_thousand_presses_at_once_share_a_few_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []

    def sync(file: int) -> None:
        synced.append(file)
        fsync(file)

    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(spool_module, "DISK_S_MAX", 60.0)  # how long a slow disk takes is not what is asked here
    spool = Spool(tmp_path / "g.calls")
    spool.open()
    async with asyncio.timeout(60):
        stored = await asyncio.gather(*(spool.keep(LANE, [(f"e-{n}", b"x" * 600)], None) for n in range(10_000)))
    assert all(stored)
    assert 0 < len(synced) < 100, "each press waits for a sync, not for one of its own"
    await spool.close()
    again = Spool(tmp_path / "g.calls")
    assert len(again.open()) == 10_000
    await again.close()


async def test_a_full_disk_is_said_and_the_call_waits_in_memory_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "g.calls").symlink_to("/dev/full")
    spool = Spool(tmp_path / "g.calls")
    spool.open()
    assert await spool.keep(LANE, [("e-1", b"press")], None) is False
    assert [entry.event_id for entry in spool.waiting] == ["e-1"]
    await spool.close()


async def test_no_place_for_a_file_at_all_is_no_reason_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "flat").write_text("not a folder")
    spool = Spool(tmp_path / "flat" / "g.calls")
    assert spool.open() == []
    assert await spool.keep(LANE, [("e-1", b"press")], None) is False
    assert len(spool.waiting) == 1
    await spool.close()


async def test_two_gateways_cannot_hold_one_spool(tmp_path: Path) -> None:
    first = Spool(tmp_path / "g.calls")
    first.open()
    with pytest.raises(SpoolTaken):
        Spool(tmp_path / "g.calls").open()
    await first.close()


async def test_entries_go_in_the_order_they_came_one_lane_and_instant_at_a_time(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "g.calls")
    spool.open()
    for number, (area, at_ms) in enumerate((("3101", 5), ("3101", 5), ("3101", 6), ("3102", 6))):
        await spool.keep(("emergency", area), [(f"e-{number}", b"x")], at_ms)
    taken = []
    while head := spool.head(10):
        taken.append([entry.event_id for entry in head])
        spool.sent(len(head))
    assert taken == [["e-0", "e-1"], ["e-2"], ["e-3"]]
    await spool.close()
