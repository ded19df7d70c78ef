"""Faults of one link: every toxic of the proxy, on a link and of a size drawn from the seed."""

import asyncio
import random
from dataclasses import asdict
from typing import Any

from tests.faults.fault import Card, Fault, Repeated, Scene
from tests.faults.proxy import PLAIN, Toxics
from tests.faults.rig import POSTGRES_CLIENTS, Rig

KINDS = ("latency", "reset", "cut-up", "cut-down", "slicer", "half-open", "stall", "forgotten", "lost-response")


def link_names(scene: Scene) -> list[str]:
    """Every link of a deployment of this size; workers' links twice, since most of what can go wrong goes wrong there."""
    workers = [f"worker-{number + 1}>kafka" for number in range(scene.workers)]
    kafka = [*workers, *workers, "projector>kafka", "reactor>kafka", "gateway>kafka"]
    return [*kafka, *(f"{name}>postgres" for name in POSTGRES_CLIENTS)]


class BadLink(Fault):
    """One toxic on one link for the length of the draw: rows 10 to 13."""

    def __init__(self, scene: Scene, draw: random.Random, kind: str) -> None:
        super().__init__(scene, draw)
        self.kind = kind
        self.name = f"link-{kind}"
        self.link = draw.choice(link_names(scene))
        self.touches = frozenset({self.link})
        self.toxics = _toxics(kind, draw)
        self.reset_at_end = draw.random() < 0.5
        """A cut that ends either lets the held bytes through or finds the connection given up meanwhile."""

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        self._before = rig.links[self.link].done()
        if self.kind == "forgotten":
            rig.links[self.link].forget_all()
        rig.links[self.link].disturb(self.toxics)
        rig.did(self.name, link=self.link)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        link = rig.links[self.link]
        if self.reset_at_end and self.kind in {"cut-up", "cut-down", "stall"}:
            link.reset_all()
        link.heal()
        rig.note("link healed", fault=self.name, link=self.link, done=dict(link.done() - self._before))

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"link": self.link} | {name: value for name, value in asdict(self.toxics).items() if value != getattr(PLAIN, name)}


class LostResponses(Repeated):
    """The server appends or commits, the answer is lost and the connection reset, every few seconds: row 10."""

    name = "link-lost-response"

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.link = draw.choice([name for name in link_names(scene) if name != "gateway>postgres"])  # which only reads
        self.touches = frozenset({self.link})

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`."""
        while True:
            rig.links[self.link].disturb(Toxics(lose_responses=1))
            rig.did(self.name, link=self.link)
            await asyncio.sleep(self.draw.uniform(1, 4))

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        await super().heal(rig)
        rig.links[self.link].heal()

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"link": self.link}


def _toxics(kind: str, draw: random.Random) -> Toxics:
    match kind:
        case "latency":
            latency_s = draw.choice((0.05, 0.2, 1.0, 3.0))
            return Toxics(latency_s=latency_s, jitter_s=latency_s * draw.uniform(0.2, 2))
        case "reset":
            return Toxics(reset=True)
        case "cut-up":
            return Toxics(cut_up=True)
        case "cut-down":
            return Toxics(cut_down=True)
        case "slicer":
            return Toxics(slice_bytes=draw.choice((3, 17, 200)))
        case "half-open":
            return Toxics(half_open=True, cut_up=True, cut_down=True)
        case "stall":
            return Toxics(cut_up=True, cut_down=True)
        case "forgotten":
            return PLAIN  # nothing is wrong with new connections
        case _:
            raise AssertionError(kind)


def bad_link(kind: str) -> Card:
    """The card of one kind."""
    if kind == "lost-response":
        return LostResponses
    return lambda scene, draw: BadLink(scene, draw, kind)
