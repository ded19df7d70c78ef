# ruff: noqa: PLW0108 - what a key does is looked up when it is done
"""Beds as the core sees it (`agents.core.Domain`)."""

from collections.abc import Callable, Iterable, Iterator

from agents.beds import applications, check, evolve_beds, inventory, offers, residents
from agents.beds import snapshot as rows_of
from agents.beds.decide import decide
from agents.beds.evolve import evolve
from agents.beds.lines import grow_older, rebuild
from agents.beds.match import directed_offer, next_turn, offer
from agents.beds.state import BedsState
from agents.beds.states import BedState
from agents.core import Row, Verdict
from agents.shared.calendar import DAY_MS, day_number
from schemas.decisions import Reasoned
from schemas.envelope import Event
from schemas.facts import Fact

MATCH = "match|"
"""The key of "a free bed suits somebody who waits". It follows from the state and is never a deadline."""


def _matched(state: BedsState, _case: str, now_ms: int) -> tuple[Reasoned, ...]:
    turn = next_turn(state)
    assert turn is not None
    return (offer(state, turn, now_ms),)


def _cleaned_or_late(state: BedsState, case: str, now_ms: int) -> tuple[Reasoned, ...]:
    if residents.bed_at(state, case).state is BedState.VACATED:
        return residents.cleaning_begins(state, case, now_ms)
    return residents.overdue(state, "cleaning", case, now_ms)


FIRES: dict[str, Callable[[BedsState, str, int], tuple[Reasoned, ...]]] = {
    "match": _matched,
    "override": lambda state, _case, now_ms: (directed_offer(state, now_ms),),
    "offer": lambda state, case, now_ms: offers.expired(state, case, now_ms),
    "admit": lambda state, case, now_ms: offers.missed(state, case, now_ms),
    "resume": lambda state, case, _now_ms: applications.resume_due(state, case),
    "rest": lambda state, case, now_ms: offers.rested(state, case, now_ms),
    "assess": lambda state, case, now_ms: applications.assessment_over(state, case, now_ms),
    "lapse": lambda state, case, _now_ms: applications.lapsed(state, case),
    "stale": lambda state, case, _now_ms: inventory.silent(state, case),
    "clean": _cleaned_or_late,
    "notice": lambda state, case, _now_ms: residents.ending(state, case),
    "leave": lambda state, case, now_ms: residents.overdue(state, "leave", case, now_ms),
    "stay": lambda state, case, now_ms: residents.overdue(state, "stay", case, now_ms),
}
"""What each kind of due work does, by the first word of its key."""


class Beds:
    """One pool of beds with its waitlist, for one area at a time; it keeps nothing itself."""

    name = "beds"
    operator = offers.OPERATOR

    def blank(self, area: str) -> BedsState:
        """An area nothing is known of."""
        return BedsState(area)

    def decide(self, state: BedsState, event: Event, now_ms: int) -> Verdict:
        """Answer one event."""
        return decide(state, event, now_ms)

    def evolve(self, state: BedsState, fact: Fact, now_ms: int) -> None:
        """Write one fact."""
        evolve(state, fact, now_ms)

    def due(self, state: BedsState, now_ms: int) -> str | None:
        """An operator's word first, then deadlines, so that nobody is offered a bed on what is no longer so; then the next offer."""
        if state.directed is not None:
            return state.directed.key
        key = state.deadlines.due(now_ms)
        if key is None and next_turn(state) is not None:
            return MATCH
        return key

    def fire(self, state: BedsState, key: str, now_ms: int) -> tuple[Reasoned, ...]:
        """The facts of that work; the kinds of keys are named in `evolve`."""
        kind, _, case = key.partition("|")
        return FIRES[kind](state, case, now_ms)

    def next_deadline(self, state: BedsState) -> int | None:
        """The earliest instant of any deadline; at once while a free bed suits somebody who waits."""
        if next_turn(state) is not None:
            return 0
        first = state.deadlines.first()
        return None if first is None else first[0]

    def forget(self, state: BedsState, now_ms: int) -> None:
        """Ended applications after the policy's memory. Here too waiting bonuses grow and another policy comes into force."""
        policy = state.policies.at(now_ms)
        today = day_number(now_ms)
        if today > state.today:
            state.turn = None
            grow_older(state, today)
        if state.policies.version != state.built_for:
            evolve_beds.recount(state)
            rebuild(state)
        if state.ended_order:
            before_ms = now_ms - policy.memory_days * DAY_MS
            while state.ended_order and state.ended[state.ended_order[0]].ended_ms < before_ms:
                del state.ended[state.ended_order.popleft()]

    def check(self, state: BedsState, facts: Iterable[Fact]) -> None:
        """What these facts touched."""
        check.check(state, facts)

    def check_all(self, state: BedsState) -> None:
        """The whole state."""
        check.check_all(state)

    def seen_memory_ms(self, state: BedsState) -> int:
        """By policy."""
        return state.policies.current.seen_memory_s * 1000

    def policy_versions(self, state: BedsState, now_ms: int) -> dict[str, str]:
        """The version of beds in force, and of this year's calendar when one is known. Not to be changed by the caller."""
        return state.cited.of(self.name, state.policies, state.calendar_versions, now_ms)

    def dump(self, state: BedsState) -> Iterator[Row]:
        """The state as rows."""
        return rows_of.dump(state)

    def load(self, area: str, rows: Iterable[Row]) -> BedsState:
        """The state that `dump` made."""
        return rows_of.load(area, rows)

    def gauges(self, state: BedsState) -> dict[str, int]:
        """Counters that cost nothing to read."""
        counts = state.counts
        return {
            "open_cases": len(state.applications),
            "open_tasks": len(state.tasks),
            "providers": len(state.facilities),
            "capacity_total": sum(counts.values()),
            "capacity_free": counts.get("free", 0),
            "deadlines": len(state.deadlines),
            "stuck_cases": len(state.stuck),
            "waiting": state.waiting,
            "beds_held": counts.get("held", 0) + counts.get("reserved", 0),
            "beds_occupied": counts.get("occupied", 0),
        }
