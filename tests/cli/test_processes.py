"""How a long-running process ends when it is asked to."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, sys
from infra.cli import processes
from infra.settings import Settings
from infra.telemetry.metrics import Metrics

processes.STOP_S_MAX = 0.3

async def work(stop):
    print("at work", flush=True)
    if sys.argv[1] == "hears":
        await stop.wait()
        print("ended by itself", flush=True)
    elif sys.argv[1] == "breaks":
        raise RuntimeError("broken")
    else:  # as a client that waits for its first broker, and swallows a cancellation once
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

processes.run_until_signalled(Settings.from_environment(), Metrics(), work)
"""


@pytest.mark.parametrize("how", ["hears", "does not hear"])
def test_a_process_that_is_asked_to_stop_ends_cleanly_also_when_its_work_does_not_hear(how: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGTERM)
        said, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert said == ("ended by itself\n" if how == "hears" else "")
    assert ("not ended" in told) == (how == "does not hear")


def test_what_the_work_raises_ends_the_process_loudly() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, "breaks"], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 75
    assert "RuntimeError: broken" in ended.stderr
