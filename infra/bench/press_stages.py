"""Where the time of a press goes: one row a stage, in the order a press goes through them.

Three kinds of stamps, none of them made for this: the broker's on the event (it becomes the decision's time), the producer's on the
journal record (made when the decision was handed over), and the gateway's ``Server-Timing``. The broker's and the producer's count
whole milliseconds, cut off: a difference with one of them is right to a millisecond. All processes are on one machine and one clock.
"""

import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.bench.figures import Reading, percentile
from infra.bench.http_load import Answer

_STEP = re.compile(rb"(\w+);dur=([\d.]+)")


@dataclass(slots=True)
class Stamps:
    """What is known of one press, in milliseconds since the epoch; ``steps`` are the gateway's own durations."""

    sent_ms: float
    answered_ms: float = 0.0
    logged_ms: float = 0.0
    handed_ms: float = 0.0
    read_ms: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)

    def answered(self, answer: Answer) -> None:
        """The gateway has answered with the decision."""
        self.answered_ms = time.time() * 1000
        line = next((one for one in answer.head.lower().split(b"\r\n") if one.startswith(b"server-timing:")), b"")
        self.steps = {name.decode(): float(value) for name, value in _STEP.findall(line)}

    def decided(self, decision: dict[str, Any], journaled_ms: int) -> None:
        """A reader of the journal has the decision now."""
        self.read_ms = time.time() * 1000
        self.logged_ms = datetime.fromisoformat(decision["time"]).timestamp() * 1000
        self.handed_ms = journaled_ms

    def stages(self) -> dict[str, float]:
        """Milliseconds of each stage."""
        log, decision, total = (self.steps[name] for name in ("log", "decision", "total"))
        return {
            "HTTP there and back": self.answered_ms - self.sent_ms - total,
            "gateway: read, check, show to operators, answer": total - log - decision,
            "gateway: until the log confirms": log,
            "sent to in the log (broker's stamp)": self.logged_ms - self.sent_ms,
            "in the log to decided": self.handed_ms - self.logged_ms,
            "decided to durable and read by a reader": self.read_ms - self.handed_ms,
            "gateway: confirmed to decision read back": decision,
            "sent to answered with the decision": self.answered_ms - self.sent_ms,
        }


def readings(presses: list[Stamps], beside: str) -> list[Reading]:
    """The median of each stage, with the 99th percentile beside it."""
    rows = [one.stages() for one in presses]
    out = []
    for stage in rows[0]:
        values = [row[stage] for row in rows]
        for share, label in ((0.5, "median"), (0.99, "p99")):
            out.append(Reading(f"stage {beside}, {stage}, {label}", percentile(values, share), "ms"))
    return out


@dataclass(frozen=True, slots=True)
class Share:
    """What the kernel has counted of a process: on a processor, and ready but waiting for one (Linux)."""

    ran_s: float
    waited_s: float

    def since(self, before: "Share", name: str, presses: int, beside: str) -> list[Reading]:
        """Per press."""
        pairs = (("ran", self.ran_s - before.ran_s), ("waited for a processor", self.waited_s - before.waited_s))
        return [Reading(f"{name} {what} {beside}, per press", seconds / presses * 1000, "ms") for what, seconds in pairs]


def share_of(pid: int | None) -> Share:
    """Both, over all threads of this process."""
    ran_ns = waited_ns = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        ran, waited, _ = (thread / "schedstat").read_text().split()
        ran_ns, waited_ns = ran_ns + int(ran), waited_ns + int(waited)
    return Share(ran_ns / 1e9, waited_ns / 1e9)
