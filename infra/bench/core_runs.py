"""The pure core by load and number of providers (`infra.bench.core`), with what each figure is compared to.

With few providers the peer is the codec: reading the same number of orders from their bytes, one event a record. With many
providers the peer is the core itself with few: a decision may not cost more because the city is larger.
"""

import gc
import time

from infra.bench.core import LOADS, decisions_per_s
from infra.bench.figures import Goal, Reading
from infra.bench.ground import AREA, DOMAIN, BenchFailed, Say
from infra.bench.orders import World
from schemas.codec import Rejection, decode_record

ORDERS = 20_000
FEW, MANY = 100, 100_000
GOAL_PER_S = 30_000
CODEC = "codec alone: the same number of orders read from bytes"
SMALL = "the same with few providers"


def measure(run: int, say: Say, *, orders: int = ORDERS, few: int = FEW, many: int = MANY) -> list[Reading]:
    """One run of every load; processor time, so that other programs' turns do not count."""
    say("codec alone")
    decoded_per_s = decode_per_s(orders, seed=run + 1)
    readings: list[Reading] = []
    for load in LOADS:
        say(f"{load}, {few} providers")
        small = float(decisions_per_s(few, orders, load, seed=run + 1)["decisions_per_s"])
        say(f"{load}, {many} providers")
        large = float(decisions_per_s(many, orders, load, seed=run + 1)["decisions_per_s"])
        readings.append(Reading(f"core, {load}, {few:,} providers", small, "decisions/s", Goal(GOAL_PER_S), CODEC, decoded_per_s))
        goal = Goal(0.5, of_peer=True)
        readings.append(Reading(f"core, {load}, {many:,} providers", large, "decisions/s", goal, SMALL, small))
    return readings


def decode_per_s(orders: int, seed: int) -> float:
    """Orders a second that `schemas.codec` reads from records of one event."""
    values = World(orders, run="codec", seed=seed).singles(orders)
    gc.collect()
    gc.freeze()
    began_s = time.process_time()
    rejected = sum(isinstance(decode_record(DOMAIN, AREA.encode(), value, 1)[0], Rejection) for value in values)
    took_s = time.process_time() - began_s
    gc.unfreeze()
    if rejected:
        raise BenchFailed(f"{rejected} of our own orders were rejected")
    return orders / took_s
