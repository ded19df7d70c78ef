"""Every fault by name, and the schedule that a seed makes of them."""

import random
from collections.abc import Collection
from dataclasses import dataclass

from tests.faults.fault import Card, Fault, Scene
from tests.faults.limit_faults import FewFiles, LittleMemory, PowerCut, Starved
from tests.faults.link_faults import KINDS, bad_link
from tests.faults.load_faults import Overload
from tests.faults.log_faults import SpoiledSnapshots
from tests.faults.postgres_faults import LockTables, NoConnections, OldBackup, SlowPostgres
from tests.faults.process_faults import ClockJumps, KillServices, KillWorkers, RebalanceStorm, RollingRestart, pause_service, pause_worker
from tests.faults.server_faults import FullDisk, KillBroker, KillPostgres, PauseBroker, RollBrokers, StopPostgres

CATALOGUE: dict[str, Card] = {
    "kill-workers": KillWorkers,
    "kill-services": KillServices,
    "pause-worker": pause_worker,
    "pause-service": pause_service,
    "rolling-restart": RollingRestart,
    "rebalance-storm": RebalanceStorm,
    "clock-jumps": ClockJumps,
    "kill-broker": KillBroker,
    "pause-broker": PauseBroker,
    "roll-brokers": RollBrokers,
    "full-disk": FullDisk,
    "stop-postgres": StopPostgres,
    "kill-postgres": KillPostgres,
    "lock-tables": LockTables,
    "slow-postgres": SlowPostgres,
    "no-connections": NoConnections,
    "old-backup": OldBackup,
    "few-files": FewFiles,
    "little-memory": LittleMemory,
    "starved": Starved,
    "power-cut": PowerCut,
    "spoiled-snapshots": SpoiledSnapshots,
    "overload": Overload,
} | {f"link-{kind}": bad_link(kind) for kind in KINDS}
"""Name -> how it is drawn."""

EMPTY_SHARE = 0.25
HAND_MAX = 3


@dataclass(frozen=True)
class Drawn:
    """One fault of the schedule: it begins at `at_s` of the run and lasts `lasts_s`."""

    name: str
    at_s: float
    lasts_s: float
    fault: Fault


@dataclass(frozen=True)
class Draw:
    """What was drawn at one moment; `faults` is empty in a quarter of the draws."""

    at_s: float
    lasts_s: float
    faults: tuple[Drawn, ...]


def schedule(
    seed: str, seconds: float, scene: Scene, *, between_s: tuple[float, float] = (20.0, 60.0), missing: Collection[str] = ()
) -> list[Draw]:
    """The whole run, from the seed alone: equal arguments give equal schedules.

    Faults are dealt from a shuffled deck, so that no kind is left out in a long run; a card that touches a part which another
    fault has in hand waits for a later draw. `missing` are faults that this machine does not allow.
    """
    draw = random.Random(f"{seed}/faults")
    deck: list[str] = []
    draws: list[Draw] = []
    busy: dict[str, float] = {}
    at_s = 0.0
    while at_s < seconds:
        lasts_s = min(draw.uniform(*between_s), seconds - at_s)
        size = 0 if draw.random() < EMPTY_SHARE else draw.randint(1, HAND_MAX)
        hand: list[Drawn] = []
        for name in list(deck) + _shuffled(draw, missing):
            if len(hand) == size:
                break
            fault = CATALOGUE[name](scene, random.Random(f"{seed}/{len(draws)}/{name}"))
            taken = name in {drawn.name for drawn in hand}
            if taken or any(busy.get(part, 0.0) > at_s for part in fault.touches):
                continue
            own_s = min(fault.lasts_s if fault.lasts_s is not None else lasts_s, seconds - at_s)
            hand.append(Drawn(name, at_s, own_s, fault))
            busy |= dict.fromkeys(fault.touches, at_s + own_s + 0.01)
            if name not in deck:
                deck += [other for other in _shuffled(draw, missing) if other not in deck]
            deck.remove(name)
        draws.append(Draw(at_s, lasts_s, tuple(hand)))
        at_s += lasts_s
    return draws


def _shuffled(draw: random.Random, missing: Collection[str]) -> list[str]:
    deck = [name for name in CATALOGUE if name not in missing]
    draw.shuffle(deck)
    return deck
