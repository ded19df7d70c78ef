"""What stands in for the operating system inside a simulated process: no fork, no wall clock, no collector of its own."""

from typing import Any

from streams.runtime import PartitionRuntime
from streams.snapshots import PackedArea, pack


class InlineDump:
    """Instead of a forked child: the picture is packed at once. A simulated process cannot fork."""

    def __init__(self, runtime: PartitionRuntime[Any]) -> None:
        self._packed: list[PackedArea] = [pack(runtime.domain, runtime.areas[name]) for name in sorted(runtime.changed)]

    def wait(self) -> list[PackedArea]:
        """The packed areas."""
        return self._packed

    def kill(self) -> None:
        """Nothing runs."""


class NoTime:
    """`time` for modules that measure themselves: a run may not depend on how fast this machine is."""

    @staticmethod
    def monotonic() -> float:
        """Always the same."""
        return 0.0

    time = perf_counter = monotonic


class NoCollector:
    """`gc` for a process that lives on with the next seed: what it froze would never be given back."""

    @staticmethod
    def freeze() -> None:
        """Nothing."""
