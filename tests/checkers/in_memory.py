"""Plays items through the real core and runtime in one process, and keeps the logs as the checkers read them."""

from dataclasses import dataclass, field

import orjson

from agents.catalogue import DOMAINS
from infra.checkers.logs import Input, Logs, Sent, judge
from infra.scenario.packets import Packet
from schemas.journal import FORWARDED, Clock, Opened, encode
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER, SourceRecord
from streams.runtime import PartitionRuntime


@dataclass
class World:
    """The partitions of one domain in memory: input logs, journals and a forwarder."""

    domain: str = "meals"
    partitions: int = 2
    inputs: list[Input] = field(default_factory=list)
    raw: list[tuple[int, int, bytes | None]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    quarantine: list[Input] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runtimes = []
        for partition in range(self.partitions):
            runtime = PartitionRuntime(DOMAINS[self.domain], partition=partition, partitions=self.partitions, clock=Clock.PLAYED)
            opened = Opened("test", Clock.PLAYED)
            runtime.fold(0, opened)
            self.raw.append((partition, 0, encode(opened)))
            self.runtimes.append(runtime)
        self._next_input = [0] * self.partitions
        self._next_journal = [1] * self.partitions

    def play(self, packets: list[Packet]) -> None:
        """Send every packet as a client with one record in flight would."""
        for number, packet in enumerate(packets, 1):
            home = home_partition(packet.area, self.partitions)
            partition = (home + 1) % self.partitions if packet.stray else home
            offset = self._append(partition, packet.area.encode(), packet.value, packet.at_ms)
            raw = packet.items[0].raw
            events = () if raw is not None else tuple(item.event for item in packet.items if item.event is not None)
            self.sent.append(Sent(number, "kafka", packet.area, partition, events, raw, "acked", offset, frozenset(), self.domain))

    def logs(self) -> Logs:
        """What the checkers would read."""
        self.raw.sort(key=lambda entry: entry[:2])
        self.inputs.sort(key=lambda record: (record.partition, record.offset))
        return Logs(
            sent=list(self.sent),
            inputs=list(self.inputs),
            journal=judge(self.raw),
            quarantine=list(self.quarantine),
            domain=self.domain,
            partitions=self.partitions,
        )

    def _append(self, partition: int, key: bytes, value: bytes, at_ms: int) -> int:
        offset = self._next_input[partition]
        self._next_input[partition] += 1
        played = str(at_ms).encode()
        self.inputs.append(Input(partition, offset, at_ms, key, value, {PLAYED_AT_HEADER: played}))
        journaled = self.runtimes[partition].handle(SourceRecord(partition, offset, at_ms, key, value, ((PLAYED_AT_HEADER, played),)))
        self.raw.append((partition, self._next_journal[partition], journaled))
        self._next_journal[partition] += 1
        for entry in orjson.loads(journaled).get("set_aside", ()):
            if entry["reason"] == FORWARDED:
                parsed = orjson.loads(value)
                event = parsed[entry["index"]] if entry["index"] is not None else parsed
                self._append(entry["home"], event["area"].encode(), orjson.dumps(event), at_ms)
            else:
                index = b"" if entry["index"] is None else str(entry["index"]).encode()
                origin = f"{self.domain}.events/{partition}/{offset}".encode()
                headers = {"origin": origin, "index": index, "reason": entry["reason"].encode()}
                self.quarantine.append(Input(0, len(self.quarantine), at_ms, key, b"encrypted", headers))
        return offset
