"""What a fault is: drawn from a seed, begun, healed. Nothing of it is left afterwards but what the system made of it."""

import asyncio
import contextlib
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.rig import Rig


@dataclass(frozen=True)
class Scene:
    """What is known before a run, so that a fault can be drawn from it. `long_s` is how long PostgreSQL may stay away."""

    brokers: int
    workers: int
    session_timeout_s: int
    long_s: float


class Fault(ABC):
    """One thing that goes wrong. Everything about it is drawn in `__init__`, so that a seed says all."""

    name: str
    lasts_s: float | None = None
    """Its own length, when it is not that of the draw it belongs to."""
    touches: frozenset[str] = frozenset()
    """Parts it changes; two faults that touch one part are never there together."""

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        self.scene = scene
        self.draw = draw

    @abstractmethod
    async def start(self, rig: Rig) -> None:
        """Begin."""

    @abstractmethod
    async def heal(self, rig: Rig) -> None:
        """Undo. Called once, also when `start` failed half way."""

    def describe(self) -> dict[str, Any]:
        """What was drawn, for the log."""
        return {}


class Repeated(Fault):
    """A fault that strikes again and again while it is there."""

    _striking: asyncio.Task[None] | None = None

    @abstractmethod
    async def strikes(self, rig: Rig) -> None:
        """Strike until cancelled; a cancellation may come at any wait."""

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        self._striking = asyncio.create_task(self.strikes(rig), name=self.name)

    async def heal(self, rig: Rig) -> None:  # noqa: ARG002 - the signature of every fault
        """End the strikes; raises what broke them."""
        if self._striking is None:
            return
        self._striking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._striking


Card = Callable[[Scene, random.Random], Fault]
