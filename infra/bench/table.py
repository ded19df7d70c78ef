"""`laoxiao bench`: run the measurements several times and print one table.

A measurement that does not come about (a process ended, an order was not decided once) is said so and the command ends with 1;
a goal that is missed is a line of the table, not an error: the machine may be busy or small.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.bench import beds_year, core_runs, machine, poison, press, recovery, rush, visible, worker
from infra.bench.figures import Figure, Reading, collect
from infra.bench.ground import BenchFailed, Say
from infra.stack.errors import StackError

Measure = Callable[[int, Say], list[Reading]]


def _core() -> Measure:
    return core_runs.measure


def _beds_year() -> Measure:
    return beds_year.measure


def _single() -> Measure:
    return lambda run, say: worker.measure(worker.SINGLE, run, say)


def _batch() -> Measure:
    return lambda run, say: worker.measure(worker.BATCH, run, say)


def _visible() -> Measure:
    return visible.measure


def _poison() -> Measure:
    return poison.measure


def _press() -> Measure:
    return press.measure


def _rush() -> Measure:
    return rush.measure


def _recovery() -> Measure:
    made: list[recovery.Past] = []

    def measure(run: int, say: Say) -> list[Reading]:  # noqa: ARG001 - every run is on the same past
        if not made:
            made.append(recovery.make_past(say))
        return recovery.measure(made[0], say)

    return measure


PIPED_COLUMNS = 200
MEASUREMENTS: dict[str, Callable[[], Measure]] = {
    "core": _core,
    "beds-year": _beds_year,
    "worker-single": _single,
    "worker-batch": _batch,
    "http-visible": _visible,
    "poison": _poison,
    "press": _press,
    "recovery": _recovery,
    "rush": _rush,
}
"""Names for `--only`, in the order they run; each gives what to call once a run."""


def _console() -> Console:
    """As wide as the terminal; piped into a file the table keeps its columns whole."""
    plain = Console()
    return plain if plain.is_terminal or "COLUMNS" in os.environ else Console(width=PIPED_COLUMNS)


def run_bench(only: tuple[str, ...], runs: int, json_file: Path | None = None, console: Console | None = None) -> int:
    """Run the named measurements (none named: all) `runs` times each and print the table; returns the exit code.

    0: all measured; 1: one could not be measured; 2: an unknown name or no runs. ``json_file`` takes every single value.
    """
    console = console or _console()
    unknown = [name for name in only if name not in MEASUREMENTS]
    if unknown or runs < 1:
        console.print(f"unknown: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}" if unknown else "at least one run")
        return 2
    head = machine.header()
    for name, value in head.items():
        console.print(f"{name:>8}  {value}", highlight=False)
    figures: list[Figure] = []
    failures: dict[str, str] = {}
    loads: dict[str, list[str]] = {}
    for name in only or tuple(MEASUREMENTS):
        measured, failure, loads[name] = _runs(name, runs, console)
        figures += collect(measured)
        if failure:
            failures[name] = failure
    console.print(render(figures))
    for name, failure in failures.items():
        console.print(f"{name} could not be measured: {failure}", style="bold red", markup=False)
    console.print(f"    load  {machine.load()} at the end", highlight=False)
    if json_file is not None:
        write_json(json_file, head, figures, failures, loads)
    return 1 if failures else 0


def render(figures: list[Figure]) -> Table:
    """The table of figures."""
    table = Table(
        title="laoxiao bench", title_justify="left", caption="ratio: to the peer, measured in the same run", caption_justify="left"
    )
    table.add_column("measurement")
    for column in ("median", "min", "max"):
        table.add_column(column, justify="right")
    table.add_column("unit")
    table.add_column("goal")
    table.add_column("met")
    table.add_column("peer")
    for column in ("peer median", "ratio", "runs"):
        table.add_column(column, justify="right")
    for figure in figures:
        met = {True: "yes", False: "NO", None: ""}[figure.met]
        table.add_row(
            figure.name, shown(figure.median), shown(min(figure.values)), shown(max(figure.values)), figure.unit,
            str(figure.goal or ""), met, figure.peer, shown(figure.peer_median), shown(figure.ratio), str(len(figure.values)),
        )  # fmt: skip
    return table


def shown(value: float | None) -> str:
    """A number with the digits that mean something."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def write_json(file: Path, head: dict[str, str], figures: list[Figure], failures: dict[str, str], loads: dict[str, list[str]]) -> None:
    """Everything that was measured, with the load averages at the start of each run."""
    body = {"header": head, "figures": [figure.as_json() for figure in figures], "failures": failures, "load_at_start_of_run": loads}
    file.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n")


def _runs(name: str, runs: int, console: Console) -> tuple[list[list[Reading]], str, list[str]]:
    """The readings of each run that came about, why the measurement ended early if it did, and the load before each run."""
    measure = MEASUREMENTS[name]()
    done: list[list[Reading]] = []
    loads: list[str] = []
    for run in range(runs):
        loads.append(machine.load())
        began_s = time.monotonic()
        with console.status(f"{name} {run + 1}/{runs}") as status:

            def say(what: str, run: int = run) -> None:
                status.update(f"{name} {run + 1}/{runs}: {what}")

            try:
                done.append(measure(run, say))
            except (BenchFailed, StackError, OSError) as failure:
                return done, f"{type(failure).__name__}: {failure}", loads
        told = ", ".join(f"{reading.name} {shown(reading.value)} {reading.unit}" for reading in done[-1])
        console.print(f"{name} {run + 1}/{runs} in {time.monotonic() - began_s:.0f} s: {told}", highlight=False)
    return done, "", loads
