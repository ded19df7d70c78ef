"""A wall clock of their own for chosen processes, moved while they run. Needs a C compiler; without one the fault is left out."""

import mmap
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

BUILD_S_MAX = 120.0
PROBE_S = 1_000_000.0
_SOURCE = Path(__file__).with_name("clock_shim.c")


class NoShim(RuntimeError):
    """This machine cannot build or preload a shim; the message says why."""


def compiled(source: Path, directory: Path) -> Path:
    """A library to preload, made of this C file. Raises `NoShim`."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoShim(f"no C compiler (cc, gcc) for {source.name}")
    directory.mkdir(parents=True, exist_ok=True)
    library = directory / f"{source.stem}.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-o", str(library), str(source), "-ldl"]
    made = subprocess.run(command, check=False, capture_output=True, text=True, timeout=BUILD_S_MAX)
    if made.returncode != 0:
        raise NoShim(f"the C compiler cannot build {source.name}: {made.stderr.strip()[-300:]}")
    return library


class WallClock:
    """One clock, shared by the processes that are started with `environment`."""

    def __init__(self, directory: Path) -> None:
        self._library = compiled(_SOURCE, directory)
        self._file = directory / "clock_offset"
        self._file.write_bytes(bytes(8))
        with self._file.open("r+b") as opened:
            self._place = mmap.mmap(opened.fileno(), 8)
        self._try_it()

    def _try_it(self) -> None:
        """A system whose loader or C library goes its own way builds the shim and never asks it."""
        self.set_ahead(PROBE_S)
        asked = [sys.executable, "-I", "-S", "-c", "import time; print(time.time())"]
        said = subprocess.run(asked, env=self.environment, check=False, capture_output=True, text=True, timeout=BUILD_S_MAX)
        self.set_ahead(0)
        try:
            ahead_s = float(said.stdout) - time.time()
        except ValueError:
            raise NoShim(f"no process starts with the clock shim: {said.stderr.strip()[-300:]}") from None
        if abs(ahead_s - PROBE_S) > PROBE_S / 2:
            raise NoShim("a preloaded clock is not asked on this system")

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
