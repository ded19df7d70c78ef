"""Facts of responders, devices, coverage, tasks and policies into state: the other half of the only writer."""

from collections.abc import Callable
from typing import Any

from agents.emergency.state import Cover, Device, EmergencyState
from agents.emergency.steps import arm, wake_waiting, want
from schemas import emergency_units_facts as facts
from schemas.facts import CaseStuck, Fact, PolicyAdopted, TaskClosed, TaskKind, TaskOpened

CALL_TASKS = (TaskKind.CALL_NEEDS_REVIEW, TaskKind.NO_RESPONDER, TaskKind.RESPONDER_UNHEARD, TaskKind.SCENE_UNHEARD)
"""Tasks that end with their incident, at most one of a kind."""


def _policy_adopted(state: EmergencyState, fact: PolicyAdopted, now_ms: int) -> None:
    assert fact.policy == "emergency"
    state.policies.adopt(fact.version, fact.in_force_from, fact.parameters, now_ms)


def _listed(state: EmergencyState, fact: facts.ResponderListed, now_ms: int) -> None:
    state.units.enlist(
        fact.responder_id, fact.kind, (fact.lat, fact.lon), skills=fact.skills, max_travel_s=fact.max_travel_s, now_ms=now_ms
    )


def _status(state: EmergencyState, fact: facts.ResponderStatusRecorded, now_ms: int) -> None:
    units = state.units
    unit = units.by_id[fact.responder_id]
    woken = units.report(unit, fact.status)
    if fact.reserved_from_ms is not None and fact.reserved_until_ms is not None:
        unit.reserved_from_ms, unit.reserved_until_ms = fact.reserved_from_ms, fact.reserved_until_ms
    if fact.lat is not None and fact.lon is not None:
        woken = units.locate(unit, fact.lat, fact.lon, now_ms)
    _heard(state, fact.responder_id, fact.watch_by_ms)
    if woken:
        wake_waiting(state, unit, now_ms)


def _located(state: EmergencyState, fact: facts.ResponderLocated, now_ms: int) -> None:
    unit = state.units.by_id[fact.responder_id]
    woken = state.units.locate(unit, fact.lat, fact.lon, now_ms)
    _heard(state, fact.responder_id, fact.watch_by_ms)
    if woken:
        wake_waiting(state, unit, now_ms)


def _heard(state: EmergencyState, responder_id: str, watch_by_ms: int | None) -> None:
    """One that is on its way was heard of."""
    if watch_by_ms is not None:
        call_id = state.units.by_id[responder_id].engaged
        assert call_id is not None
        state.calls[call_id].engaged[responder_id].misses = 0
        arm(state, f"watch|{call_id}|{responder_id}", watch_by_ms)


def _device_listed(state: EmergencyState, fact: facts.DeviceListed, now_ms: int) -> None:
    before = state.devices.get(fact.device_id)
    if before is not None:
        _live(state, before.person_id, -int(state.lives(fact.device_id)))
    device = Device(fact.device_id, fact.kind, fact.person_id, fact.lat, fact.lon)
    if before is not None:
        device.battery_percent, device.low, device.task_id = before.battery_percent, before.low, before.task_id
    state.devices[fact.device_id] = device
    state.stuck.pop(f"heartbeat|{fact.device_id}", None)
    state.heartbeats.expect(fact.device_id, fact.window_ms, now_ms, fact.due_ms)
    _live(state, fact.person_id, 1)


def _device_heard(state: EmergencyState, fact: facts.DeviceHeard, now_ms: int) -> None:
    device = state.devices[fact.device_id]
    if fact.recovered:
        _live(state, device.person_id, 1)
    if fact.battery_percent is not None:
        device.battery_percent = fact.battery_percent
    if state.stuck:
        state.stuck.pop(f"heartbeat|{fact.device_id}", None)
    state.heartbeats.seen(fact.device_id, now_ms, fact.due_ms)


def _battery(state: EmergencyState, fact: facts.DeviceBatteryRecorded, _now_ms: int) -> None:
    device = state.devices[fact.device_id]
    device.battery_percent, device.low = fact.battery_percent, fact.low


def _device_missed(state: EmergencyState, fact: facts.DeviceMissed, _now_ms: int) -> None:
    if state.lives(fact.device_id):
        _live(state, state.devices[fact.device_id].person_id, -1)
    state.heartbeats.missed(fact.device_id, fact.level, fact.next_ms)


