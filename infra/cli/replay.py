"""`laoxiao replay`: rebuild a domain's areas from the journal, in this process, from nothing else."""

import hashlib
from typing import Any

from agents.catalogue import DOMAINS
from infra.settings import Settings
from streams.kafka import KafkaJournal, KafkaSnapshots
from streams.recovery import replay


async def replay_areas(settings: Settings, domain: str, *, until: int | None, snapshots: bool) -> list[dict[str, Any]]:
    """One row per area: its state's hash and the journal position it stands for."""
    rows: list[dict[str, Any]] = []
    async with KafkaJournal(settings.kafka, domain) as journal, KafkaSnapshots(settings.kafka, domain) as store:
        for partition in range(journal.partitions):
            replayed = await replay(
                DOMAINS[domain], journal, partition=partition, until=until, snapshots=store if snapshots else None, clock=settings.clock
            )
            position = replayed.position
            rows += [
                {"area": area, "partition": partition, "offset": position.next_offset, "seq": position.seq, "hash": digest}
                for area, digest in replayed.hashes.items()
            ]
    return sorted(rows, key=lambda row: (row["area"], row["partition"]))


def hash_of_all(rows: list[dict[str, Any]]) -> str:
    """One hash over every area's, for comparing two replays at a glance."""
    return hashlib.sha256("\n".join(f"{row['area']} {row['hash']}" for row in rows).encode()).hexdigest()
