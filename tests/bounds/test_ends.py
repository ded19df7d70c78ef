"""A test run ends and says what was wrong: with a teardown that hangs, with a thread that stays, with what a failed test leaves."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.stack.home import PROJECT_ROOT
from tests.heavy_first import HEAVY, ONE_SCOPE, scope_of
from tests.stack.leavings import living_by, process_group, sweep

CONFTEST = """
import tests.backstop
tests.backstop.GRACE_S = 3.0
tests.backstop.END_S_MAX = {end_s}
"""
HANGS_AFTER_A_FAILURE = """
import time, pytest

@pytest.fixture
def place():
    yield
    time.sleep(600)

@pytest.mark.timeout(2)
def test_fails(place):
    assert 1 == 2

def test_is_run_all_the_same():
    pass
"""
LEAVES_A_THREAD = """
import threading, time

def test_good():
    threading.Thread(target=time.sleep, args=(600,)).start()
"""
BUSY = "import pathlib, time\nwhile True:\n  pathlib.Path(f'{time.time_ns()}').write_text('x')\n  time.sleep(0.01)\n"


def run(folder: Path, program: str, *arguments: str, end_s: float) -> tuple[int, str, float]:
    """pytest on one file in a process of its own, with our hooks: exit code, what it said, seconds."""
    (folder / "test_it.py").write_text(program)
    (folder / "conftest.py").write_text(CONFTEST.format(end_s=end_s))
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.heavy_first", "-p", "tests.backstop", "-p", "no:cacheprovider", *arguments, "."]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT_ROOT)}
    began_s = time.monotonic()
    with (folder / "said").open("w") as said, process_group(command, cwd=folder, stdout=said, stderr=said, env=environment) as process:
        code = process.wait(120)
    return code, (folder / "said").read_text(), time.monotonic() - began_s


def test_a_teardown_that_hangs_after_a_failure_ends_its_process_is_named_once_and_the_rest_is_run(tmp_path: Path) -> None:
    code, said, _ = run(tmp_path, HANGS_AFTER_A_FAILURE, "-n1", "--dist", "loadfile", end_s=60.0)
    assert code == 1
    assert "assert 1 == 2" in said
    assert said.count("crashed while running 'test_it.py::test_fails'") in (1, 2), "in the report, and in its summary"
    assert "time.sleep" in said or "in place" in said, "the stack says where it hung"
    assert "1 passed" in said, "the other test of the file"


def test_a_thread_that_never_ends_does_not_keep_a_finished_session(tmp_path: Path) -> None:
    _, said, seconds = run(tmp_path, LEAVES_A_THREAD, end_s=8.0)
    assert "1 passed" in said
    assert "Timeout" in said
    assert seconds < 100, "and not the ten minutes of the thread"


def test_what_a_failed_test_leaves_in_its_directory_is_ended_unmounted_and_removed(tmp_path: Path) -> None:
    place = tmp_path / "left"
    (place / "disk").mkdir(parents=True)
    mount = [shutil.which("mount") or sys.executable, "-t", "tmpfs", "none", str(place / "disk")]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    with process_group([sys.executable, "-c", BUSY], cwd=place / "disk") as busy:
        deadline_s = time.monotonic() + 20
        while not any((place / "disk").iterdir()):
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        assert list(living_by(place)) == [busy.pid]
        told = sweep(place)
        assert busy.wait(10) < 0
    assert not place.exists()
    assert len(told) == 1 + mounted, told


@pytest.mark.parametrize("path", HEAVY)
def test_what_is_heavy_is_there_and_is_one_scope(path: str) -> None:
    assert (PROJECT_ROOT / path).exists()
    assert scope_of(f"{path}x.py::test_x" if path.endswith("/") else f"{path}::test_x") == ONE_SCOPE
    assert scope_of("tests/streams/test_worker.py::test_x") == "tests/streams/test_worker.py"
