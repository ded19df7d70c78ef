"""The state as rows and back. Derived indexes are not written; they are rebuilt on load.

Rows, each beginning with its kind: ``seen`` (the policy version that units were last judged by), ``policy``, ``unit`` (oldest
position first), ``call``, ``latest``, ``waits``, ``ended``, ``forgets``, ``device``, ``cover``, ``owed`` (obligations), ``deadline``,
``task``, ``stuck``, ``stuck_task``, ``woken``.
"""

from collections.abc import Iterable, Iterator

from agents.core import Row
from agents.emergency.evolve_base import count_cover
from agents.emergency.state import SEVERITIES, Call, Cover, Device, EmergencyState, Ended, Engagement
from agents.emergency.states import CallState, Leg
from agents.shared.responders import Unit

PLAIN = (
    "channel", "kind", "severity", "person_id", "device_id", "lat", "lon", "version", "correlationid", "opened_ms", "answered_ms",
    "dispatched_ms", "arrived_ms", "last_act_ms", "level", "operator_id", "triaged", "manual", "dispatching", "round", "attempt", "short",
    "signals", "contact_step", "called_contact", "accepted_contact", "silent",
)  # fmt: skip
"""Fields of an incident that JSON writes as they are. New ones stand last: a snapshot written before them has none."""
LISTS = ("served", "names", "released_to", "handed_to", "called")
DICTS = ("asked", "tasks")


def dump(state: EmergencyState) -> Iterator[Row]:
    """Every row, in an order that follows from the log alone."""
    yield ["seen", state.policy_seen]
    yield from (["policy", *row] for row in state.policies.dump())
    for unit in sorted(state.units.by_id.values(), key=lambda unit: (unit.fix_ms, unit.place_id)):
        yield _unit_row(unit, state.units.is_fresh(unit))
    yield from map(_call_row, state.calls.values())
    yield from (["latest", subject, call_id] for subject, call_id in state.latest.items())
    yield from (["waits", call_id] for place in state.short for call_id in place)
    for call_id, ended in state.ended.items():
        yield [
            "ended",
            call_id,
            ended.state.value,
            ended.outcome,
            ended.person_id,
            ended.ended_ms,
            ended.version,
            ended.callback,
            ended.task_id,
        ]
    yield from (["forgets", call_id] for call_id in state.ended_order)
    for device in state.devices.values():
        yield [
            "device", device.device_id, device.kind, device.person_id, device.lat, device.lon, device.battery_percent, device.low,
            device.task_id,
        ]  # fmt: skip
    for cover in state.covers.values():
        contacts = [list(contact) for contact in cover.contacts]
        yield ["cover", cover.person_id, cover.lives_alone, cover.eligible, cover.lat, cover.lon, contacts, cover.access_id]
    yield from (["owed", "heartbeat", *row] for row in state.heartbeats.dump())
    yield from (["owed", "callback", *row] for row in state.callbacks.dump())
    yield from (["deadline", key, when_ms] for key, when_ms in state.deadlines.dump())
    yield from (["task", task_id, kind, about] for task_id, (kind, about) in state.tasks.items())
    yield from (["stuck", key, when_ms] for key, when_ms in state.stuck.items())
    yield from (["stuck_task", task_id, key] for task_id, key in state.stuck_tasks.items())
    yield from (["woken", unit_id, *tried] for unit_id, tried in state.woken.items())


def load(area: str, rows: Iterable[Row]) -> EmergencyState:
    """The state that `dump` made."""
    state = EmergencyState(area)
    for row in rows:
        _take(state, row)
    for device in state.devices.values():
        if device.person_id is not None and state.lives(device.device_id):
            state.living[device.person_id] = state.living.get(device.person_id, 0) + 1
    for person_id in state.covers:
        count_cover(state, person_id, 1)
    return state


