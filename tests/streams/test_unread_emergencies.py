"""What comes in for an emergency and cannot be read is in quarantine, and operators hear of it: somebody may have called for help."""

import json
from pathlib import Path

import pytest

from schemas.journal import FORWARDED, Decided, SetAside
from streams.memory import MemoryEventLog, MemoryQuarantine
from streams.notifications import JsonLinesNotifier
from streams.reactor import Reactor, ReactorConfig
from streams.tail import Judged

KEY = b"0123456789abcdef0123456789abcdef"


async def told_of(path: Path, domain: str, *records: Decided) -> list[dict[str, object]]:
    """What the reactor of this domain tells because of these journal records; each original is a broken line of somebody's."""
    events, told = MemoryEventLog(1, lambda: 1_795_309_200_000), path / "told.jsonl"
    for _ in records:
        events.add(b"3101", b"{broken, 13800000000", partition=0)
    config = ReactorConfig("", KEY, told, (domain,))
    reactor = Reactor(domain, config, events=events, quarantine=MemoryQuarantine(), notifier=JsonLinesNotifier(told))
    await reactor.react([Judged(0, number, b"", record, True) for number, record in enumerate(records)])
    return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


def aside(offset: int, *entries: SetAside) -> Decided:
    """The journal's answer to an input record of which this could not be read."""
    return Decided(0, offset + 1, 0, offset, (), entries)


async def test_operators_hear_once_of_each_record_with_its_place_and_reasons_and_nothing_of_what_it_said(tmp_path: Path) -> None:
    broken = aside(0, SetAside("bad_json"))
    batch = aside(1, SetAside("invalid_event", 3, "e-3"), SetAside("invalid_event", 4), SetAside("unknown_type", 5, "e-5"))
    first, second = await told_of(tmp_path, "emergency", broken, batch)
    assert (first["audience"], first["fact"], first["area"], first["event_id"]) == ("operator", "quarantine.kept.v1", "", "")
    assert first["data"] == {"reasons": {"bad_json": 1}, "partition": 0, "offset": 0}
    assert first["at"] == "2026-11-22T09:00:00.000+08:00"
    assert second["data"] == {"reasons": {"invalid_event": 2, "unknown_type": 1}, "partition": 0, "offset": 1}
    assert second["event_id"] == "e-3"
    assert "138" not in json.dumps([first, second])
    again = tmp_path / "again"
    assert [one["id"] for one in await told_of(again, "emergency", broken, batch)] == [first["id"], second["id"]], (
        "told again after a crash it is the same"
    )


@pytest.mark.parametrize("domain", ["meals", "beds", "childcare"])
async def test_in_other_domains_quarantine_is_counted_and_nobody_is_called(tmp_path: Path, domain: str) -> None:
    assert await told_of(tmp_path, domain, aside(0, SetAside("bad_json"))) == []


async def test_what_is_only_sent_to_its_home_is_no_alert(tmp_path: Path) -> None:
    assert await told_of(tmp_path, "emergency", aside(0, SetAside(FORWARDED, None, "e-1", 0))) == []
