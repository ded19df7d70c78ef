"""What must reach the outside because of a decision does, at least once, and nothing else: E07 (notifications), I01 for forwarding."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.simulation.checkers.logs import Dec, Logs, Violation

UNREAD = "quarantine.kept.v1"


def e07(logs: Logs) -> Iterator[Violation]:
    """Each fact that somebody must hear of has its own notification, told again only under the same id; none tells what never was."""
    heard = logs.part.heard | {"task.opened.v1"}
    wanted = Counter(
        (fact["type"], dec.body["area"], dec.body["event_id"])
        for dec in logs.decisions
        for fact in dec.body["facts"]
        if fact["type"] in heard
    )
    if UNREAD in heard:
        wanted.update(key for entries in logs.journal for entry in entries if entry.valid for key in _unread(entry.body))
    told = Counter((fact, area, event_id) for _, fact, area, event_id in set(logs.run.notified))
    for key, count in wanted.items():
        if told[key] != count:
            yield Violation("E07", f"{count} facts {key[0]} of {key[2]} to be heard of, {told[key]} notifications")
    for key in told.keys() - wanted.keys():
        yield Violation("E07", f"somebody was told of {key[0]} by {key[2]}, which no decision says")


def _unread(body: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Operators hear once of each input record of which something could not be read."""
    aside = [one for one in body.get("set_aside", ()) if one["reason"] != "forwarded"]
    if aside:
        yield UNREAD, "", next((one["event_id"] for one in aside if one["event_id"]), "")


def forwarded(logs: Logs) -> Iterator[Violation]:
    """Every event set aside as belonging elsewhere is decided at its home."""
    decided = {event_id for _, event_id in logs.by_id}
    for entries in logs.journal:
        for entry in entries:
            for one in entry.body.get("set_aside", ()) if entry.valid else ():
                if one["reason"] == "forwarded" and one["event_id"] not in decided:
                    yield Violation("I01", f"{one['event_id']} was to be forwarded and was never decided", entry.partition, entry.offset)


def handed_over(logs: Logs, every: dict[str, Logs]) -> Iterator[Violation]:
    """X01: what a domain hands to another one takes effect there exactly once; nothing comes by that way that no fact explains."""
    caused = [(other.part.name, dec) for other in every.values() for dec in other.decisions if _from(dec, logs.part.name)]
    came = Counter((name, dec.body["event_type"], (dec.event or {})["causationid"]) for name, dec in caused if dec.effect)
    due: Counter[tuple[str, str, str]] = Counter()
    for dec in logs.decisions:
        for fact in dec.body["facts"]:
            for target, event_type in logs.part.hands_over(fact):
                if target in every:
                    due[target, event_type, dec.body["event_id"]] += 1
    for key in sorted(due.keys() | came.keys()):
        if due[key] != came[key]:
            yield Violation("X01", f"{due[key]} {key[1]} due to {key[0]} because of {key[2]}, {came[key]} took effect")


def _from(dec: Dec, domain: str) -> bool:
    source = (dec.event or {}).get("source", "")
    return isinstance(source, str) and source.startswith(f"/laoxiao/{domain}/")
