"""The settings of one combined broker and controller, and why each is not Kafka's own."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NodePorts:
    """The loopback ports of one node."""

    client: int
    controller: int


@dataclass(frozen=True)
class Door:
    """One more listener of a node: it listens on `port` and sends the clients that came by it to `advertised`, both on loopback.

    For clients whose way to the broker leads over something of ours, such as a proxy that a test can disturb.
    """

    name: str
    port: int
    advertised: int


def node_properties(*, index: int, ports: tuple[NodePorts, ...], data_dir: Path, doors: tuple[Door, ...] = ()) -> str:
    """The server.properties of node `index` (from 0; its node.id is index + 1) in a cluster of `len(ports)` nodes."""
    brokers = len(ports)
    own = ports[index]
    in_sync_min = 2 if brokers >= 3 else 1
    replicas = min(3, brokers)
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": index + 1,
        "controller.quorum.voters": ",".join(f"{i + 1}@127.0.0.1:{node.controller}" for i, node in enumerate(ports)),
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join(
            [f"CLIENT://127.0.0.1:{own.client}", f"CONTROLLER://127.0.0.1:{own.controller}"]
            + [f"{door.name}://127.0.0.1:{door.port}" for door in doors]
        ),
        "advertised.listeners": ",".join(
            [f"CLIENT://127.0.0.1:{own.client}", *(f"{door.name}://127.0.0.1:{door.advertised}" for door in doors)]
        ),
        "inter.broker.listener.name": "CLIENT",
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in ("CLIENT", "CONTROLLER", *(d.name for d in doors))),
        "log.dirs": data_dir,
        # Truth: a record that was acknowledged is on every in-sync replica, and no other replica may lead.
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync_min,
        "unclean.leader.election.enable": "false",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync_min,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync_min,
        # A policy or a batch of 500 events is one record; one record must also fit a replica's fetch.
        "message.max.bytes": 8 * 1024 * 1024,
        "replica.fetch.max.bytes": 8 * 1024 * 1024,
        # Latency: a dead broker or worker is noticed in seconds; a fresh consumer group starts at once.
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 4_000,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1_000,
        # Frugality on a machine of two cores: one group per domain needs no fifty offset partitions, and the
        # cleaner's default buffer alone is a quarter of our heap.
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.num.partitions": 4,
        "num.partitions": 1,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 32 * 1024 * 1024,
    }
    settings |= {f"listener.name.{door.name.lower()}.num.network.threads": 1 for door in doors}
    return "".join(f"{name}={value}\n" for name, value in settings.items())
