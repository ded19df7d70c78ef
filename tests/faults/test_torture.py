"""A short torture as part of every check: every kind of fault in ninety seconds, then every invariant on what really happened.

The long run, and the one on three brokers, are the same command: `laoxiao torture --minutes 60 --seed S --brokers 3`.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.stack.home import PROJECT_ROOT
from tests.stack.leavings import end_leavings, process_group

STOP_S_MAX = 60
pytestmark = [pytest.mark.stack, pytest.mark.timeout(1050)]

SEED = "check-1188"
"""Chosen for its schedule: it deals every kind within the time."""
PACE = ("--minutes", "1.5", "--draw-seconds-min", "5", "--draw-seconds-max", "8")
KINDS_MIN = 30
RUN_S_MAX = 900
"""Not how long it takes (three to five minutes), but when a machine that is busy with other things is no longer waited for."""


def test_a_short_torture_violates_nothing(server_directory: Path) -> None:
    home = server_directory / "torture"
    command = [sys.executable, "-m", "infra.cli.main", "torture", "--seed", SEED, "--home", str(home), *PACE]
    said = home.with_suffix(".log")
    try:
        with said.open("w") as log, process_group(command, cwd=PROJECT_ROOT, stdout=log, stderr=log) as run:
            code = _ended(run)
    finally:
        end_leavings(home)
    print(said.read_text())
    assert code == 0, f"{code}: {said.read_text()}"
    end = json.loads((home / "torture.jsonl").read_text().splitlines()[-1])
    assert end["ok"]
    assert len(end["faults drawn"]) >= KINDS_MIN - len(end["not possible here"])
    assert end["kills"] >= 5
    assert end["done to connections"], "the faults of links have really met connections"
    assert end["sent"]["unknown"] == 0, "every record was acknowledged in the end, so every one must be answered"


def _ended(run: "subprocess.Popen[bytes]") -> int | str:
    """Its exit code. A run that takes too long is first asked to stop, so that it says where it was."""
    try:
        return run.wait(RUN_S_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(STOP_S_MAX)
    return f"not done after {RUN_S_MAX} s"
