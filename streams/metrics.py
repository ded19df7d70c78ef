"""What the carrying tells about itself, as a small protocol; `infra/telemetry` implements it with prometheus-client.

Labels come from closed lists (domains, reasons, partitions): never an id, never an area (P05).
"""

from collections.abc import Mapping
from typing import Protocol


class Metrics(Protocol):
    """Every method is cheap and never raises: a metric may not stop a decision."""

    def accepted(self, domain: str) -> None:
        """One event was accepted (counter)."""

    def refused(self, domain: str, reason: str) -> None:
        """One event was refused with this reason (counter by reason)."""

    def repeated(self, domain: str) -> None:
        """One event was answered from memory, its id being known (counter)."""

    def decided(self, domain: str, events: int, seconds: float) -> None:
        """One record's decisions are durable, so many seconds after the broker stamped it (counter of events; histogram)."""

    def set_aside(self, domain: str, reason: str) -> None:
        """One event was not decided here: a rejection's reason, `forwarded`, `internal_error` or `lost_to_retention` (counter)."""

    def skipped(self, domain: str) -> None:
        """One record was delivered again and had already been answered (counter)."""

    def gap_read(self, domain: str, records: int) -> None:
        """So many records were read straight from the topic, since the group would not deliver them (counter)."""

    def quarantined(self, domain: str, reason: str) -> None:
        """One original went to quarantine (counter by reason)."""

    def notified(self, domain: str, kind: str) -> None:
        """One notification was handed to the notifier (counter by kind)."""

    def gauges(self, domain: str, partition: int, values: Mapping[str, int]) -> None:
        """Sums over the areas of an owned partition of what `Domain.gauges` gives (gauges, names from its closed list)."""

    def lag(self, domain: str, partition: int, records: int) -> None:
        """Records of the partition not answered yet (gauge)."""

    def in_flight(self, domain: str, partition: int, records: int) -> None:
        """Journal records handed over and not durable yet (gauge)."""

    def opened(self, domain: str, partition: int) -> None:
        """A new epoch was opened here (counter)."""

    def released(self, domain: str, partition: int) -> None:
        """The partition is no longer owned here: drop its gauges."""

    def in_group(self, domain: str, inside: bool) -> None:
        """Whether the worker is in its consumer group with an assignment, even an empty one (gauge); not while a rebalance goes on."""

    def recovered(self, domain: str, seconds: float, records: int) -> None:
        """A partition was rebuilt from so many journal records (histogram of seconds; counter of records)."""

    def snapshot(self, domain: str, seconds: float, held_up_seconds: float, size_bytes: int) -> None:
        """A snapshot was taken: whole duration, how long decisions stood still for it, and its compressed size."""

    def alarm(self, domain: str, name: str) -> None:
        """Something a human must look at (counter by name): `quarantine_rate`, `snapshot_unusable`, `lost_to_retention`,
        `tick_not_posted`, `owner_failed`."""


class NoMetrics:
    """Reports nothing: tests, tools."""

    def accepted(self, domain: str) -> None:
        """See `Metrics`."""

    def refused(self, domain: str, reason: str) -> None:
        """See `Metrics`."""

    def repeated(self, domain: str) -> None:
        """See `Metrics`."""

    def decided(self, domain: str, events: int, seconds: float) -> None:
        """See `Metrics`."""

    def set_aside(self, domain: str, reason: str) -> None:
        """See `Metrics`."""

    def skipped(self, domain: str) -> None:
        """See `Metrics`."""

    def gap_read(self, domain: str, records: int) -> None:
        """See `Metrics`."""

    def quarantined(self, domain: str, reason: str) -> None:
        """See `Metrics`."""

    def notified(self, domain: str, kind: str) -> None:
        """See `Metrics`."""

    def gauges(self, domain: str, partition: int, values: Mapping[str, int]) -> None:
        """See `Metrics`."""

    def lag(self, domain: str, partition: int, records: int) -> None:
        """See `Metrics`."""

    def in_flight(self, domain: str, partition: int, records: int) -> None:
        """See `Metrics`."""

    def opened(self, domain: str, partition: int) -> None:
        """See `Metrics`."""

    def released(self, domain: str, partition: int) -> None:
        """See `Metrics`."""

    def in_group(self, domain: str, inside: bool) -> None:
        """See `Metrics`."""

    def recovered(self, domain: str, seconds: float, records: int) -> None:
        """See `Metrics`."""

    def snapshot(self, domain: str, seconds: float, held_up_seconds: float, size_bytes: int) -> None:
        """See `Metrics`."""

    def alarm(self, domain: str, name: str) -> None:
        """See `Metrics`."""


NO_METRICS: Metrics = NoMetrics()
