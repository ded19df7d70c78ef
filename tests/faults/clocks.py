"""A wall clock of their own for chosen processes, moved while they run. Needs a C compiler; without one the fault is left out."""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock_shim.c")


class NoClockShim(RuntimeError):
    """This machine cannot build the shim; the message says why."""


class WallClock:
    """One clock, shared by the processes that are started with `environment`."""

    def __init__(self, directory: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise NoClockShim("no C compiler (cc, gcc) for the clock shim")
        directory.mkdir(parents=True, exist_ok=True)
        self._library = directory / "clock_shim.so"
        command = [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-o", str(self._library), str(_SOURCE), "-ldl"]
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode != 0:
            raise NoClockShim(f"the C compiler cannot build the clock shim: {made.stderr.strip()[-300:]}")
        self._file = directory / "clock_offset"
        self._file.write_bytes(bytes(8))
        with self._file.open("r+b") as opened:
            self._place = mmap.mmap(opened.fileno(), 8)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to live by this clock."""
        return {"LD_PRELOAD": str(self._library), "LAOXIAO_FAULT_CLOCK": str(self._file)}

    @property
    def ahead_s(self) -> float:
        """How far this clock is ahead of the machine's."""
        return float(struct.unpack("=q", self._place[:8])[0]) / 1e9

    def set_ahead(self, seconds: float) -> None:
        """Jump: from now on the clock is so far ahead (behind when negative)."""
        self._place[:8] = struct.pack("=q", round(seconds * 1e9))
