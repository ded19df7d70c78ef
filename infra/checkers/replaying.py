"""L01: replaying the journal gives the same state in every process, whatever its hash seed."""

import os
import subprocess
from collections.abc import Callable, Sequence

from infra.checkers.violation import Violation

HASH_SEEDS = (0, 4242)
"""Two processes that order sets and hashes differently."""

Replay = Callable[[int], str]
"""Replays the whole journal in a process of its own with this PYTHONHASHSEED and returns the states' hash."""


def check_l01(replay: Replay, live: str | None = None) -> list[Violation]:
    """Equal in two processes, and equal to the live state's hash when one is given."""
    hashes = [replay(seed) for seed in HASH_SEEDS]
    found = []
    if not hashes[0]:
        found.append(Violation("L01", "the replay gave no hash"))
    if len(set(hashes)) > 1:
        found.append(Violation("L01", f"two replays of one journal differ: {hashes[0][:16]} and {hashes[1][:16]}"))
    if live is not None and live != hashes[0]:
        found.append(Violation("L01", f"the live state is {live[:16]}, the replayed one {hashes[0][:16]}"))
    return found


def replay_command(command: Sequence[str], timeout_s: float = 300.0) -> Replay:
    """A `Replay` that runs a command, such as ``laoxiao replay``, whose last word on standard output is the hash.

    A command that fails raises `subprocess.CalledProcessError`: no hash is no proof.
    """

    def run(seed: int) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(list(command), env=environment, capture_output=True, text=True, timeout=timeout_s, check=True)
        words = done.stdout.split()
        return words[-1] if words else ""

    return run
