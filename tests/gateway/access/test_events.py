"""Events at the door: facility A does not publish for B (reliability page, section 5; P03), each event of a batch is judged alone, and a
call for help is taken from anybody (ADR 0005)."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from infra.gateway.access.roles import Role
from infra.gateway.live import LiveView
from schemas.envelope import EVENT_BYTES_MAX
from tests.gateway.access.world import BATCHED, OTHER, OWN, STRUCTURED, World, call, capacity, envelope, order

JSON = {"content-type": "application/json"}


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The security events so far."""
    return [orjson.loads(record.message) for record in caplog.records if record.name == "laoxiao.security"]


async def batch(world: World, events: list[dict[str, Any]], role: Role | None) -> httpx.Response:
    return await world.client.post("/v1/events", content=orjson.dumps(events), headers=BATCHED | world.head(role))


def review(event: dict[str, Any]) -> list[str]:
    return list(event["data"].get("needs_review", ()))


async def test_facility_a_publishes_for_itself_and_not_for_b(world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert (await world.send(capacity("c-1", OWN), Role.FACILITY)).status_code == 202
    answer = await world.send(capacity("c-2", OTHER), Role.FACILITY)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_source")
    assert OTHER not in answer.text
    assert [event["id"] for event in world.recorded("meals")] == ["c-1"]
    (line,) = told(caplog)
    assert (line["security"], line["code"], line["role"], line["count"]) == ("refused", "forbidden_source", "facility", 1)
    assert OTHER not in caplog.text
    assert world.counted("laoxiao_gateway_access_refused_total", "forbidden_source") == 1


async def test_a_facility_that_gives_itself_out_for_another_is_refused_too(world: World) -> None:
    for actor in (f"provider:{OTHER}", "office:civil-affairs", "system:handover", "clock:owner"):
        answer = await world.send(capacity("c-1", OWN, actor), Role.FACILITY)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_source"), actor


async def test_the_binary_mode_and_the_resource_route_are_judged_the_same(world: World) -> None:
    event = capacity("c-1", OTHER)
    head = {f"ce-{name}": str(value) for name, value in event.items() if name != "data"} | JSON | world.head(Role.FACILITY)
    answer = await world.client.post("/v1/events", content=orjson.dumps(event["data"]), headers=head)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_source")
    body = {name: event[name] for name in ("area", "time")} | {"data": {"version": 1, "slots": event["data"]["slots"]}}
    for provider_id, status in ((OTHER, 403), (OWN, 202)):
        head = {"idempotency-key": f"k-{provider_id}"} | JSON | world.head(Role.FACILITY)
        answer = await world.client.post(f"/v1/meals/providers/{provider_id}/capacity", content=orjson.dumps(body), headers=head)
        assert answer.status_code == status, answer.text
    # Who acts was left out: it is the token's own, and the same at every retry.
    assert [event["actor"] for event in world.recorded("meals")] == [f"provider:{OWN}"]


async def test_each_event_of_a_batch_is_judged_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    events = [capacity("c-1", OTHER), capacity("c-2", OWN), order("o-1"), capacity("c-3", OTHER), {"type": "meals.capacity.published.v1"}]
    answer = await batch(world, events, Role.FACILITY)
    assert answer.status_code == 202
    assert [one["id"] for one in answer.json()["accepted"]] == ["c-2"]
    assert [(one["index"], one["code"]) for one in answer.json()["rejected"]] == [
        (0, "forbidden_source"), (2, "forbidden_role"), (3, "forbidden_source"), (4, "invalid_event"),
    ]  # fmt: skip
    assert {(line["code"], line["count"]) for line in told(caplog)} == {("forbidden_source", 2), ("forbidden_role", 1)}


async def test_a_family_orders_for_whom_it_stands_for_and_cancels_only_what_the_register_knows_as_its_own(world: World) -> None:
    token = {"authorization": f"Bearer {world.token(Role.FAMILY, 'r-1', stands_for=['p-1'])}"} | STRUCTURED
    orders = {"p-1": 202, "p-2": 403}
    for person_id, status in orders.items():
        event = order(f"o-{person_id}", actor="relative:r-1")
        event["data"]["person_id"] = person_id
        assert (await world.client.post("/v1/events", content=orjson.dumps(event), headers=token)).status_code == status
    cancelled = envelope("x-1", "meals.order.cancelled.v1", "relative:r-1", {"order_id": "o-1"})
    answer = await world.client.post("/v1/events", content=orjson.dumps(cancelled), headers=token)
    assert (answer.status_code, answer.json()["code"]) == (503, "register_unavailable"), "without a register nobody knows whose it is"


async def test_who_proves_nothing_learns_nothing(world: World) -> None:
    bodies = [b"{", b"[]", orjson.dumps(order()), orjson.dumps([order(), {"type": "no"}]), orjson.dumps({"type": "no.such.v1"})]
    for head in (STRUCTURED, BATCHED, {"content-type": "text/plain"}):
        for body in bodies:
            answer = await world.client.post("/v1/events", content=body, headers=head)
            assert (answer.status_code, answer.json()["code"]) == (401, "no_token"), body
            assert set(answer.json()) == {"type", "title", "status", "code"}
    assert world.recorded("meals") == []


async def _expired(world: World) -> dict[str, str]:
    token = world.token(Role.DEVICE, hours=1)
    access = world.gateway.access
    assert access is not None
    now_s = access.tokens._clock
    access.tokens._clock = lambda: now_s() + 7200
    return {"authorization": f"Bearer {token}"}


CALLERS = ("nothing", "expired", "junk", "another device", "another actor", "a kitchen's terminal abroad", "auditor")


async def _caller(world: World, who: str) -> tuple[dict[str, str], dict[str, Any], str]:
    event = call("press-1", device_id=OWN)
    match who:
        case "nothing":
            return {}, event, "no_token"
        case "expired":
            return await _expired(world), event, "token_expired"
        case "junk":
            return {"authorization": "Bearer x.y.z"}, event, "token_not_valid"
        case "another device":
            return world.head(Role.DEVICE), call("press-1", device_id=OTHER), "forbidden_source"
        case "another actor":
            return world.head(Role.DEVICE), call("press-1", actor="operator:op-1", device_id=OWN), "forbidden_source"
        case "auditor":
            return world.head(Role.AUDITOR), event, "forbidden_role"
        case _:
            token = world.token(Role.FACILITY, areas=["32"])
            return {"authorization": f"Bearer {token}"}, call("press-1", actor=f"provider:{OWN}"), "forbidden_area"


@pytest.mark.parametrize("who", CALLERS)
async def test_a_call_is_taken_from_anybody_and_flagged_and_counted(world: World, who: str, caplog: pytest.LogCaptureFixture) -> None:
    head, event, code = await _caller(world, who)
    answer = await world.client.post("/v1/events", content=orjson.dumps(event), headers=STRUCTURED | head)
    assert answer.status_code == 202, answer.text
    (recorded,) = world.recorded("emergency")
    assert review(recorded) == ["sender_not_proven"]
    assert {**recorded, "data": {**recorded["data"], "needs_review": None}} == {**event, "data": {**event["data"], "needs_review": None}}
    assert world.counted("laoxiao_gateway_calls_unproven_total", code) == 1
    assert world.counted("laoxiao_gateway_access_refused_total", code) == 0
    (line,) = told(caplog)
    assert (line["security"], line["code"]) == ("call_taken", code)
    presses = world.gateway.boards["emergency"].presses
    assert presses is not None
    (press,) = presses.body()["oldest"]
    assert press["needs_review"] == ["sender_not_proven"]


async def test_a_call_that_the_flag_would_make_too_large_is_taken_as_it_came(world: World) -> None:
    event = call("press-1", note="") | {"traceparent": ""}
    event["data"]["needs_review"] = ["x" * 60] * 20
    event["data"]["position"] = {"lat": "1" * (EVENT_BYTES_MAX - len(orjson.dumps(event)) - 24)}
    assert EVENT_BYTES_MAX - 24 < len(orjson.dumps(event)) <= EVENT_BYTES_MAX
    assert (await world.send(event, None)).status_code == 202
    assert [one["id"] for one in world.recorded("emergency")] == ["press-1"]


async def test_a_call_of_a_proven_sender_is_recorded_as_it_came(world: World) -> None:
    for role, event in (
        (Role.DEVICE, call("p-1", device_id=OWN)),
        (Role.DEVICE, call("p-2", actor="device:unknown", device_id=OWN)),
        (Role.OPERATOR, call("p-3", actor=f"operator:{OWN}", person_id=OTHER)),
        (Role.FAMILY, call("p-4", actor=f"relative:{OWN}", person_id=OWN)),
    ):
        assert (await world.send(event, role)).status_code == 202
        assert [one for one in world.recorded("emergency") if one["id"] == event["id"]] == [event]


async def test_the_route_for_calls_takes_whatever_can_be_read_from_anybody(world: World) -> None:
    bodies = {
        "a": b'{"channel":"fall","device_id":"d-1"}',
        "b": '"救命"'.encode(),
        "c": b'{"data":{"channel":"button","needs_review":"x"}}',
    }
    for key, body in bodies.items():
        answer = await world.client.post("/v1/emergency/calls", content=body, headers={"idempotency-key": key})
        assert answer.status_code == 202, answer.text
    assert [review(event)[0] for event in world.recorded("emergency")] == ["sender_not_proven"] * 3
    answer = await world.client.post("/v1/emergency/calls", content=b"")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_a_call"), "it says how else to call, and that is worth more than a 401"


async def test_in_a_batch_of_nobody_the_call_is_taken_and_the_rest_is_not(world: World) -> None:
    answer = await batch(world, [order("o-1"), call("press-1", data=None) | {"data": "help"}, capacity("c-1", OWN)], None)
    assert answer.status_code == 202
    assert [one["id"] for one in answer.json()["accepted"]] == ["press-1"]
    assert [(one["index"], one["code"]) for one in answer.json()["rejected"]] == [(0, "no_token"), (2, "no_token")]
    (recorded,) = world.recorded("emergency")
    assert review(recorded) == ["sender_not_proven", "data"]
    assert world.recorded("meals") == []


async def test_a_live_view_ends_when_its_token_is_called_back(world: World) -> None:
    board = world.gateway.boards["meals"]
    board._viewers_max = 1
    viewer = board.watch("310106")
    assert viewer is not None
    good = [True]
    sent: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))
        good[0] = False

    async with asyncio.timeout(10):
        await LiveView(world.gateway, board, viewer, still_good=lambda: good[0])(receive, send)
    assert board.viewers == 0
