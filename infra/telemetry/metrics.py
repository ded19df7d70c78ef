"""Every metric of every process: its name, what it means, and the closed lists its labels come from (P05).

The table `DEFINITIONS` is the only place a metric is declared; `infra/docs/metrics.md` lists it and a test holds the two together.
A label value outside its list is counted as `other`: no id, no free text and no client's value can ever become a series.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from infra.gateway.problems import Trouble
from infra.telemetry import domain_labels
from schemas.alarms import AlarmKind
from schemas.codec import Rejected
from schemas.decisions import CoreReason
from schemas.facts import TaskKind
from schemas.journal import FORWARDED
from schemas.topics import DOMAINS
from streams.notifications.hearing import AUDIENCES

OTHER = "other"
IN_GROUP = "laoxiao_worker_in_group"
"""Also by what a deployment knows that a worker is ready."""

PARTITIONS_MAX = 256
"""Highest partition with a series of its own."""
STATUSES = ("200", "202", "400", "401", "403", "404", "405", "408", "409", "413", "415", "422", "431", "500", "503")
READ_ROUTES = ("decisions", "requests", "capacity", "areas", "overview", "tasks", "map", "live", "domains")
"""Words of reading routes, the same for every domain."""
ROUTES = ("events", *READ_ROUTES, "resources", "page", "health", "metrics")
ALARMS = (
    "quarantine_rate",
    "snapshot_unusable",
    "lost_to_retention",
    "tick_not_posted",
    "owner_failed",
    "postgres_away",
    "snapshot_failed",
)
ACCESS = (
    Trouble.NO_TOKEN,
    Trouble.TOKEN_EXPIRED,
    Trouble.TOKEN_NOT_VALID,
    Trouble.TOKEN_REVOKED,
    Trouble.FORBIDDEN_ROLE,
    Trouble.FORBIDDEN_SOURCE,
    Trouble.FORBIDDEN_AREA,
)
"""Why the gateway let somebody, or something, not in."""
LATENCY_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Values = tuple[str, ...]

LABELS: Mapping[str, Values] = MappingProxyType(
    {
        "domain": DOMAINS,
        "partition": tuple(str(number) for number in range(PARTITIONS_MAX)),
        "reason": tuple(dict.fromkeys((*CoreReason, *domain_labels.reasons()))),
        "set_aside": (*Rejected, FORWARDED, CoreReason.INTERNAL_ERROR, "lost_to_retention"),
        "code": tuple(dict.fromkeys((*Trouble, *Rejected))),
        "status": STATUSES,
        "route": ROUTES,
        "gauge": domain_labels.gauges(),
        "notice": tuple(dict.fromkeys((*TaskKind, *AUDIENCES))),
        "alarm": ALARMS,
        "audit": tuple(AlarmKind),
        "drill": ("right", "wrong", "not_taken"),
        "access": ACCESS,
    }
)
"""Label name to every value it may take, beside `other`."""


class Kind(StrEnum):
    """What prometheus calls it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric. ``name`` is what a scrape shows; units are last in it."""

    name: str
    kind: Kind
    meaning: str
    labels: Values = ()
    process: str = field(default="worker")


DEFINITIONS: tuple[Definition, ...] = (
    Definition("laoxiao_events_recorded_total", Kind.COUNTER, "Events the gateway recorded in the log", ("domain",), "gateway"),
    Definition("laoxiao_gateway_rejected_total", Kind.COUNTER, "Events the gateway refused at the door, by code", ("code",), "gateway"),
    Definition(
        "laoxiao_gateway_records_total", Kind.COUNTER, "Kafka records written; events per record tells the packing", ("domain",), "gateway"
    ),
    Definition("laoxiao_gateway_requests_total", Kind.COUNTER, "HTTP requests by route and status", ("route", "status"), "gateway"),
    Definition(
        "laoxiao_gateway_request_seconds", Kind.HISTOGRAM, "HTTP request to answer, waits and live views left out", ("route",), "gateway"
    ),
    Definition("laoxiao_gateway_queued_events", Kind.GAUGE, "Events waiting for the log in this gateway", (), "gateway"),
    Definition(
        "laoxiao_gateway_spool_waiting_events", Kind.GAUGE, "Calls for help that wait on disk or in memory for the log", (), "gateway"
    ),
    Definition(
        "laoxiao_gateway_spooled_total", Kind.COUNTER, "Calls for help that went to the disk because the log was away", (), "gateway"
    ),
    Definition("laoxiao_gateway_spool_failed_total", Kind.COUNTER, "Calls for help that neither log nor disk took", (), "gateway"),
    Definition("laoxiao_gateway_presses_undecided", Kind.GAUGE, "Calls for help shown to operators and not decided yet", (), "gateway"),
    Definition(
        "laoxiao_gateway_access_refused_total",
        Kind.COUNTER,
        "Requests and events refused to their senders, by code",
        ("access",),
        "gateway",
    ),
    Definition(
        "laoxiao_gateway_calls_unproven_total",
        Kind.COUNTER,
        "Calls for help taken and flagged although their senders proved nothing or spoke for others, by code",
        ("access",),
        "gateway",
    ),
    Definition("laoxiao_gateway_viewers", Kind.GAUGE, "Open live views", ("domain",), "gateway"),
    Definition("laoxiao_gateway_waiters", Kind.GAUGE, "Callers waiting for a decision", ("domain",), "gateway"),
    Definition("laoxiao_gateway_journal_lag", Kind.GAUGE, "Journal records this gateway has not read yet", ("domain",), "gateway"),
    Definition("laoxiao_accepted_total", Kind.COUNTER, "Events accepted", ("domain",)),
    Definition("laoxiao_refused_total", Kind.COUNTER, "Events refused, by reason", ("domain", "reason")),
    Definition("laoxiao_repeated_total", Kind.COUNTER, "Events answered from memory because their id was known", ("domain",)),
    Definition("laoxiao_decided_total", Kind.COUNTER, "Events whose decision is durable", ("domain",)),
    Definition("laoxiao_decision_seconds", Kind.HISTOGRAM, "From the broker's stamp on the record to its durable decision", ("domain",)),
    Definition("laoxiao_set_aside_total", Kind.COUNTER, "Events not decided where they lay, by reason", ("domain", "set_aside")),
    Definition("laoxiao_skipped_records_total", Kind.COUNTER, "Records delivered again that were already answered", ("domain",)),
    Definition(
        "laoxiao_gap_records_total",
        Kind.COUNTER,
        "Records read straight from the topic because the group would not deliver them",
        ("domain",),
    ),
    Definition("laoxiao_quarantined_total", Kind.COUNTER, "Originals kept in quarantine, by reason", ("domain", "set_aside"), "reactor"),
    Definition("laoxiao_notified_total", Kind.COUNTER, "Notifications handed over, by kind", ("domain", "notice"), "reactor"),
    Definition("laoxiao_state", Kind.GAUGE, "Numbers of the state in memory, summed over the partitions owned here", ("domain", "gauge")),
    Definition("laoxiao_events_lag_records", Kind.GAUGE, "Event records of an owned partition not answered yet", ("domain", "partition")),
    Definition("laoxiao_in_flight_records", Kind.GAUGE, "Journal records handed over and not durable yet", ("domain", "partition")),
    Definition("laoxiao_epochs_total", Kind.COUNTER, "Partitions opened by this process", ("domain",)),
    Definition(
        IN_GROUP,
        Kind.GAUGE,
        "1 while the worker is in its consumer group with an assignment, even an empty one; 0 in a rebalance",
        ("domain",),
    ),
    Definition("laoxiao_owned_partitions", Kind.GAUGE, "Partitions owned by this process", ("domain",)),
    Definition("laoxiao_recovery_seconds", Kind.HISTOGRAM, "How long a partition stood still while it was rebuilt", ("domain",)),
    Definition("laoxiao_recovered_records_total", Kind.COUNTER, "Journal records folded while rebuilding", ("domain",)),
    Definition("laoxiao_snapshot_seconds", Kind.HISTOGRAM, "A snapshot from start to durable", ("domain",)),
    Definition("laoxiao_snapshot_held_up_seconds", Kind.HISTOGRAM, "How long decisions stood still for a snapshot", ("domain",)),
    Definition("laoxiao_snapshot_bytes", Kind.GAUGE, "Compressed size of the last snapshot taken here", ("domain",)),
    Definition("laoxiao_alarms_total", Kind.COUNTER, "Things a human must look at, by name", ("domain", "alarm")),
    Definition("laoxiao_projector_lag_records", Kind.GAUGE, "Journal records not in PostgreSQL yet", ("domain",), "projector"),
    Definition("laoxiao_projected_records_total", Kind.COUNTER, "Journal records written to PostgreSQL", ("domain",), "projector"),
    Definition("laoxiao_projection_seconds", Kind.HISTOGRAM, "One transaction of rows and position", ("domain",), "projector"),
    Definition(
        "laoxiao_auditor_heartbeat_timestamp_seconds",
        Kind.GAUGE,
        "When the auditor last judged every domain (seconds since the epoch); its age or absence is the alarm",
        (),
        "auditor",
    ),
    Definition("laoxiao_audit_alarms_open", Kind.GAUGE, "Alarms of the auditor that are open, by kind", ("domain", "audit"), "auditor"),
    Definition("laoxiao_audit_alarms_raised_total", Kind.COUNTER, "Alarms the auditor raised, by kind", ("domain", "audit"), "auditor"),
    Definition("laoxiao_audit_open_cases", Kind.GAUGE, "Open cases by the auditor's own count, drills left out", ("domain",), "auditor"),
    Definition("laoxiao_audit_judged", Kind.GAUGE, "Allocations the auditor has judged since its start", ("domain",), "auditor"),
    Definition("laoxiao_audit_unread_records", Kind.GAUGE, "Journal records the auditor has not read yet", ("domain",), "auditor"),
    Definition("laoxiao_drills_total", Kind.COUNTER, "Drills by how they ended", ("domain", "drill"), "auditor"),
    Definition(
        "laoxiao_drill_seconds",
        Kind.HISTOGRAM,
        "From sending a drill to its last decision read in the journal",
        ("domain",),
        "auditor",
    ),
    Definition(
        "laoxiao_gateway_auditor_silent_seconds",
        Kind.GAUGE,
        "How long the gateway has not heard the auditor; since the gateway's start when never",
        (),
        "gateway",
    ),
)


class Metric:
    """One metric whose label values are held to their lists."""

    def __init__(self, definition: Definition, registry: CollectorRegistry) -> None:
        self.definition = definition
        make: dict[Kind, type[MetricWrapperBase]] = {Kind.COUNTER: Counter, Kind.GAUGE: Gauge, Kind.HISTOGRAM: Histogram}
        options: dict[str, Any] = {"buckets": LATENCY_SECONDS} if definition.kind is Kind.HISTOGRAM else {}
        self._metric: Any = make[definition.kind](
            definition.name.removesuffix("_total"), definition.meaning, definition.labels, registry=registry, **options
        )
        self._children: dict[tuple[str, ...], Any] = {}

    def labels(self, **values: str) -> Any:
        """The series of these values; a value outside its list is `other`."""
        key = tuple(values[name] for name in self.definition.labels)
        child = self._children.get(key)
        if child is None:
            closed = tuple(value if value in LABELS[name] else OTHER for name, value in zip(self.definition.labels, key, strict=True))
            child = self._metric.labels(*closed)
            if closed == key:
                # Only listed values are kept: a cache of strangers' values would be the leak the lists prevent.
                self._children[key] = child
        return child

    def remove(self, **values: str) -> None:
        """Drop the series of these values."""
        key = tuple(values[name] for name in self.definition.labels)
        if self._children.pop(key, None) is not None:
            self._metric.remove(*key)

    def alone(self) -> Any:
        """The metric itself, when it has no labels."""
        assert not self.definition.labels
        return self._metric


class Metrics:
    """Every metric of one process, in its own registry so that tests and several apps in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._metrics = {definition.name: Metric(definition, self.registry) for definition in DEFINITIONS}
        self.accepted = self._metrics["laoxiao_events_recorded_total"]
        self.gateway_rejected = self._metrics["laoxiao_gateway_rejected_total"]
        self.gateway_records = self._metrics["laoxiao_gateway_records_total"]
        self.gateway_requests = self._metrics["laoxiao_gateway_requests_total"]
        self.gateway_seconds = self._metrics["laoxiao_gateway_request_seconds"]
        self.gateway_queued = self._metrics["laoxiao_gateway_queued_events"]
        self.gateway_viewers = self._metrics["laoxiao_gateway_viewers"]
        self.gateway_waiters = self._metrics["laoxiao_gateway_waiters"]
        self.gateway_journal_lag = self._metrics["laoxiao_gateway_journal_lag"]

    def named(self, name: str) -> Metric:
        """A metric by the name a scrape shows. Raises `KeyError` for one that is not defined."""
        return self._metrics[name]
