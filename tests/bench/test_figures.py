"""How several runs become one line, and what counts as a goal met."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from infra.bench import machine, table
from infra.bench.figures import Goal, Reading, collect, percentile
from infra.bench.ground import BenchFailed, Say


def test_runs_become_one_figure_with_its_median_and_the_ratio_taken_within_each_run() -> None:
    goal = Goal(5)
    runs = [[Reading("r", value, "1/s", goal, "peer", peer)] for value, peer in ((10.0, 10.0), (4.0, 8.0), (6.0, 24.0))]
    (figure,) = collect(runs)
    assert (figure.median, figure.ratio, figure.peer_median, figure.met) == (6.0, 0.5, 10.0, True)


@pytest.mark.parametrize(
    ("goal", "value", "peer", "met"),
    [
        (Goal(50, at_most=True), 50.0, None, True),
        (Goal(50, at_most=True), 50.1, None, False),
        (Goal(100), 99.9, None, False),
        (Goal(0.5, of_peer=True), 5.0, 10.0, True),
        (Goal(0.5, of_peer=True), 4.9, 10.0, False),
        (Goal(0.5, of_peer=True), 4.9, None, None),
    ],
)
def test_a_goal_is_met_at_its_bound_and_not_beyond_it(goal: Goal, value: float, peer: float | None, met: bool | None) -> None:
    (figure,) = collect([[Reading("r", value, "u", goal, "p", peer)]])
    assert figure.met is met


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1.0)) == (50.0, 99.0, 100.0)
    assert percentile([7.0], 0.99) == 7.0


def test_the_table_names_a_measurement_that_failed_and_the_command_ends_with_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def good(run: int, say: Say) -> list[Reading]:
        say("measuring")
        return [Reading("the good one", 10.0 + run, "u", Goal(100), "peer", 5.0)]

    def bad(_run: int, _say: Say) -> list[Reading]:
        raise BenchFailed("the worker ended")

    monkeypatch.setattr(table, "MEASUREMENTS", {"good": lambda: good, "bad": lambda: bad})
    printed = StringIO()
    code = table.run_bench((), 3, tmp_path / "figures.json", Console(file=printed, width=200))
    assert code == 1
    assert "the worker ended" in printed.getvalue()
    assert "NO" in printed.getvalue()
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["figures"][0]["values"] == [10.0, 11.0, 12.0]
    assert written["header"]["kafka"].startswith("Apache Kafka")


def test_an_unknown_name_is_refused_before_anything_starts() -> None:
    assert table.run_bench(("no-such",), 1, console=Console(file=StringIO())) == 2
    assert table.run_bench(("core",), 0, console=Console(file=StringIO())) == 2


def test_the_header_says_where_it_was_measured() -> None:
    assert set(machine.header()) == {"machine", "python", "kafka", "commit", "load"}


def test_a_piped_table_keeps_its_columns_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    name, peer = "a measurement whose name fills half of a narrow terminal", "something that does the same with nothing between"

    def quick(_run: int, _say: Say) -> list[Reading]:
        return [Reading(name, 10.0, "decisions/s", Goal(100), peer, 5.0)]

    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(table, "MEASUREMENTS", {"quick": lambda: quick})
    assert table.run_bench(("quick",), 1) == 0
    printed = capsys.readouterr().out
    assert name in printed
    assert peer in printed