def _device_retired(state: EmergencyState, fact: facts.DeviceRetiredFact, _now_ms: int) -> None:
    device = state.devices[fact.device_id]
    _live(state, device.person_id, -int(state.lives(fact.device_id)))
    state.heartbeats.end(fact.device_id)
    state.stuck.pop(f"heartbeat|{fact.device_id}", None)
    del state.devices[fact.device_id]


def _live(state: EmergencyState, person_id: str | None, by: int) -> None:
    """So many more living devices of this person; the coverage indicator follows (E-R1)."""
    if person_id is None or not by:
        return
    count_cover(state, person_id, -1)
    state.living[person_id] = state.living.get(person_id, 0) + by
    assert state.living[person_id] >= 0
    if not state.living[person_id]:
        del state.living[person_id]
    count_cover(state, person_id, 1)


def count_cover(state: EmergencyState, person_id: str, by: int) -> None:
    """Take one person into the coverage indicator, or out of it before something about it changes."""
    if state.counted(person_id):
        state.alone += by
        state.alone_covered += by * state.covered(person_id)


def _coverage(state: EmergencyState, fact: facts.CoverageRecorded, _now_ms: int) -> None:
    count_cover(state, fact.person_id, -1)
    contacts = tuple(zip(fact.contacts, fact.from_minutes, fact.until_minutes, strict=True))
    state.covers[fact.person_id] = Cover(
        fact.person_id, fact.lives_alone, fact.eligible, fact.lat, fact.lon, contacts, fact.access_id
    )  # fmt: skip
    count_cover(state, fact.person_id, 1)


def _coverage_ended(state: EmergencyState, fact: facts.CoverageEndedFact, _now_ms: int) -> None:
    count_cover(state, fact.person_id, -1)
    del state.covers[fact.person_id]


def _nothing(state: EmergencyState, fact: Fact, now_ms: int) -> None:
    """Said for readers; the state knows it by other facts."""


def _task_opened(state: EmergencyState, fact: TaskOpened, _now_ms: int) -> None:
    state.tasks[fact.task_id] = (fact.kind.value, fact.about)
    if fact.kind in CALL_TASKS:
        state.calls[fact.about].tasks[fact.kind.value] = fact.task_id
    elif fact.kind is TaskKind.DEVICE_MAINTENANCE:
        state.devices[fact.about].task_id = fact.task_id
    elif fact.kind is TaskKind.CALL_BACK_MISSED:
        state.ended[fact.about].task_id = fact.task_id
    elif fact.kind is TaskKind.STUCK_CASE:
        state.stuck_tasks[fact.task_id] = fact.about


def _task_closed(state: EmergencyState, fact: TaskClosed, now_ms: int) -> None:
    kind, about = state.tasks.pop(fact.task_id)
    call = state.calls.get(about)
    if call is not None and call.tasks.get(kind) == fact.task_id:
        del call.tasks[kind]
    device = state.devices.get(about)
    if device is not None and device.task_id == fact.task_id:
        device.task_id = None
    ended = state.ended.get(about)
    if ended is not None and ended.task_id == fact.task_id:
        ended.task_id = None
    key = state.stuck_tasks.pop(fact.task_id, None)
    if key is not None and key in state.stuck:
        # The human is done with it: the work is tried again, and gets stuck again if our code is still wrong.
        state.deadlines.set(key, max(state.stuck.pop(key), now_ms))
        stuck_call = state.calls.get(key.partition("|")[2])
        if stuck_call is not None and key.startswith("search|"):
            want(state, stuck_call)


def _case_stuck(state: EmergencyState, fact: CaseStuck, _now_ms: int) -> None:
    when_ms = state.deadlines.when(fact.case)
    assert when_ms is not None, "only a deadline can get stuck"
    state.stuck[fact.case] = when_ms
    state.deadlines.clear(fact.case)


# Each row takes the fact of its own key, which no type checker can say of a table.
BASE_WRITERS: dict[type[Fact], Callable[[EmergencyState, Any, int], None]] = {
    PolicyAdopted: _policy_adopted,
    facts.ResponderListed: _listed,
    facts.ResponderStatusRecorded: _status,
    facts.ResponderLocated: _located,
    facts.DeviceListed: _device_listed,
    facts.DeviceHeard: _device_heard,
    facts.DeviceBatteryRecorded: _battery,
    facts.DeviceMissed: _device_missed,
    facts.DeviceRetiredFact: _device_retired,
    facts.CoverageRecorded: _coverage,
    facts.CoverageEndedFact: _coverage_ended,
    facts.CoverageChanged: _nothing,
    TaskOpened: _task_opened,
    TaskClosed: _task_closed,
    CaseStuck: _case_stuck,
}
