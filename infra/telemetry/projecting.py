"""`streams.projector.Meter` on prometheus-client."""

from infra.telemetry.metrics import Metrics


class ProjectingMeter:
    """Reports into one process's registry."""

    def __init__(self, metrics: Metrics) -> None:
        self._named = metrics.named

    def projected(self, domain: str, records: int, decisions: int, rows: int, seconds: float) -> None:  # noqa: ARG002 - rows and decisions can be counted in the tables
        """One transaction is committed."""
        self._named("laoxiao_projected_records_total").labels(domain=domain).inc(records)
        self._named("laoxiao_projection_seconds").labels(domain=domain).observe(seconds)

    def behind(self, domain: str, records: int) -> None:
        """Journal records not in the rows yet."""
        self._named("laoxiao_projector_lag_records").labels(domain=domain).set(records)

    def interrupted(self, domain: str) -> None:
        """PostgreSQL went away."""
        self._named("laoxiao_alarms_total").labels(domain=domain, alarm="postgres_away").inc()
