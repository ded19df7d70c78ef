"""The small steps that `evolve` writes facts with, each keeping deadlines and indexes right."""

from agents.emergency.state import SEVERITIES, Call, EmergencyState, Engagement
from agents.emergency.states import LEGS, MOVES, CallState, Leg
from agents.shared.nearest import Point
from agents.shared.responders import R_RESERVED, R_REST, Ask, Unit
from schemas.emergency_reasons import EmergencyRule

AT_ONCE_MS = {"life": 1, "urgent": 2, "help": 3}
"""Instants before every real one: work that is due now goes before any backlog, by severity (E1)."""


def move(call: Call, to: CallState) -> None:
    """Change the state of an incident, by the table of moves (I06); staying is no move."""
    if call.state is not to:
        assert (call.state._value_, to._value_) in MOVES, f"an incident never goes from {call.state} to {to}"
        call.state = to


def move_leg(engagement: Engagement, to: Leg) -> None:
    """A responder gets further, by its own table."""
    assert to in LEGS[engagement.leg], f"a responder never goes from {engagement.leg} to {to}"
    engagement.leg = to


def at_once(call: Call) -> int:
    """The instant of work to be done now for this incident."""
    return AT_ONCE_MS.get(call.severity, 3)


def want(state: EmergencyState, call: Call) -> None:
    """Look for somebody now, when the rules choose and a role has nobody; else stop looking."""
    key = f"search|{call.call_id}"
    if call.dispatching and not call.manual and call.missing():
        if key not in state.stuck:
            state.deadlines.set(key, at_once(call))
    else:
        forget_work(state, key)
        set_short(state, call, False)


def set_short(state: EmergencyState, call: Call, short: bool) -> None:
    """Whether the incident waits for somebody to become free."""
    if short != call.short:
        call.short = short
        place = state.short[SEVERITIES.index(call.severity)]
        if short:
            place[call.call_id] = None
        else:
            del place[call.call_id]


def set_severity(state: EmergencyState, call: Call, severity: str) -> None:
    """Judge an incident anew; what waits, waits in its new place."""
    short = call.short
    set_short(state, call, False)
    call.severity = severity
    if short and severity in SEVERITIES:
        set_short(state, call, True)


def wake_waiting(state: EmergencyState, unit: Unit, now_ms: int, leaving: str | None = None) -> None:
    """This responder can be sent, or has come nearer: of the incidents that wait for somebody it fits, the oldest of the gravest looks
    again at once. One it does not fit takes no turn from the others, nor does one that looks anyway; ``leaving`` is the incident it
    leaves as that ends. The search may find somebody sooner there than this one: then `wake_next` goes on."""
    state.woken.pop(unit.place_id, None)
    _wake(state, unit, (), now_ms, leaving)


def wake_next(state: EmergencyState, call_id: str, now_ms: int) -> None:
    """This incident has looked. Those who woke it and are free all the same wake the next that waits."""
    for unit_id, tried in list(state.woken.items()) if state.woken else ():
        if tried[-1] == call_id:
            del state.woken[unit_id]
            unit = state.units.by_id[unit_id]
            if unit.shelf is not None:
                _wake(state, unit, tried, now_ms, None)


def _wake(state: EmergencyState, unit: Unit, tried: tuple[str, ...], now_ms: int, leaving: str | None) -> None:
    for place in state.short:
        for call_id in place:
            key = f"search|{call_id}"
            when_ms = state.deadlines.when(key)
            if call_id == leaving or call_id in tried or when_ms is None or when_ms <= AT_ONCE_MS["help"]:
                continue
            call = state.calls[call_id]
            if could_go(state, call, unit, now_ms):
                state.deadlines.set(key, at_once(call))
                state.woken[unit.place_id] = (*tried, call_id)
                return


def could_go(state: EmergencyState, call: Call, unit: Unit, now_ms: int) -> bool:
    """Whether a search of this incident may send this responder: a role it can fill, or somebody at all where nobody is; near enough, with
    a position that counts, not one that said no, and in rest only where policy breaks rests."""
    policy = state.policy_of(call)
    if call.lat is None or call.lon is None or call.asked.get(unit.place_id) == EmergencyRule.DECLINED_BEFORE.value:
        return False
    skills = set(unit.skills)
    if not (policy.stopgap and call.alone()) and not any(skills.issuperset(role[1:]) for role in call.missing()):
        return False
    point, within_m = Point(call.lat, call.lon), policy.circles_m[-1]
    distance_m = point.distance_m(unit)
    if distance_m > within_m:
        return False
    travel_s = state.units.travel.travel_s(unit.kind, distance_m)
    rule = state.units.ruled_out(unit, Ask(point, (), within_m, {}, True), travel_s, now_ms)
    return rule in (None, R_RESERVED) or (rule == R_REST and not policy.rest_excluded)


def call_contacts(state: EmergencyState, call: Call) -> None:
    """Begin the person's contact list, once, beside the dispatch (E12)."""
    if call.dispatching and call.contact_step == 0 and call.person_id is not None and call.accepted_contact is None:
        cover = state.covers.get(call.person_id)
        key = f"contact|{call.call_id}"
        if cover is not None and cover.contacts and state.policy_of(call).contact_rounds and key not in state.stuck:
            state.deadlines.set(key, at_once(call))


def name_of(state: EmergencyState, call: Call, call_id: str) -> None:
    """Know the incident by this call id too."""
    if call_id not in state.calls and call_id not in state.names:
        call.names.append(call_id)
        state.names[call_id] = call.call_id


def arm(state: EmergencyState, key: str, when_ms: int) -> None:
    """Work under this key is due then, even if it had got stuck before."""
    if state.stuck:
        state.stuck.pop(key, None)
    state.deadlines.set(key, when_ms)


def forget_work(state: EmergencyState, key: str) -> None:
    """Nothing is to be done under this key any more, stuck or not."""
    state.deadlines.clear(key)
    state.stuck.pop(key, None)


def leave(state: EmergencyState, call: Call, responder_id: str, rest_until_ms: int) -> bool:
    """A responder leaves the incident; returns whether it can be sent again at once."""
    del call.engaged[responder_id]
    for work in ("ask", "watch", "check"):
        forget_work(state, f"{work}|{call.call_id}|{responder_id}")
    return state.units.disengage(state.units.by_id[responder_id], rest_until_ms)
