"""``python -m infra.calendar.produce YEAR``: one year's holidays and worked weekends (调休) as the ``calendar`` policy's parameters.

Needs ``chinesecalendar`` (MIT), which follows the State Council's notices and is released once a year after the notice. It is
no dependency of the system: whoever makes a new year's file installs it for that, looks at the file, and puts it into the tree as
``infra/calendar/<year>.json``. A year the package does not know is refused, never guessed.
"""

import json
import sys
from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agents.shared.calendar import CalendarYear

FOLDER = Path(__file__).parent
PACKAGE = "chinesecalendar"


class YearUnknown(ValueError):
    """The package knows no notice for this year."""


def produced(year: int, holidays: dict[date, Any], workdays: dict[date, Any], package: str) -> dict[str, Any]:
    """The data of a ``policy.published.v1`` event for this year; raises `YearUnknown`."""
    off = sorted(day for day in holidays if day.year == year)
    worked = sorted(day for day in workdays if day.year == year)
    if not off:
        raise YearUnknown(f"{package} names no holiday in {year}")
    calendar = CalendarYear(year=year, holidays=tuple(off), workdays=tuple(worked))
    if not calendar.consistent():
        raise YearUnknown(f"{package} contradicts itself in {year}")
    return {
        "policy": "calendar",
        "version": f"{year}.1",
        "in_force_from": f"{year}-01-01",
        "parameters": calendar.model_dump(mode="json"),
        "source": f"State Council notice on the holidays of {year}, by {package}",
    }


def calendar_policy(year: int) -> dict[str, Any]:
    """The data of the policy event for a year whose file is in the tree."""
    data: dict[str, Any] = json.loads((FOLDER / f"{year}.json").read_text("utf-8"))
    return data


def years() -> tuple[int, ...]:
    """The years whose files are in the tree."""
    return tuple(sorted(int(path.stem) for path in FOLDER.glob("[0-9]*.json")))


def main(arguments: list[str]) -> int:
    """Write the file of each year named."""
    constants = import_module("chinese_calendar.constants")
    for year in map(int, arguments):
        data = produced(year, constants.holidays, constants.workdays, f"{PACKAGE} {version(PACKAGE)}")
        (FOLDER / f"{year}.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
