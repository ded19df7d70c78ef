"""A call for help that cannot be read, at the door or in the log, is before the operators all the same."""

from pathlib import Path

import httpx
import orjson
import pytest

from infra.gateway.board import Board
from infra.gateway.presses import Presses
from schemas.emergency_mending import RAISED
from schemas.journal import FORWARDED, Decided, Opened, SetAside
from schemas.journal import Clock as JournalClock
from schemas.topics import DOMAINS
from streams.tail import Judged
from tests.gateway.conftest import RunGateway

pytestmark = pytest.mark.skipif("emergency" not in DOMAINS, reason="emergency is not switched on yet")
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"
EVENT = {"content-type": "application/cloudevents+json"}


async def unread(client: httpx.AsyncClient) -> dict[str, object]:
    """What operators are shown of it."""
    found: dict[str, object] = (await client.get("/v1/emergency/presses")).json()["unread"]
    return found


@pytest.mark.stack
async def test_a_call_refused_at_the_door_is_shown_to_operators_and_another_event_is_not(run_gateway: RunGateway, tmp_path: Path) -> None:
    client = (await run_gateway("127.0.0.1:9", NOWHERE, ready=False, home=tmp_path)).client
    assert await unread(client) == {"count": 0, "newest": []}
    # No area and no id: nobody could say where it belongs.
    nameless = {
        "specversion": "1.0",
        "source": "/d",
        "type": RAISED,
        "time": "2026-11-22T09:00:00+08:00",
        "actor": "device:d-1",
        "data": {},
    }
    answer = await client.post("/v1/events", content=orjson.dumps(nameless), headers=EVENT)
    assert answer.status_code == 422
    nothing = await client.post("/v1/emergency/calls", content=b"{half", headers={"content-type": "application/json"})
    assert nothing.status_code == 400
    other = nameless | {"type": "emergency.call.answered.v1"}
    assert (await client.post("/v1/events", content=orjson.dumps(other), headers=EVENT)).status_code == 422
    shown = await unread(client)
    assert shown["count"] == 2
    newest = shown["newest"]
    assert isinstance(newest, list)
    assert [(one["reason"], one["place"]) for one in newest] == [("not_a_call", None), (answer.json()["code"], None)]


def test_what_the_journal_set_aside_is_shown_with_its_place_in_the_log_and_what_was_forwarded_is_not() -> None:
    board = Board("emergency")
    woken: list[None] = []
    board.presses = Presses(lambda: woken.append(None))
    board.take(Judged(1, 0, b"", Opened("w", JournalClock.WALL), True))
    entries = (SetAside("bad_json"), SetAside(FORWARDED, 1, "e-1", 0), SetAside("invalid_event", 2, "e-2"))
    board.take(Judged(1, 1, b"", Decided(0, 1, 1, 77, (), entries), True))
    board.take(Judged(1, 2, b"", Decided(0, 2, 1, 78, (), (SetAside("bad_json"),)), False))
    shown = board.presses.body()["unread"]
    assert shown["count"] == 2
    assert [(one["reason"], one["event_id"], one["place"]) for one in shown["newest"]] == [
        ("invalid_event", "e-2", {"partition": 1, "offset": 77}), ("bad_json", None, {"partition": 1, "offset": 77}),
    ]  # fmt: skip
    assert woken
