"""`python -m tests.checkers.beds_whole_year`: W01 over a year of a whole district, every offer against the naive line of its prefix.

Too long for a test (every offer sorts everybody who waits): the check does the same on shorter years (`test_beds_invariants.py`). Prints
what was judged and every violation; ends with 1 when there is one, or when the year was too small to mean anything.
"""

import argparse
import sys
import time
from collections.abc import Iterator

from agents import core
from agents.beds import DOMAIN
from infra.bench.beds_year import APPLICATIONS, DISTRICT, VACANCIES
from infra.checkers.beds.lines import NearestBed, NoOvertaking
from infra.checkers.beds.writing import MODEL
from infra.checkers.fold import fold
from infra.scenario.beds.year import year_of
from infra.scenario.district import load_district
from schemas.decisions import Decision, Received
from tests.checkers.beds_year import logs_of

APPLICATIONS_MIN, OFFERS_MIN = 20_000, 10_000
SAID_EVERY = 10_000


def _say(began_s: float, text: str) -> None:
    sys.stdout.write(f"{time.monotonic() - began_s:6.0f} s  {text}\n")
    sys.stdout.flush()


def decided(received: list[Received], began_s: float) -> Iterator[Decision]:
    """The same events once more, in a blank area."""
    area = core.blank(DOMAIN, DISTRICT)
    for number, item in enumerate(received):
        if number % SAID_EVERY == 0:
            _say(began_s, f"{number:,} of {len(received):,} events decided")
        yield core.handle(DOMAIN, area, item)


def main() -> int:
    """Live the year, decide it again, judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default="year-0")
    parser.add_argument("--applications", type=int, default=APPLICATIONS)
    parser.add_argument("--vacancies", type=int, default=VACANCIES)
    asked = parser.parse_args()
    began_s = time.monotonic()
    received = year_of(load_district(DISTRICT), asked.seed, asked.applications, asked.vacancies).received
    logs = logs_of(decided(received, began_s))
    facts = [fact["type"] for one in logs.decisions for fact in one.body["facts"]]
    applications, vacancies = (facts.count(f"beds.{name}.v1") for name in ("application.queued", "bed.vacated"))
    _say(began_s, f"{applications:,} applications, {vacancies:,} vacancies; judging every offer")
    eyes = (NoOvertaking(), NearestBed())
    fold(logs, MODEL, eyes)
    for eye in eyes:
        _say(began_s, f"{eye.invariant}: {eye.looked_at:,} offers judged, {len(eye.found)} violations")
        for violation in eye.found[:20]:
            _say(began_s, f"  {violation.sentence}")
    small = asked.applications >= APPLICATIONS_MIN and (applications < APPLICATIONS_MIN or eyes[0].looked_at < OFFERS_MIN)
    return 1 if small or any(eye.found for eye in eyes) else 0


if __name__ == "__main__":
    raise SystemExit(main())
