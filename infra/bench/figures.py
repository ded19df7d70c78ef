"""What a measurement hands back: one figure per line of the table, and how several runs become one line."""

from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """What the median should reach: at least, or at most, so much. ``of_peer`` reads the bound as a ratio to the peer."""

    bound: float
    at_most: bool = False
    of_peer: bool = False

    def met(self, value: float, peer: float | None) -> bool | None:
        """Whether the goal is reached; None when it is relative and there is no peer."""
        if self.of_peer:
            if not peer:
                return None
            value = value / peer
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}{' × peer' if self.of_peer else ''}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of one run. ``peer_value`` was measured in the same run, in the same unit; ``peer`` says of what."""

    name: str
    value: float
    unit: str
    goal: Goal | None = None
    peer: str = ""
    peer_value: float | None = None


@dataclass(slots=True)
class Figure:
    """All readings of one name, in the order of the runs."""

    name: str
    unit: str
    goal: Goal | None
    peer: str
    values: list[float] = field(default_factory=list)
    peer_values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle of the runs."""
        return median(self.values)

    @property
    def peer_median(self) -> float | None:
        """The middle of the peer's runs; None without a peer."""
        return median(self.peer_values) if self.peer_values else None

    @property
    def ratio(self) -> float | None:
        """The middle of the ratios, each taken within one run, so that a slow moment of the machine is in both."""
        if not self.peer_values:
            return None
        return median(value / peer for value, peer in zip(self.values, self.peer_values, strict=True))

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the goal; None without a goal."""
        if self.goal is None:
            return None
        if self.goal.of_peer:
            return self.goal.met(self.ratio, 1.0) if self.ratio is not None else None
        return self.goal.met(self.median, None)

    def as_json(self) -> dict[str, object]:
        """Everything of the figure, for a file."""
        return {
            "name": self.name, "unit": self.unit, "runs": len(self.values), "median": self.median, "min": min(self.values),
            "max": max(self.values), "values": self.values, "goal": str(self.goal) if self.goal is not None else None, "met": self.met,
            "peer": self.peer or None, "peer_median": self.peer_median, "peer_values": self.peer_values, "ratio": self.ratio,
        }  # fmt: skip


def collect(runs: list[list[Reading]]) -> list[Figure]:
    """The readings of several runs as one figure per name, in the order of the first run."""
    figures: dict[str, Figure] = {}
    for readings in runs:
        for reading in readings:
            figure = figures.setdefault(reading.name, Figure(reading.name, reading.unit, reading.goal, reading.peer))
            figure.values.append(reading.value)
            if reading.peer_value is not None:
                figure.peer_values.append(reading.peer_value)
    return list(figures.values())


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank)."""
    assert values, "a percentile of nothing"
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]
