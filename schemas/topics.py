"""The topic table: every Kafka topic of the system, what it carries, who writes and who reads it (design, section 3)."""

from dataclasses import dataclass

DOMAINS = ("emergency", "meals", "beds", "childcare")
"""The service domains that exist. An event of any other domain is refused by name at the door and quarantined on a topic:
nothing is taken in that nobody will answer."""

DAY_MS = 24 * 3600 * 1000
JOURNAL_RECORD_BYTES_MAX = 8_000_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. ``retention_ms`` -1 keeps for ever; ``partitioned`` topics of a domain share one partition count."""

    name: str
    key: str
    value: str
    cleanup_policy: str
    retention_ms: int
    timestamp_type: str
    message_bytes_max: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    owner: str
    partitioned: bool = True

    def config(self, brokers: int) -> dict[str, str]:
        """Kafka topic configuration, for a cluster of so many brokers."""
        return {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": str(self.retention_ms),
            "message.timestamp.type": self.timestamp_type,
            "max.message.bytes": str(self.message_bytes_max),
            "min.insync.replicas": "2" if brokers >= 3 else "1",
            "unclean.leader.election.enable": "false",
        }


def replication_factor(brokers: int) -> int:
    """Three copies where three brokers exist."""
    return 3 if brokers >= 3 else 1


def events_topic(domain: str) -> str:
    """What somebody did or a clock said; key = area."""
    return f"{domain}.events"


def decisions_topic(domain: str) -> str:
    """The journal: the truth."""
    return f"{domain}.decisions"


def snapshots_topic(domain: str) -> str:
    """States of areas with their journal positions: how recovery is fast, never the truth."""
    return f"{domain}.snapshots"


QUARANTINE = "quarantine"
"""Originals that could not be decided, encrypted."""
ALARMS = "alarms"
"""What the auditor raised and what has ended (`schemas.alarms.Alarm`)."""
HEARTBEATS = "heartbeats"
"""The auditor lives and has judged every domain (`schemas.alarms.Heartbeat`); its absence is the alarm."""


def topics(domains: tuple[str, ...] = DOMAINS) -> tuple[Topic, ...]:
    """Every topic of these domains."""
    table: list[Topic] = []
    for domain in domains:
        table += [
            Topic(
                name=events_topic(domain),
                key="area",
                value="one CloudEvent, or a JSON array of up to 500 of one area",
                cleanup_policy="delete",
                retention_ms=90 * DAY_MS,
                timestamp_type="LogAppendTime",
                message_bytes_max=1_048_588,
                producers=("gateway", "facilities", "devices", "worker (clock)", "reactor (forwarding)"),
                consumers=("worker", "reactor"),
                owner="streams",
            ),
            Topic(
                name=decisions_topic(domain),
                key="area",
                value="one journal record",
                cleanup_policy="delete",
                retention_ms=-1,
                timestamp_type="CreateTime",
                message_bytes_max=JOURNAL_RECORD_BYTES_MAX,
                producers=("worker",),
                consumers=("worker (recovery)", "projector", "reactor", "gateway", "replay"),
                owner="streams",
            ),
            Topic(
                name=snapshots_topic(domain),
                key="area/generation/chunk",
                value="one chunk of one area's state",
                cleanup_policy="compact",
                retention_ms=-1,
                timestamp_type="CreateTime",
                message_bytes_max=JOURNAL_RECORD_BYTES_MAX,
                producers=("worker",),
                consumers=("worker (recovery)", "replay"),
                owner="streams",
            ),
        ]
    table.append(
        Topic(
            name=QUARANTINE,
            key="original key",
            value="original bytes encrypted, reason code, origin",
            cleanup_policy="delete",
            retention_ms=365 * DAY_MS,
            timestamp_type="LogAppendTime",
            message_bytes_max=1_400_000,
            producers=("reactor",),
            consumers=("ops",),
            owner="streams",
            partitioned=False,
        )
    )
    table += [
        _said_by_auditor(ALARMS, "alarm id", "one alarm, raised or ended", 365),
        _said_by_auditor(HEARTBEATS, "auditor", "one heartbeat", 1),
    ]
    return tuple(table)


def _said_by_auditor(name: str, key: str, value: str, retention_days: int) -> Topic:
    return Topic(
        name=name,
        key=key,
        value=value,
        cleanup_policy="delete",
        retention_ms=retention_days * DAY_MS,
        timestamp_type="LogAppendTime",
        message_bytes_max=1_048_588,
        producers=("auditor",),
        consumers=("auditor", "gateway", "ops"),
        owner="streams",
        partitioned=False,
    )
