"""L02 of beds: tables that differ from the journal are caught in each table; the simulator holds the real rows against the same fold."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from infra.checkers.beds.checks import CHECKS
from infra.checkers.beds.expected import BedsExpected
from infra.checkers.logs import Logs
from infra.checkers.projection import check_l02, expected_tables
from tests.checkers.beds_year import year

Tables = dict[str, list[dict[str, Any]]]
OWN = BedsExpected.OWN_KEYS


@pytest.fixture(scope="module")
def clean() -> Logs:
    return year(11, 2000)


@pytest.fixture(scope="module")
def tables(clean: Logs) -> Tables:
    """Tables as a faultless projector would have left them, made from the naive fold."""
    expected = expected_tables(clean, CHECKS)
    out: Tables = {
        name: [dict(zip(expected.keys[name], key, strict=True)) | values for key, values in rows.items()]
        for name, rows in expected.tables.items()
    }
    for name, counts in expected.counts.items():
        out[name] = [dict(zip(expected.COUNTED[name], key, strict=True)) for key in counts.elements()]
    end = clean.journal[-1]
    out["events_set_aside"] = []
    out["journal_positions"] = [
        {
            "domain": "beds", "partition": 0, "next_offset": end.offset + 1, "epoch": 0, "seq": end.body["seq"],
            "source_offset": end.source_offset,
        }
    ]  # fmt: skip
    return out


def said(clean: Logs, tables: Tables) -> str:
    return " | ".join(violation.sentence for violation in check_l02(replace(clean, tables=tables), CHECKS))


def test_faultless_tables_pass_and_every_table_holds_something(clean: Logs, tables: Tables) -> None:
    assert said(clean, tables) == ""
    assert all(tables[name] for name in OWN)


@pytest.mark.parametrize("name", OWN)
def test_a_missing_a_foreign_and_a_changed_row_of_each_table(clean: Logs, tables: Tables, name: str) -> None:
    missing = {**tables, name: tables[name][1:]}
    assert f"{name} lacks" in said(clean, missing)
    stranger = {**tables[name][0], OWN[name][-1]: "stranger"}
    assert f"{name} has" in said(clean, {**tables, name: [*tables[name], stranger]})
    changed = deepcopy(tables[name])
    column = next(column for column in changed[0] if column not in OWN[name])
    changed[0][column] = "changed"
    assert f"{name} " in said(clean, {**tables, name: changed})


def test_a_history_that_lost_a_fact(clean: Logs, tables: Tables) -> None:
    history = "beds_application_history"
    assert f"{history} has" in said(clean, {**tables, history: tables[history][1:]})
