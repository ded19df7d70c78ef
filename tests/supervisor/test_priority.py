"""Standing back, on real processes that want the same processor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, time
os.sched_setaffinity(0, {0})
if sys.argv[1] == "back":
    from infra.supervisor.priority import stand_back
    stand_back()
print(flush=True)
sys.stdin.readline()
end_s = time.monotonic() + 1.5
begun_s = time.process_time()
while time.monotonic() < end_s:
    pass
print(time.process_time() - begun_s)
"""


def spinning(how: str) -> subprocess.Popen[str]:
    """A process in a session of its own, as the supervisor starts them; it waits for a word."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processors are chosen the Linux way")
def test_who_stands_back_leaves_the_processor_to_who_does_not() -> None:
    first, back = spinning("first"), spinning("back")
    for process in (first, back):
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    used_s = [float(process.communicate(timeout=30)[0]) for process in (first, back)]
    assert used_s[0] > 1.5 * used_s[1], used_s


def test_a_process_that_shares_its_session_lowers_only_itself() -> None:
    group = Path("/proc/self/autogroup")
    before = group.read_text() if group.exists() else ""
    program = "from infra.supervisor.priority import stand_back; stand_back(); import os; print(os.nice(0))"
    nice = int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
    assert nice == min(19, os.nice(0) + 5)
    assert (group.read_text() if group.exists() else "") == before
