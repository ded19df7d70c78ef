"""`streams.metrics.Metrics` on prometheus-client: what workers and reactors report, as the series of `infra.telemetry.metrics`."""

import re
from collections.abc import Mapping
from typing import Any

from infra.telemetry.metrics import IN_GROUP, Metrics
from schemas.topics import DOMAINS

_INSIDE = re.compile(rf'^{IN_GROUP}{{domain="\w+"}} 1\.0$', re.MULTILINE)


def in_group(scraped: str) -> bool:
    """Whether a worker that shows these metrics is in its consumer group, able to take over at once what another one loses."""
    return _INSIDE.search(scraped) is not None


class CarryingMetrics:
    """Reports into one process's registry. Every call is a dictionary look-up and an addition; none raises."""

    def __init__(self, metrics: Metrics) -> None:
        self._named = metrics.named
        # Looked up once: these are touched for every event.
        self._accepted = _by_domain(metrics, "laoxiao_accepted_total")
        self._decided = _by_domain(metrics, "laoxiao_decided_total")
        self._seconds = _by_domain(metrics, "laoxiao_decision_seconds")
        self._gauges: dict[str, dict[int, Mapping[str, int]]] = {}
        self._owned: dict[str, set[int]] = {}

    def accepted(self, domain: str) -> None:
        """One event was accepted."""
        self._accepted[domain].inc()

    def refused(self, domain: str, reason: str) -> None:
        """One event was refused with this reason."""
        self._named("laoxiao_refused_total").labels(domain=domain, reason=reason).inc()

    def repeated(self, domain: str) -> None:
        """One event was answered from memory."""
        self._named("laoxiao_repeated_total").labels(domain=domain).inc()

    def decided(self, domain: str, events: int, seconds: float) -> None:
        """One record's decisions are durable; the broker's clock may be ahead of ours, so never below zero."""
        self._decided[domain].inc(events)
        self._seconds[domain].observe(max(0.0, seconds))

    def set_aside(self, domain: str, reason: str) -> None:
        """One event was not decided here."""
        self._named("laoxiao_set_aside_total").labels(domain=domain, set_aside=reason).inc()

    def skipped(self, domain: str) -> None:
        """One record had already been answered."""
        self._named("laoxiao_skipped_records_total").labels(domain=domain).inc()

    def gap_read(self, domain: str, records: int) -> None:
        """Records read straight from the topic."""
        self._named("laoxiao_gap_records_total").labels(domain=domain).inc(records)

    def quarantined(self, domain: str, reason: str) -> None:
        """One original went to quarantine."""
        self._named("laoxiao_quarantined_total").labels(domain=domain, set_aside=reason).inc()

    def notified(self, domain: str, kind: str) -> None:
        """One notification was handed over."""
        self._named("laoxiao_notified_total").labels(domain=domain, notice=kind).inc()

    def gauges(self, domain: str, partition: int, values: Mapping[str, int]) -> None:
        """The numbers of one owned partition; shown as the sum over those owned here."""
        self._gauges.setdefault(domain, {})[partition] = dict(values)
        self._show_gauges(domain, values)

    def lag(self, domain: str, partition: int, records: int) -> None:
        """Records not answered yet."""
        self._named("laoxiao_events_lag_records").labels(domain=domain, partition=str(partition)).set(records)

    def in_flight(self, domain: str, partition: int, records: int) -> None:
        """Journal records not durable yet."""
        self._named("laoxiao_in_flight_records").labels(domain=domain, partition=str(partition)).set(records)

    def opened(self, domain: str, partition: int) -> None:
        """A new epoch was opened here."""
        self._named("laoxiao_epochs_total").labels(domain=domain).inc()
        self._owned.setdefault(domain, set()).add(partition)
        self._named("laoxiao_owned_partitions").labels(domain=domain).set(len(self._owned[domain]))

    def released(self, domain: str, partition: int) -> None:
        """The partition is no longer owned here: a gauge that nobody moves would be an old story told as news."""
        owned = self._owned.setdefault(domain, set())
        owned.discard(partition)
        self._named("laoxiao_owned_partitions").labels(domain=domain).set(len(owned))
        for name in ("laoxiao_events_lag_records", "laoxiao_in_flight_records"):
            self._named(name).remove(domain=domain, partition=str(partition))
        self._show_gauges(domain, self._gauges.get(domain, {}).pop(partition, {}))

    def in_group(self, domain: str, inside: bool) -> None:
        """The worker is in its group, or outside."""
        self._named(IN_GROUP).labels(domain=domain).set(int(inside))

    def recovered(self, domain: str, seconds: float, records: int) -> None:
        """A partition was rebuilt."""
        self._named("laoxiao_recovery_seconds").labels(domain=domain).observe(seconds)
        self._named("laoxiao_recovered_records_total").labels(domain=domain).inc(records)

    def snapshot(self, domain: str, seconds: float, held_up_seconds: float, size_bytes: int) -> None:
        """A snapshot was taken."""
        self._named("laoxiao_snapshot_seconds").labels(domain=domain).observe(seconds)
        self._named("laoxiao_snapshot_held_up_seconds").labels(domain=domain).observe(held_up_seconds)
        self._named("laoxiao_snapshot_bytes").labels(domain=domain).set(size_bytes)

    def alarm(self, domain: str, name: str) -> None:
        """Something a human must look at."""
        self._named("laoxiao_alarms_total").labels(domain=domain, alarm=name).inc()

    def _show_gauges(self, domain: str, names: Mapping[str, int]) -> None:
        parts = self._gauges.get(domain, {}).values()
        for name in names:
            self._named("laoxiao_state").labels(domain=domain, gauge=name).set(sum(part.get(name, 0) for part in parts))


def _by_domain(metrics: Metrics, name: str) -> dict[str, Any]:
    return {domain: metrics.named(name).labels(domain=domain) for domain in DOMAINS}
