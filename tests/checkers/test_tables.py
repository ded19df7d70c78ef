"""L02 and L01: tables and replays that differ from the journal are caught, wherever they differ."""

import sys
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from infra.checkers.logs import Logs
from infra.checkers.meals.checks import CHECKS as MEALS
from infra.checkers.projection import check_l02, expected_tables
from infra.checkers.replaying import ReplayFailed, check_l01, run_replay
from infra.checkers.report import Report, check_all
from infra.checkers.violation import Violation

Tables = dict[str, list[dict[str, Any]]]
EXPECTED = MEALS.expected()
LENT = ("meals_guests",)
"""Tables that only areas with lending neighbours fill; a played day has none by default."""


@pytest.fixture(scope="session")
def tables(clean: Logs) -> Tables:
    """Those of the played day."""
    return tables_of(clean)


def tables_of(logs: Logs) -> Tables:
    """Tables as a faultless projector would have left them, made from the naive fold."""
    expected = expected_tables(logs, MEALS)
    out: Tables = {
        name: [dict(zip(EXPECTED.keys[name], key, strict=True)) | values for key, values in rows.items()]
        for name, rows in expected.tables.items()
    }
    for name, counts in expected.counts.items():
        out[name] = [dict(zip(expected.COUNTED[name], key, strict=True)) for key in counts.elements()]
    out["events_set_aside"] = [
        {
            "domain": "meals", "partition": record.partition, "journal_offset": record.offset, "event_index": entry["index"],
            "event_id": entry["event_id"], "reason": entry["reason"], "home": entry["home"],
        }
        for record, entry in logs.set_aside
    ]  # fmt: skip
    out["journal_positions"] = [_position(logs, partition) for partition in range(logs.partitions)]
    out["owners"] = [{"domain": "meals", "partition": partition, "epoch": 0} for partition in range(logs.partitions)]
    return out


def _position(logs: Logs, partition: int) -> dict[str, Any]:
    records = [record for record in logs.journal if record.partition == partition]
    end = records[-1]
    decided = "decisions" in end.body
    return {
        "domain": "meals", "partition": partition, "next_offset": end.offset + 1, "epoch": 0,
        "seq": end.body["seq"] if decided else 0, "source_offset": end.source_offset if decided else -1,
    }  # fmt: skip


def _l02(logs: Logs) -> list[Violation]:
    return check_l02(logs, MEALS)


def test_faultless_tables_pass(clean: Logs, tables: Tables) -> None:
    assert _l02(replace(clean, tables=tables)) == []


@pytest.mark.parametrize("name", [*EXPECTED.keys, *EXPECTED.COUNTED, "events_set_aside"])
def test_a_missing_and_a_doubled_row_are_caught_in_every_table(clean: Logs, lent: Logs, name: str) -> None:
    logs = lent if name in LENT else clean
    tables = tables_of(logs)
    rows = tables[name]
    assert rows, "the played day and the lending areas fill every table"
    assert _l02(replace(logs, tables={**tables, name: rows[1:]}))
    stranger = {column: (value + "x" if isinstance(value, str) and column != "domain" else value) for column, value in rows[0].items()}
    if name not in ("decision_echoes",):
        assert _l02(replace(logs, tables={**tables, name: [*rows, stranger]}))


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("meals_orders", "state", "delivered"), ("meals_orders", "provider_id", "syn-c-other"), ("meals_slots", "held", -1),
        ("meals_slots", "capacity", 10_000), ("decisions", "outcome", "unsure"), ("tasks", "owner", "nobody"),
        ("areas", "now_ms", 0), ("meals_kitchen_counts", "portions", 99_999), ("meals_providers", "lat", 0.0),
    ],
)  # fmt: skip
def test_a_wrong_value_is_caught(clean: Logs, tables: Tables, name: str, column: str, value: object) -> None:
    changed = deepcopy(tables[name])
    row = next(row for row in changed if row[column] != value)
    row[column] = value
    found = _l02(replace(clean, tables={**tables, name: changed}))
    assert any(column in violation.sentence for violation in found)


def test_tables_that_lag_are_compared_with_the_journal_up_to_where_they_stand(clean: Logs, tables: Tables) -> None:
    found = _l02(replace(clean, tables={**tables, "journal_positions": []}, settled=False))
    assert any("which the journal does not" in violation.sentence for violation in found)
    behind = [{**row, "next_offset": row["next_offset"] - 1} for row in tables["journal_positions"]]
    found = _l02(replace(clean, tables={**tables, "journal_positions": behind}))
    assert any("the journal ends at" in violation.sentence for violation in found)
    assert any("position of partition" in violation.sentence for violation in found)


def test_replays_that_agree_pass_and_others_are_caught() -> None:
    same, other = {"310106": "aa"}, {"310106": "bb"}
    assert check_l01({"one": lambda: same, "two": lambda: dict(same)}) == []
    assert check_l01({"one": lambda: same, "two": lambda: other})
    assert check_l01({"one": lambda: same, "two": dict})


def test_a_replay_is_a_process_with_its_own_hash_seed() -> None:
    said = "import json, os; print(json.dumps([{'area': '310106', 'hash': os.environ['PYTHONHASHSEED']}]))"
    replays = {seed: run_replay([sys.executable, "-c", said], {"PYTHONHASHSEED": seed}) for seed in ("0", "1")}
    assert replays["0"]() == {"310106": "0"}
    assert check_l01(replays)


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "print('no list')"])
def test_a_replay_that_fails_is_a_violation_and_not_a_pass(code: str) -> None:
    replay = run_replay([sys.executable, "-c", code], {})
    with pytest.raises(ReplayFailed):
        replay()
    assert check_l01({"broken": replay})


def test_the_report_names_every_invariant_and_what_was_not_checked(clean: Logs, tables: Tables) -> None:
    report = check_all(clean)
    assert report.ok
    assert set(report.skipped) == {"L01", "L02"}
    assert all(name in report.text() for name in report.meanings)
    whole = check_all(replace(clean, tables=tables), replays={"one": lambda: {"310106": "aa"}})
    assert whole.ok
    assert not whole.skipped
    broken = check_all(replace(clean, quarantine=[]))
    assert not broken.ok
    assert "L06" in broken.text()


def test_a_run_is_sound_only_when_every_domain_of_it_is(clean: Logs) -> None:
    good, bad = check_all(clean), check_all(replace(clean, quarantine=[]))
    assert Report((good,), 1.0).ok
    both = Report((good, bad), 1.0)
    assert not both.ok
    assert both.violations == bad.violations
    assert "violations" in both.text()
    assert not Report((), 0.0).ok
