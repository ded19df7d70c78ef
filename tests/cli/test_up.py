"""`laoxiao up` as somebody new runs it: a day is played and checked, and then everything stays there to be looked at."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.stack.home import PROJECT_ROOT, run_home
from tests.streams.test_auditor import until

pytestmark = pytest.mark.stack
STAYS = "the page stays at"


@pytest.fixture
def playing(server_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """The command, with a run directory of its own; ended as by Ctrl-C."""
    home = server_directory / "up"
    home.mkdir(parents=True)
    (home / "kafka").symlink_to(run_home() / "kafka")
    monkeypatch.setenv("LAOXIAO_HOME", str(home))
    words = [sys.executable, "-m", "infra.cli.main", "up", "--scale", "0.02", "--seconds", "8", "--port", "0"]
    with subprocess.Popen(words, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


async def test_after_the_day_was_played_and_checked_everything_serves_again_until_it_is_ended(playing: subprocess.Popen[str]) -> None:
    assert playing.stdout is not None
    said: list[str] = []
    for line in playing.stdout:
        said.append(line)
        if STAYS in line:
            break
    assert STAYS in said[-1], "".join(said[-40:])
    assert any("all hold" in line for line in said)
    url = said[-1].split(STAYS, 1)[1].split(";", 1)[0].strip()
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:

        async def serves() -> bool:
            ready = (await client.get(f"{url}/readyz")).json()
            return (ready["status"], ready["watched"]["auditor"]["status"]) == ("ready", "ok")

        await until("the gateway serves and hears the auditor", serves, 60)
        shown = (await client.get(f"{url}/v1/beds/overview", params={"area": "310106"})).json()
        assert sum(one["waiting"] for one in shown["waits"]["sex"]) > 0
    playing.send_signal(signal.SIGINT)
    rest, _ = playing.communicate(timeout=60)
    assert playing.returncode == 0, rest
    assert rest.rstrip().endswith("stopped")
