"""Prometheus alert rules as a table; `python -m infra.telemetry.alerts` prints `alerts.yml`, a test holds the two together.

The auditor's own alarms are pages by themselves; what Prometheus adds is what nobody else can notice: that the auditor, or the
scrape of it, is gone.
"""

import json
from dataclasses import dataclass

from infra.telemetry.metrics import IN_GROUP
from schemas.alarms import AlarmKind
from streams.auditor.heartbeats import SILENT_S_MAX

SOON = "page"
LATER = "ticket"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``minutes``: how long ``expr`` must hold before it is told; ``severity``: ``page`` wakes somebody."""

    alert: str
    expr: str
    minutes: int
    severity: str
    summary: str


RULES = (
    Rule(
        "LaoxiaoAuditorSilent",
        f"time() - laoxiao_auditor_heartbeat_timestamp_seconds > {SILENT_S_MAX:.0f}",
        0,
        SOON,
        "The auditor lives but has not judged every domain lately: nobody watches the agents",
    ),
    Rule(
        "LaoxiaoAuditorAbsent",
        "absent(laoxiao_auditor_heartbeat_timestamp_seconds)",
        1,
        SOON,
        "No auditor is scraped: nobody watches the agents",
    ),
    Rule(
        "LaoxiaoAuditorUnheard",
        f"max(laoxiao_gateway_auditor_silent_seconds) > {SILENT_S_MAX:.0f}",
        0,
        SOON,
        "The gateway does not hear the auditor",
    ),
    Rule(
        "LaoxiaoAgentsSilent",
        f'laoxiao_audit_alarms_open{{audit="{AlarmKind.AGENTS_SILENT}"}} > 0',
        0,
        SOON,
        "Dead man: no drill of {{ $labels.domain }} was decided for two steps",
    ),
    Rule(
        "LaoxiaoAuditAlarm",
        f'sum by (domain, audit) (laoxiao_audit_alarms_open{{audit!="{AlarmKind.DUPLICATE_PERSON}"}}) > 0',
        0,
        SOON,
        "{{ $labels.domain }}: {{ $labels.audit }} (places and ids: topic alarms)",
    ),
    Rule(
        "LaoxiaoDuplicatePersons",
        f'laoxiao_audit_alarms_open{{audit="{AlarmKind.DUPLICATE_PERSON}"}} > 0',
        0,
        LATER,
        "{{ $labels.domain }}: somebody waits, or lies, in two places (which: topic alarms)",
    ),
    Rule(
        "LaoxiaoDrillsMissing",
        'increase(laoxiao_drills_total{drill="right"}[5m]) == 0',
        1,
        SOON,
        "No drill of {{ $labels.domain }} was answered rightly for five minutes",
    ),
    Rule(
        "LaoxiaoDrillsSlow",
        "histogram_quantile(0.9, sum by (domain, le) (rate(laoxiao_drill_seconds_bucket[30m]))) > 5",
        5,
        LATER,
        "Drills of {{ $labels.domain }} take longer than 5 s from way in to decision",
    ),
    Rule("LaoxiaoEventsLag", "laoxiao_events_lag_records > 0", 1, SOON, "Partition {{ $labels.partition }} is behind for a minute"),
    Rule(
        "LaoxiaoWorkerOutsideGroup",
        f"{IN_GROUP} == 0",
        2,
        LATER,
        "A worker of {{ $labels.domain }} is not in its group: it decides nothing and takes over nothing",
    ),
    Rule("LaoxiaoProcessAlarm", "increase(laoxiao_alarms_total[5m]) > 0", 0, SOON, "{{ $labels.domain }}: {{ $labels.alarm }}"),
    Rule("LaoxiaoRowsBehind", "laoxiao_projector_lag_records > 0", 5, LATER, "The rows of {{ $labels.domain }} are behind the journal"),
)


def page() -> str:
    """The file: YAML whose every value is written as JSON, so that nothing in an expression can be taken for syntax."""
    lines = [
        "# Made by `python -m infra.telemetry.alerts`; edit infra/telemetry/alerts.py.",
        "groups:",
        "  - name: laoxiao",
        "    rules:",
    ]
    for rule in RULES:
        lines += [
            f"      - alert: {json.dumps(rule.alert)}",
            f"        expr: {json.dumps(rule.expr)}",
            f'        for: "{rule.minutes}m"',
            f'        labels: {{"severity": {json.dumps(rule.severity)}}}',
            f'        annotations: {{"summary": {json.dumps(rule.summary)}}}',
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - its output is the file
