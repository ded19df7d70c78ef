"""The alert rules: the file is the table, and every rule speaks of metrics and labels that exist."""

import json
import re
from pathlib import Path

import pytest

from infra.telemetry.alerts import RULES, Rule, page
from infra.telemetry.metrics import DEFINITIONS, LABELS, Kind

FILE = Path(__file__).parents[2] / "infra" / "telemetry" / "alerts.yml"
SERIES = {
    name: definition
    for definition in DEFINITIONS
    for name in (
        [definition.name]
        if definition.kind is not Kind.HISTOGRAM
        else [f"{definition.name}_bucket", f"{definition.name}_sum", f"{definition.name}_count"]
    )
}
LINE = re.compile(r"^        (expr|labels|annotations|for): (.+)$|^      - (alert): (.+)$")


def test_the_file_is_what_the_table_says() -> None:
    assert FILE.read_text("utf-8") == page(), "run: python -m infra.telemetry.alerts > infra/telemetry/alerts.yml"


def test_the_file_has_the_structure_prometheus_wants() -> None:
    head, *rows = FILE.read_text("utf-8").split("    rules:\n")
    assert head.splitlines()[1:] == ["groups:", "  - name: laoxiao"]
    rules: list[dict[str, object]] = []
    for line in rows[0].splitlines():
        found = LINE.match(line)
        assert found, line
        if found[3]:
            rules.append({})
        rules[-1][found[1] or found[3]] = json.loads(found[2] or found[4])
    assert len(rules) == len(RULES)
    assert all(rule.keys() == {"alert", "expr", "for", "labels", "annotations"} for rule in rules)
    assert len({str(rule["alert"]) for rule in rules}) == len(rules)
    assert all(re.fullmatch(r"\d+m", str(rule["for"])) for rule in rules)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.alert)
def test_a_rule_speaks_only_of_metrics_and_labels_that_exist(rule: Rule) -> None:
    names = re.findall(r"laoxiao_[a-z_]+", rule.expr)
    assert names, "a rule without a metric never fires"
    labels: set[str] = set()
    for name in names:
        assert name in SERIES, name
        labels |= set(SERIES[name].labels)
    for label, value in re.findall(r'([a-z_]+)="([^"]*)"', rule.expr):
        assert label in labels
        assert value in LABELS[label]
    for grouped in re.findall(r"by \(([^)]*)\)", rule.expr):
        assert set(grouped.replace(" ", "").split(",")) <= labels | {"le"}
    assert set(re.findall(r"\$labels\.([a-z_]+)", rule.summary)) <= labels
    for opened, closed in ("()", "{}", "[]"):
        assert rule.expr.count(opened) == rule.expr.count(closed)


def test_the_auditors_absence_is_a_rule_of_its_own() -> None:
    absent = next(rule for rule in RULES if rule.expr.startswith("absent("))
    assert "laoxiao_auditor_heartbeat_timestamp_seconds" in absent.expr
    assert absent.severity == "page"