def _take(state: EmergencyState, row: Row) -> None:
    match row:
        case ["deadline", key, when_ms]:
            state.deadlines.set(key, when_ms)
        case ["owed", kind, about, window_ms, seen_ms, level]:
            (state.heartbeats if kind == "heartbeat" else state.callbacks).load(about, window_ms, seen_ms, level)
        case ["unit", fresh, *values]:
            state.units.load(_unit(values), fresh)
        case ["device", device_id, kind, person_id, lat, lon, battery_percent, low, task_id]:
            state.devices[device_id] = Device(device_id, kind, person_id, lat, lon, battery_percent, low, task_id)
        case ["cover", person_id, lives_alone, eligible, lat, lon, contacts, access_id]:
            plan = tuple((contact_id, from_minute, until_minute) for contact_id, from_minute, until_minute in contacts)
            state.covers[person_id] = Cover(person_id, lives_alone, eligible, lat, lon, plan, access_id)
        case ["call", call_id, *values]:
            _take_call(state, call_id, values)
        case ["ended", call_id, word, outcome, person_id, ended_ms, version, callback, task_id]:
            state.ended[call_id] = Ended(CallState(word), outcome, person_id, ended_ms, version, callback, task_id)
        case _:
            _take_rare(state, row)


def _take_rare(state: EmergencyState, row: Row) -> None:
    match row:
        case ["latest", subject, call_id]:
            state.latest[subject] = call_id
        case ["waits", call_id]:
            state.short[SEVERITIES.index(state.calls[call_id].severity)][call_id] = None
        case ["forgets", call_id]:
            state.ended_order.append(call_id)
        case ["task", task_id, kind, about]:
            state.tasks[task_id] = (kind, about)
        case ["stuck", key, when_ms]:
            state.stuck[key] = when_ms
        case ["stuck_task", task_id, key]:
            state.stuck_tasks[task_id] = key
        case ["policy", version, in_force_from, parameters]:
            state.policies.adopt(version, in_force_from, parameters, 0)
            if version == state.policy_seen:
                state.units.travel = state.policies.of(version).travel
        case ["seen", version]:
            state.policy_seen = version
        case ["woken", unit_id, *tried]:
            state.woken[unit_id] = tuple(tried)
        case _:
            raise ValueError(f"unknown snapshot row kind {row[0]!r}")


def _take_call(state: EmergencyState, call_id: str, values: Row) -> None:
    plain, lists, dicts, word, needs_review, needs, roles, engaged = values
    call = Call(call_id)
    for name, value in zip(PLAIN[: len(plain)], plain, strict=True):
        setattr(call, name, value)
    for name, value in zip((*LISTS, *DICTS), (*lists, *dicts), strict=True):
        setattr(call, name, value)
    call.state = CallState(word)
    call.needs_review, call.needs = tuple(needs_review), tuple(needs)
    call.roles = tuple(map(tuple, roles))
    for responder_id, role, leg, asked_ms, misses in engaged:
        call.engaged[responder_id] = Engagement(role, Leg(leg), asked_ms, misses)
    state.calls[call_id] = call
    for name in call.names:
        state.names[name] = call_id


def _call_row(call: Call) -> Row:
    engaged = [
        [responder_id, engagement.role, engagement.leg.value, engagement.asked_ms, engagement.misses]
        for responder_id, engagement in call.engaged.items()
    ]
    return [
        "call",
        call.call_id,
        [getattr(call, name) for name in PLAIN],
        [list(getattr(call, name)) for name in LISTS],
        [dict(getattr(call, name)) for name in DICTS],
        call.state.value,
        list(call.needs_review),
        list(call.needs),
        [list(role) for role in call.roles],
        engaged,
    ]


def _unit_row(unit: Unit, fresh: bool) -> Row:
    return [
        "unit", fresh, unit.place_id, unit.lat, unit.lon, unit.base_lat, unit.base_lon, unit.kind, list(unit.skills), unit.max_travel_s,
        unit.status, unit.engaged, unit.fix_ms, unit.fixed, unit.rest_until_ms, unit.reserved_from_ms,
        unit.reserved_until_ms,
    ]  # fmt: skip


def _unit(values: Row) -> Unit:
    unit = Unit(values[0], values[1], values[2])
    (
        unit.base_lat, unit.base_lon, unit.kind, skills, unit.max_travel_s, unit.status, unit.engaged, unit.fix_ms, unit.fixed,
        unit.rest_until_ms,
    ) = values[3:13]  # fmt: skip
    # A snapshot written before there were reservations has none.
    unit.reserved_from_ms, unit.reserved_until_ms = values[13:] or (0, 0)
    unit.skills = tuple(skills)
    return unit
