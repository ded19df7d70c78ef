"""Device life and the coverage indicator: who must be covered, by what, and whether it lives (E17, E-R1)."""

from agents.core import Verdict, accept, refuse
from agents.emergency.state import Device, EmergencyState
from agents.emergency.tasks import open_task
from agents.shared.explanation import because
from agents.shared.obligation import rung
from schemas import emergency_devices as words
from schemas.decisions import Reasoned
from schemas.emergency_reasons import EmergencyReason
from schemas.emergency_units_facts import (
    CoverageChanged,
    CoverageEndedFact,
    CoverageRecorded,
    DeviceBatteryRecorded,
    DeviceHeard,
    DeviceListed,
    DeviceMissed,
    DeviceRetiredFact,
)
from schemas.facts import Fact, TaskClosed, TaskKind


def registered(state: EmergencyState, event: words.DeviceRegisteredEvent, now_ms: int) -> Verdict:
    """A device in use; so many missed heartbeats in a row make a maintenance case."""
    data = event.data
    policy = state.policies.at(now_ms)
    window_ms = (data.heartbeat_s or policy.heartbeat_s) * policy.heartbeats_missed_max * 1000
    before = state.devices.get(data.device_id)
    listed = DeviceListed(
        device_id=data.device_id,
        kind=data.kind,
        person_id=data.person_id,
        lat=None if data.position is None else data.position.lat,
        lon=None if data.position is None else data.position.lon,
        window_ms=window_ms,
        due_ms=now_ms + window_ms,
    )
    facts: list[Fact] = [listed]
    if before is not None and before.task_id is not None and not before.low:
        facts.append(TaskClosed(task_id=before.task_id, result="registered_again"))
    lived = before is not None and state.lives(data.device_id)
    if before is not None and before.person_id != data.person_id:
        facts += _changed(state, before.person_id, -int(lived), "device_registered")
        facts += _changed(state, data.person_id, 1, "device_registered")
    elif not lived:
        facts += _changed(state, data.person_id, 1, "device_registered")
    return accept(*facts)


def heartbeat(state: EmergencyState, event: words.DeviceHeartbeatEvent, now_ms: int) -> Verdict:
    """A sign of life; it ends a maintenance case, unless the battery is low."""
    data = event.data
    device = state.devices.get(data.device_id)
    owed = state.heartbeats.get(data.device_id)
    if device is None or owed is None:
        return refuse(EmergencyReason.UNKNOWN_DEVICE)
    recovered = owed.level > 0
    fact = DeviceHeard(device_id=data.device_id, battery_percent=data.battery_percent, due_ms=now_ms + owed.window_ms, recovered=recovered)
    low = device.low
    facts: list[Fact] = [fact]
    if data.battery_percent is not None:
        low, more = _battery(state, device, data.battery_percent, now_ms, silent=False)
        facts += more
    elif recovered and device.task_id is not None and not low:
        facts.append(TaskClosed(task_id=device.task_id, result="heard_again"))
    if recovered:
        facts += _changed(state, device.person_id, 1, "device_heard")
    return accept(*facts)


def battery(state: EmergencyState, event: words.DeviceBatteryEvent, now_ms: int) -> Verdict:
    """How full the battery is; from policy's limit down somebody must change it."""
    device = state.devices.get(event.data.device_id)
    if device is None:
        return refuse(EmergencyReason.UNKNOWN_DEVICE)
    silent = not state.lives(device.device_id)
    _, facts = _battery(state, device, event.data.battery_percent, now_ms, silent=silent)
    if not facts:
        low = event.data.battery_percent <= state.policies.at(now_ms).battery_low_percent
        facts = [DeviceBatteryRecorded(device_id=device.device_id, battery_percent=event.data.battery_percent, low=low)]
    return accept(*facts)


