"""What a what-if over a whole year costs: ``python -m infra.bench.beds_whatif [DISTRICT] [FILE]`` lives a synthetic year, keeps its log as
`laoxiao whatif --log` reads it (and writes it to FILE), and compares it with other beds. Prints CPU seconds, memory and the waits.
"""

import gc
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from agents import core
from agents.beds import DOMAIN
from agents.beds.counterfactual import Answered, answered
from agents.beds.state import BedsState
from infra.cli.whatif import Change, compare, in_words, table
from infra.cli.whatif_log import WhatifLog
from infra.scenario.beds.year import year_of
from infra.scenario.district import load_district
from schemas.decisions import Received

DISTRICT = "310106"
APPLICATIONS = 22_000
VACANCIES = 10_300
CHANGE = Change(date(2026, 4, 1), None, {(None, "dementia"): 200, (None, "basic"): -100})


def year_log(district: str, seed: str, applications: int = APPLICATIONS, vacancies: int = VACANCIES) -> WhatifLog:
    """The log of a year, as a journal would give it."""
    return WhatifLog.of(_answered(district, year_of(load_district(district), seed, applications, vacancies).received))


def _answered(district: str, received: list[Received]) -> Iterator[Answered]:
    area: core.AreaState[BedsState] = core.blank(DOMAIN, district)
    for item in received:
        yield answered(item, core.handle(DOMAIN, area, item))


def main(district: str, path: Path | None) -> None:
    """Live, compare, print."""
    log = year_log(district, "year-1")
    if path is not None:
        log.save(path)
    gc.collect()
    before_mb = _memory_mb()
    began_s = time.process_time()
    own, other = compare(district, log, CHANGE)
    took_s = time.process_time() - began_s
    sys.stdout.write(f"{len(log)} events, {sum(map(len, log.lines)) / 1e6:.0f} MB; both lives {took_s:.1f} s CPU\n")
    sys.stdout.write(f"peak memory {_memory_mb():.0f} MB, before {before_mb:.0f} MB (the year was lived in the same process)\n")
    sys.stdout.write(in_words(table(own, other)) + "\n")


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else DISTRICT, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
