"""What must hold of the state after every event, and of the whole state after recovery (E03, E06, E09, I06, I07)."""

from collections.abc import Iterable

from agents.core import InvariantBroken
from agents.emergency.state import SEVERITIES, Call, EmergencyState, Ended
from agents.emergency.states import CallState, Leg
from schemas.facts import Fact

WORK_OF_LEG = {Leg.ASKED: "ask", Leg.ACCEPTED: "watch", Leg.EN_ROUTE: "watch", Leg.ON_SCENE: "check"}
"""Each responder of an incident has exactly one thing that its silence leads to."""


def check(state: EmergencyState, facts: Iterable[Fact]) -> None:
    """Look at what these facts touched: their incident, their responder, their device."""
    for fact in facts:
        values = fact.__dict__
        for name in ("into_call_id", "call_id"):
            call_id = values.get(name)
            if call_id is not None:
                call = state.calls.get(call_id)
                if call is not None:
                    call_sound(state, call)
                elif call_id in state.ended:
                    ended_sound(state, call_id, state.ended[call_id])
        responder_id = values.get("responder_id")
        if responder_id is not None:
            unit_sound(state, responder_id)
        device_id = values.get("device_id")
        if device_id is not None and device_id in state.devices:
            device_sound(state, device_id)


def check_all(state: EmergencyState) -> None:
    """The whole state, with the sums that are too dear for every event."""
    for call_id, call in state.calls.items():
        require(call_id == call.call_id and call_id not in state.ended, "an incident is open or ended")
        call_sound(state, call)
        require(all(state.names.get(name) == call_id for name in call.names), "every name leads to its incident")
        require(
            call.severity not in SEVERITIES or (call_id in state.short[SEVERITIES.index(call.severity)]) == call.short, "who waits is known"
        )
    require(sum(len(call.names) for call in state.calls.values()) == len(state.names), "no name leads nowhere")
    require(sum(map(len, state.short)) == sum(call.short for call in state.calls.values()), "nobody waits for nothing")
    require(all(call_id in state.calls for call_id in state.latest.values()), "no subject leads to an ended incident")
    for call_id, ended in state.ended.items():
        ended_sound(state, call_id, ended)
    require(len(state.ended_order) + len(state.callbacks) == len(state.ended), "every ended case is owed a call-back or forgotten")
    for unit_id in state.units.by_id:
        unit_sound(state, unit_id)
    for device_id in state.devices:
        device_sound(state, device_id)
    require(len(state.heartbeats) == len(state.devices), "a heartbeat is expected of every device in use, and of no other")
    living: dict[str, int] = {}
    for device in state.devices.values():
        if device.person_id is not None and state.lives(device.device_id):
            living[device.person_id] = living.get(device.person_id, 0) + 1
    require(living == state.living, "living devices are counted")
    alone = [person_id for person_id in state.covers if state.counted(person_id)]
    covered = sum(state.covered(person_id) for person_id in alone)
    require((len(alone), covered) == (state.alone, state.alone_covered), "the coverage indicator is the sum")
    require(state.heartbeats.missing == sum(owed.level > 0 for owed in state.heartbeats), "silent devices are counted")


def call_sound(state: EmergencyState, call: Call) -> None:
    """An open incident is never without a timer: its ladder, its search, and one thing for each responder (I07, E03)."""
    call_id = call.call_id
    due(state, f"ladder|{call_id}")
    if call.dispatching and not call.manual and call.missing():
        due(state, f"search|{call_id}")
    if call.called_contact is not None:
        due(state, f"contact|{call_id}")
    if call.state is not call.progress() or call.state in (CallState.NEW, CallState.CLOSED, CallState.CALLED_BACK):
        raise InvariantBroken(f"the state of incident {call_id} is not what is known of it")
    for responder_id, engagement in call.engaged.items():
        if state.units.by_id[responder_id].engaged != call_id:
            raise InvariantBroken("a responder of an incident is on that incident (E09)")
        due(state, f"{WORK_OF_LEG[engagement.leg]}|{call_id}|{responder_id}")
    if call.signals < 1 + len(call.names) - 1:
        raise InvariantBroken("an incident has no more names than signals")


def ended_sound(state: EmergencyState, call_id: str, ended: Ended) -> None:
    """A call-back that is owed has its deadline."""
    require(ended.callback == (call_id in state.callbacks), "a call-back is owed or not")
    if ended.callback:
        due(state, f"callback|{call_id}")


def unit_sound(state: EmergencyState, unit_id: str) -> None:
    """A responder is on at most one incident, which knows it (E09), and lies where it can be found exactly when it can be sent."""
    unit = state.units.by_id[unit_id]
    if unit.engaged is not None and unit_id not in state.calls[unit.engaged].engaged:
        raise InvariantBroken("an incident knows its responders")
    if not state.units.sound(unit):
        raise InvariantBroken(f"responder {unit_id} lies on the wrong shelf")


def device_sound(state: EmergencyState, device_id: str) -> None:
    """A device in use is expected to live."""
    due(state, f"heartbeat|{device_id}")


def due(state: EmergencyState, key: str) -> None:
    """Raise unless this work has its instant, or a human who owns it stuck."""
    if key not in state.deadlines and key not in state.stuck:
        raise InvariantBroken(f"nothing will ever happen about {key}")


def require(holds: bool, law: str) -> None:
    """Raise `InvariantBroken`, naming the law, unless it holds."""
    if not holds:
        raise InvariantBroken(law)
