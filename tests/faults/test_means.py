"""The means of doing harm do what they say: a clock of one's own jumps, a full disk refuses a write and takes it again afterwards."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.clocks import NoShim, WallClock
from tests.faults.disks import Disk, FileSizeLimit, SmallFileSystem, disk_for

ASK = (
    "import time, datetime, sys\nfor _ in sys.stdin: print(time.time(), datetime.datetime.now().timestamp(), time.monotonic(), flush=True)"
)
WRITE = "import sys\nfor path in sys.stdin:\n  try: open(path.strip(), 'ab').write(b'x' * 1_000_000); print('ok', flush=True)\n" + (
    "  except OSError as error: print(error.errno, flush=True)"
)


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    try:
        return WallClock(tmp_path)
    except NoShim as missing:
        pytest.skip(str(missing))


def test_the_wall_clock_of_a_running_process_jumps_and_its_monotonic_clock_does_not(clock: WallClock) -> None:
    command = [sys.executable, "-c", ASK]
    with subprocess.Popen(command, env=clock.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        seen = []
        for ahead_s in (0.0, 262.0, -3600.0, 0.0):
            clock.set_ahead(ahead_s)
            process.stdin.write("now\n")
            process.stdin.flush()
            wall_s, datetime_s, monotonic_s = map(float, process.stdout.readline().split())
            assert wall_s == pytest.approx(time.time() + ahead_s, abs=2)
            assert datetime_s == pytest.approx(wall_s, abs=1)
            seen.append(monotonic_s)
        process.stdin.close()
    assert seen == sorted(seen)
    assert seen[-1] - seen[0] < 5


@pytest.mark.parametrize(("make", "refusal"), [(SmallFileSystem, 28), (FileSizeLimit, 27)])
def test_a_full_disk_refuses_a_write_and_takes_it_when_there_is_room_again(tmp_path: Path, make: type[Disk], refusal: int) -> None:
    place = tmp_path / "disk"
    command = [sys.executable, "-c", WRITE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            disk = SmallFileSystem(place) if make is SmallFileSystem else FileSizeLimit(lambda: process.pid)
        except (OSError, AssertionError, subprocess.SubprocessError):
            process.kill()
            pytest.skip("mounting is not allowed here; the limit is used instead, and tested beside this")
        place.mkdir(exist_ok=True)
        answers = []
        try:
            for step in (None, disk.fill, disk.free):
                if step is not None:
                    step()
                process.stdin.write(f"{place / 'file'}\n")
                process.stdin.flush()
                answers.append(process.stdout.readline().strip())
            process.stdin.close()
        finally:
            process.kill()
            disk.remove()
    assert answers == ["ok", str(refusal), "ok"]


def test_a_machine_without_the_right_to_mount_gets_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(disk_for(tmp_path / "disk", lambda: None), FileSizeLimit)
