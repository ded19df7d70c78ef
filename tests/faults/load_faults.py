"""Ten times the load, for as long as the draw lasts: row 31."""

import random
from typing import Any

from tests.faults.fault import Fault, Scene
from tests.faults.rig import Rig

FACTOR = 10


class Overload(Fault):
    """A crowd of another district comes at ten times the pace of everybody else together."""

    name = "overload"
    touches = frozenset({"crowd"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.lasts_s = draw.uniform(5, 15)

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        assert rig.crowd is not None, "no crowd was prepared for this run"
        events = rig.crowd.come(FACTOR, self.lasts_s or 0.0)
        rig.did("overload", events=events)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`. Who has come is served in his turn."""

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"factor": FACTOR}
