"""A disk that takes writes and then fails to keep them (row 25): the spool says "stored" of nothing that a crash could lose."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.gateway.spool import Spool
from tests.faults.clocks import NoShim, compiled
from tests.stack.leavings import process_group

KEEPER = """
import asyncio, sys
from pathlib import Path
from infra.gateway.spool import Spool

async def main():
    spool = Spool(Path(sys.argv[1]))
    spool.open()
    for line in sys.stdin:
        print(await spool.keep(("emergency", "3101"), [(line.strip(), b"press")], None), flush=True)

asyncio.run(main())
"""


async def test_what_a_failed_sync_did_not_keep_is_never_called_stored_and_what_is_called_stored_survives_a_kill(tmp_path: Path) -> None:
    flag, spool = tmp_path / "fails", tmp_path / "g.calls"
    flag.write_bytes(b"\0")
    try:
        library = compiled(Path(__file__).with_name("disk_shim.c"), tmp_path)
    except NoShim as missing:
        pytest.skip(str(missing))
    environment = os.environ | {"LD_PRELOAD": str(library), "LAOXIAO_FAULT_DISK": str(flag)}
    said: dict[str, bool] = {}
    command = [sys.executable, "-c", KEEPER, str(spool)]
    with process_group(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        for number in range(12):
            # In place: the process sees the very byte.
            with flag.open("r+b") as opened:
                opened.write(b"\1" if number % 4 in (1, 2) else b"\0")
            keeper.stdin.write(f"e-{number}\n".encode())
            keeper.stdin.flush()
            said[f"e-{number}"] = keeper.stdout.readline().strip() == b"True"
        os.kill(keeper.pid, signal.SIGKILL)
        keeper.wait(10)
        keeper.stdin.close()
        keeper.stdout.close()
    assert [name for name, stored in said.items() if not stored] == [f"e-{n}" for n in (1, 2, 5, 6, 9, 10)]
    again = Spool(spool)
    found = [entry.event_id for entry in again.open()]
    await again.close()
    assert found == [name for name, stored in said.items() if stored], "what was refused left nothing half written between them"
