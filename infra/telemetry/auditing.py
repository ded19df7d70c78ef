"""`streams.auditor.process.AuditMetrics` on prometheus-client."""

from infra.telemetry.metrics import Metrics
from schemas.alarms import AlarmKind


class AuditingMeter:
    """Reports into one process's registry."""

    def __init__(self, metrics: Metrics) -> None:
        self._named = metrics.named

    def beat(self, at_s: float) -> None:
        """Every domain was judged at this time."""
        self._named("laoxiao_auditor_heartbeat_timestamp_seconds").alone().set(at_s)

    def domain(self, domain: str, open_cases: int, unread: int) -> None:
        """What one domain looks like now."""
        self._named("laoxiao_audit_open_cases").labels(domain=domain).set(open_cases)
        self._named("laoxiao_audit_unread_records").labels(domain=domain).set(unread)

    def judged(self, domain: str, count: int) -> None:
        """What the live check has judged."""
        self._named("laoxiao_audit_judged").labels(domain=domain).set(count)

    def alarms(self, domain: str, kind: AlarmKind, open_now: int) -> None:
        """Open alarms of a kind."""
        self._named("laoxiao_audit_alarms_open").labels(domain=domain, audit=kind).set(open_now)

    def raised(self, domain: str, kind: AlarmKind) -> None:
        """An alarm was raised."""
        self._named("laoxiao_audit_alarms_raised_total").labels(domain=domain, audit=kind).inc()

    def drilled(self, domain: str, result: str, seconds: float | None) -> None:
        """A drill ended."""
        self._named("laoxiao_drills_total").labels(domain=domain, drill=result).inc()
        if seconds is not None:
            self._named("laoxiao_drill_seconds").labels(domain=domain).observe(seconds)