def _battery(state: EmergencyState, device: Device, percent: int, now_ms: int, *, silent: bool) -> tuple[bool, list[Fact]]:
    """Whether the battery is low now, and the facts when that changed or a maintenance case begins or ends by it."""
    low = percent <= state.policies.at(now_ms).battery_low_percent
    facts: list[Fact] = []
    if low != device.low:
        facts.append(DeviceBatteryRecorded(device_id=device.device_id, battery_percent=percent, low=low))
    if low and device.task_id is None:
        detail = {"reason": "battery_low", "person_id": device.person_id}
        facts.append(open_task(device.device_id, TaskKind.DEVICE_MAINTENANCE, now_ms, **detail))
    elif not low and not silent and device.task_id is not None:
        facts.append(TaskClosed(task_id=device.task_id, result="in_order"))
    return low, facts


def retired(state: EmergencyState, event: words.DeviceRetiredEvent, _now_ms: int) -> Verdict:
    """No longer in use: its person may be uncovered from now on."""
    data = event.data
    device = state.devices.get(data.device_id)
    if device is None:
        return refuse(EmergencyReason.UNKNOWN_DEVICE)
    lived = int(state.lives(data.device_id))
    task = () if device.task_id is None else (TaskClosed(task_id=device.task_id, result="retired"),)
    fact = DeviceRetiredFact(device_id=data.device_id, person_id=device.person_id, reason=data.reason)
    return accept(*task, fact, *_changed(state, device.person_id, -lived, "device_retired"))


def missed(state: EmergencyState, device_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """No sign of life in time: a maintenance case, and a reminder at every further rung, for ever."""
    device = state.devices[device_id]
    owed = state.heartbeats.get(device_id)
    assert owed is not None
    waits_ms = tuple(wait_s * 1000 for wait_s in state.policies.at(now_ms).device_ladder_s)
    level, wait_ms = rung(waits_ms, owed.level)
    silent_s = (now_ms - owed.seen_ms) // 1000
    fact = DeviceMissed(device_id=device_id, person_id=device.person_id, level=level, silent_s=silent_s, next_ms=now_ms + wait_ms)
    facts: list[Fact] = [fact]
    if device.task_id is None:
        detail = {"reason": "silent", "person_id": device.person_id}
        facts.append(open_task(device_id, TaskKind.DEVICE_MAINTENANCE, now_ms, **detail))
    if owed.level == 0:
        facts += _changed(state, device.person_id, -1, "device_missed")
    why = because("no_heartbeat", window_ms=owed.window_ms)
    return Reasoned(fact, why), *map(Reasoned, facts[1:])


def covered(state: EmergencyState, event: words.CoverageRegisteredEvent, _now_ms: int) -> Verdict:
    """Who must be covered and by which contacts; a later registration replaces it whole."""
    data = event.data
    person_id = data.person_id
    fact = CoverageRecorded(
        person_id=person_id,
        lives_alone=data.lives_alone,
        eligible=data.eligible,
        lat=None if data.position is None else data.position.lat,
        lon=None if data.position is None else data.position.lon,
        contacts=tuple(contact.contact_id for contact in data.contacts),
        from_minutes=tuple(contact.from_minute for contact in data.contacts),
        until_minutes=tuple(contact.until_minute for contact in data.contacts),
        access_id=data.access_id,
    )
    if not (data.lives_alone and data.eligible):
        return accept(fact)
    now_covered = bool(data.contacts) or state.living.get(person_id, 0) > 0
    if state.counted(person_id) and state.covered(person_id) == now_covered:
        return accept(fact)
    return accept(fact, CoverageChanged(person_id=person_id, covered=now_covered, cause="registered"))


def ended(state: EmergencyState, event: words.CoverageEndedEvent, _now_ms: int) -> Verdict:
    """The person need not be covered any more; open incidents keep what they know."""
    if event.data.person_id not in state.covers:
        return refuse(EmergencyReason.UNKNOWN_PERSON)
    return accept(CoverageEndedFact(person_id=event.data.person_id, reason=event.data.reason))


def _changed(state: EmergencyState, person_id: str | None, by: int, cause: str) -> list[Fact]:
    """The fact when so many more living devices change whether the person is covered."""
    if person_id is None or not by or not state.counted(person_id):
        return []
    cover = state.covers[person_id]
    living = state.living.get(person_id, 0)
    if cover.contacts or (living > 0) == (living + by > 0):
        return []
    return [CoverageChanged(person_id=person_id, covered=living + by > 0, cause=cause)]
