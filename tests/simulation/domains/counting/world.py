# ruff: noqa: ARG002 - the shape of the port
"""What is sent: amounts, a few of them negative, and holds of some seconds or hours, some under an id that is held already."""

from dataclasses import dataclass, field
from random import Random

from tests.simulation.domains.port import Opening, Step
from tests.simulation.plan import Options

STEPS = {"add": 5, "hold": 5}


@dataclass
class CountingWorld:
    """One area; remembers the holds it asked for."""

    name: str
    holds: list[str] = field(default_factory=list)

    def opening(self, draw: Random) -> list[Opening]:
        """One amount to begin with."""
        return [Opening(draw.randrange(50_000), "add", "first", Step("counting.added.v1", {"amount": 1}))]

    def step(self, draw: Random, kind: str, at_ms: int, number: int | str) -> Step:
        """One event."""
        if kind == "add":
            return Step("counting.added.v1", {"amount": draw.choice((1, 2, 5, -1))})
        again = self.holds and draw.random() < 0.1
        hold_id = draw.choice(self.holds) if again else f"h-{self.name}-{number}"
        self.holds.append(hold_id)
        return Step("counting.held.v1", {"hold_id": hold_id, "seconds": draw.choice((30, 3600, 40_000))})


def draw_world(options: Options, draw: Random, name: str) -> CountingWorld:
    """The world of one area."""
    return CountingWorld(name)
