"""L01: replaying the journal gives the same state in every process: whatever its hash seed, from nothing or from snapshots."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.checkers.violation import Violation

Replay = Callable[[], dict[str, str]]
"""Replays the whole journal in a process of its own; returns the state's hash by area."""

HASH_SEEDS = ("0", "4242")
"""Two processes that order sets and hashes differently."""


class ReplayFailed(RuntimeError):
    """The replay ended without an answer; the message says how."""


def check_l01(replays: Mapping[str, Replay]) -> list[Violation]:
    """Every replay, by its name, must give the same hash of every area; one that fails or says nothing is a violation."""
    found: list[Violation] = []
    first: tuple[str, dict[str, str]] | None = None
    for name, replay in replays.items():
        try:
            hashes = replay()
        except ReplayFailed as failed:
            found.append(Violation("L01", f"{name}: {failed}"))
            continue
        if not hashes:
            found.append(Violation("L01", f"{name}: the replay knows no area"))
        if first is None:
            first = (name, hashes)
            continue
        for area in sorted(first[1].keys() | hashes.keys()):
            if first[1].get(area) != hashes.get(area):
                found.append(Violation("L01", f"area {area} replayed by '{name}' differs from '{first[0]}'"))
    return found


def replays_of(bootstrap: str, clock: str, domain: str) -> dict[str, Replay]:
    """``laoxiao replay`` from nothing under two hash seeds, and from snapshots."""
    command = [str(Path(sys.executable).parent / "laoxiao"), "replay", "--domain", domain, "--json"]
    place = {"LAOXIAO_KAFKA": bootstrap, "LAOXIAO_CLOCK": clock}
    out = {f"hash seed {seed}": run_replay([*command, "--no-snapshots"], {**place, "PYTHONHASHSEED": seed}) for seed in HASH_SEEDS}
    out["from snapshots"] = run_replay([*command, "--snapshots"], place)
    return out


def run_replay(command: Sequence[str], environment: Mapping[str, str], timeout_s: float = 300.0) -> Replay:
    """A `Replay` by a command that prints a JSON list of ``{"area", "hash", ...}``."""

    def run() -> dict[str, str]:
        try:
            done = subprocess.run(
                list(command), env={**os.environ, **environment}, capture_output=True, text=True, timeout=timeout_s, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReplayFailed(type(error).__name__) from error
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise ReplayFailed(f"exit code {done.returncode}: {last[0]}")
        try:
            return {row["area"]: row["hash"] for row in json.loads(done.stdout)}
        except (ValueError, KeyError, TypeError) as error:
            raise ReplayFailed("the answer is not a list of areas") from error

    return run
