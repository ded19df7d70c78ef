"""The facts of incidents as rows (schemas/emergency_facts.py says what each fact means); units, devices and coverage are in
`streams.projections.emergency_units`."""

from collections.abc import Iterable
from typing import Any

import orjson

from schemas import emergency_facts as facts
from schemas.facts import Fact
from streams.projections.emergency_tables import DISPATCHES, HISTORY, INCIDENTS, UNITS
from streams.projections.emergency_units import FOLDS as UNITS_FOLDS
from streams.projections.fold import Fold, Why, json_text
from streams.projections.rows import Key, Place, Row, Rows, Table

ON_THE_WAY = ("on_scene", "en_route", "accepted", "dispatched")
_LEG_STATE = {"on_scene": "on_scene", "en_route": "en_route", "accepted": "accepted", "asked": "dispatched"}


def _incident(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((INCIDENTS, (fact.call_id, place.area)),)


def _joined(place: Place, fact: facts.CallMerged) -> Iterable[tuple[Table, Key]]:
    return ((INCIDENTS, (fact.into_call_id, place.area)),)


def _engagement(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return (
        (INCIDENTS, (fact.call_id, place.area)),
        (DISPATCHES, (fact.call_id, place.area, fact.responder_id)),
        (UNITS, (place.area, fact.responder_id)),
    )


def _state(row: Row) -> str:
    """How far help has come, from what the facts said of hand-over, responders, judgement and answer."""
    if row["handed_to"] is not None:
        return "handed_over"
    states = {_LEG_STATE[leg] for leg in orjson.loads(row["engaged"]).values()}
    if row["served"]:
        states.add("on_scene")
    for state in ON_THE_WAY:
        if state in states:
            return state
    if row["triaged"]:
        return "triaged"
    return "received" if row["answered_ms"] is None else "answered"


def _change(rows: Rows, place: Place, call_id: str, **values: Any) -> Row:
    """The incident with these values, its state following from them."""
    key = (call_id, place.area)
    changed = rows.change(INCIDENTS, key, changed_ms=place.at_ms, **values)
    if changed["closed_ms"] is None:
        return rows.change(INCIDENTS, key, state=_state(changed))
    return changed


def _shown(fact: Fact) -> dict[str, Any]:
    """The fact as the history shows it: the way in stays with those who accepted (E19)."""
    return {name: value for name, value in fact.__dict__.items() if name != "access_id"}


def _told(rows: Rows, place: Place, call_id: str, fact: Fact, why: Why | None) -> None:
    """One more line of the incident's history."""
    row: Row = {
        "area": place.area, "call_id": call_id, "partition": place.partition, "journal_offset": place.offset,
        "record_index": place.record_index, "fact_index": place.fact_index, "at_ms": place.at_ms, "fact_type": fact.type,
        "data": json_text(_shown(fact)), "why": json_text(why), "event_id": place.event_id,
    }  # fmt: skip
    rows.append(HISTORY, row)


def _opened(rows: Rows, place: Place, fact: facts.CallOpened, why: Why | None) -> None:
    row: Row = {
        **dict.fromkeys(INCIDENTS.columns), "area": place.area, "call_id": fact.call_id, "signal_id": fact.signal_id,
        "state": "received", "channel": fact.channel, "kind": fact.kind, "severity": fact.severity, "level": 0,
        "told": fact.first_seat, "person_id": fact.person_id, "device_id": fact.device_id, "lat": fact.lat, "lon": fact.lon,
        "position_from": fact.position_from, "needs_review": json_text(fact.needs_review), "dispatching": fact.dispatching,
        "manual": False, "triaged": False, "roles": json_text(fact.roles), "engaged": "{}", "served": 0, "short_roles": "[]",
        "signals": 1, "related_call_id": fact.related_call_id, "correlationid": fact.correlationid, "policy": fact.policy,
        "opened_ms": place.at_ms, "step_by_ms": fact.step_by_ms, "changed_ms": place.at_ms, "event_id": place.event_id,
    }  # fmt: skip
    rows.put(INCIDENTS, (fact.call_id, place.area), row)
    _told(rows, place, fact.call_id, fact, why)


def _merged(rows: Rows, place: Place, fact: facts.CallMerged, why: Why | None) -> None:
    row = _change(rows, place, fact.into_call_id, signals=fact.count)
    if row["lat"] is None and fact.lat is not None:
        _change(rows, place, fact.into_call_id, lat=fact.lat, lon=fact.lon, position_from="signal")
    _told(rows, place, fact.into_call_id, fact, why)


def _prioritised(rows: Rows, place: Place, fact: facts.CallPrioritised, why: Why | None) -> None:
    values = {"severity": fact.severity, "kind": fact.kind, "roles": json_text(fact.roles), "dispatching": fact.dispatching}
    _change(rows, place, fact.call_id, **values)
    _told(rows, place, fact.call_id, fact, why)


def _answered_at(rows: Rows, place: Place, call_id: str) -> int:
    row = rows.get(INCIDENTS, (call_id, place.area))
    return place.at_ms if row is None or row["answered_ms"] is None else int(row["answered_ms"])


def _answered(rows: Rows, place: Place, fact: facts.CallAnsweredFact, why: Why | None) -> None:
    _change(rows, place, fact.call_id, answered_ms=place.at_ms, operator_id=fact.operator_id, step_by_ms=fact.step_by_ms)
    _told(rows, place, fact.call_id, fact, why)


def _triaged(rows: Rows, place: Place, fact: facts.CallTriagedFact, why: Why | None) -> None:
    _change(
        rows, place, fact.call_id, triaged=True, severity=fact.severity, kind=fact.kind, roles=json_text(fact.roles),
        dispatching=fact.dispatching, lat=fact.lat, lon=fact.lon, step_by_ms=fact.step_by_ms,
        answered_ms=_answered_at(rows, place, fact.call_id), **({} if fact.dispatching else {"short_roles": "[]"}),
    )  # fmt: skip
    _told(rows, place, fact.call_id, fact, why)


def _taken_over(rows: Rows, place: Place, fact: facts.CallTakenOverFact, why: Why | None) -> None:
    _change(
        rows, place, fact.call_id, operator_id=fact.operator_id, manual=fact.control == "manual", step_by_ms=fact.step_by_ms,
        answered_ms=_answered_at(rows, place, fact.call_id),
    )  # fmt: skip
    _told(rows, place, fact.call_id, fact, why)


def _escalated(rows: Rows, place: Place, fact: facts.CallEscalated, why: Why | None) -> None:
    values: dict[str, Any] = {"level": fact.level, "told": fact.to, "suggests": fact.suggests, "step_by_ms": fact.step_by_ms}
    _change(rows, place, fact.call_id, **values, **({"manual": False} if fact.resumed else {}))
    _told(rows, place, fact.call_id, fact, why)


def _reviewed(rows: Rows, place: Place, fact: facts.CallReviewed, why: Why | None) -> None:
    _change(rows, place, fact.call_id, step_by_ms=fact.step_by_ms)
    _told(rows, place, fact.call_id, fact, why)


def _engaged(row: Row, responder_id: str, leg: str | None) -> str | None:
    """Who is on the incident, with this responder's leg changed (None: it is off it)."""
    legs: dict[str, str] = orjson.loads(row["engaged"])
    if leg is None:
        legs.pop(responder_id, None)
    else:
        legs[responder_id] = leg
    return json_text(legs)


def _current(rows: Rows, place: Place, call_id: str) -> Row:
    row = rows.get(INCIDENTS, (call_id, place.area))
    if row is None:
        raise KeyError("a fact of an incident that was never opened")
    return row


def _dispatched(rows: Rows, place: Place, fact: facts.ResponderDispatched, why: Why | None) -> None:
    key = (fact.call_id, place.area, fact.responder_id)
    before = rows.get(DISPATCHES, key)
    row: Row = {
        **dict.fromkeys(DISPATCHES.columns), "area": place.area, "call_id": fact.call_id, "responder_id": fact.responder_id,
        "times": 1 if before is None else before["times"] + 1, "leg": "asked", "role": fact.role, "level": fact.level,
        "travel_s": fact.travel_s, "distance_m": fact.distance_m, "circle_m": fact.circle_m, "data_age_s": fact.data_age_s,
        "fit": fact.fit, "rested": fact.rested, "override": fact.override, "why": json_text(why), "asked_ms": place.at_ms,
        "accept_by_ms": fact.accept_by_ms, "unheard": 0, "event_id": place.event_id,
    }  # fmt: skip
    rows.put(DISPATCHES, key, row)
    incident = _current(rows, place, fact.call_id)
    first = incident["dispatched_ms"] or place.at_ms
    _change(rows, place, fact.call_id, engaged=_engaged(incident, fact.responder_id, "asked"), dispatched_ms=first)
    rows.change(UNITS, (place.area, fact.responder_id), call_id=fact.call_id)
    _told(rows, place, fact.call_id, fact, why)


def _leg(rows: Rows, place: Place, fact: Any, leg: str, column: str) -> None:
    """A responder gets further; the incident notes when the first one did."""
    rows.change(DISPATCHES, (fact.call_id, place.area, fact.responder_id), leg=leg, **{column: place.at_ms})
    incident = _current(rows, place, fact.call_id)
    values: dict[str, Any] = {"engaged": _engaged(incident, fact.responder_id, leg)}
    if column in INCIDENTS.columns:
        values[column] = place.at_ms if incident[column] is None else incident[column]
    _change(rows, place, fact.call_id, **values)


def _accepted(rows: Rows, place: Place, fact: facts.DispatchAcceptedFact, why: Why | None) -> None:
    _leg(rows, place, fact, "accepted", "accepted_ms")
    _told(rows, place, fact.call_id, fact, why)


def _en_route(rows: Rows, place: Place, fact: facts.ResponderEnRoute, why: Why | None) -> None:
    _leg(rows, place, fact, "en_route", "en_route_ms")
    _told(rows, place, fact.call_id, fact, why)


def _arrived(rows: Rows, place: Place, fact: facts.ResponderArrivedFact, why: Why | None) -> None:
    _leg(rows, place, fact, "on_scene", "arrived_ms")
    _told(rows, place, fact.call_id, fact, why)


def _off(rows: Rows, place: Place, fact: Any, leg: str, rest_until_ms: int, *, served: bool) -> None:
    """A responder leaves the incident."""
    rows.change(DISPATCHES, (fact.call_id, place.area, fact.responder_id), leg=leg, cause=fact.cause, ended_ms=place.at_ms)
    incident = _current(rows, place, fact.call_id)
    _change(rows, place, fact.call_id, engaged=_engaged(incident, fact.responder_id, None), served=incident["served"] + int(served))
    key = (place.area, fact.responder_id)
    unit = rows.get(UNITS, key)
    if unit is None:
        raise KeyError("a fact of a responder that was never listed")
    # One that was moving or at the scene can be sent again; what it said of resting or going off stands.
    status = unit["status"] if unit["status"] in ("resting", "off") else "available"
    rows.change(UNITS, key, call_id=None, status=status, rest_until_ms=max(rest_until_ms, unit["rest_until_ms"]))


def _dispatch_ended(rows: Rows, place: Place, fact: facts.DispatchEnded, why: Why | None) -> None:
    _off(rows, place, fact, "ended", 0, served=False)
    _told(rows, place, fact.call_id, fact, why)


def _released(rows: Rows, place: Place, fact: facts.ResponderReleased, why: Why | None) -> None:
    _off(rows, place, fact, "released", fact.rest_until_ms, served=fact.served)
    _told(rows, place, fact.call_id, fact, why)


def _unheard(rows: Rows, place: Place, fact: facts.ResponderUnheard | facts.SceneCheckMissed, why: Why | None) -> None:
    rows.change(DISPATCHES, (fact.call_id, place.area, fact.responder_id), unheard=fact.count)
    _told(rows, place, fact.call_id, fact, why)


def _checked_in(rows: Rows, place: Place, fact: facts.SceneCheckedInFact, why: Why | None) -> None:
    rows.change(DISPATCHES, (fact.call_id, place.area, fact.responder_id), unheard=0, checked_ms=place.at_ms)
    _told(rows, place, fact.call_id, fact, why)


def _short(rows: Rows, place: Place, fact: facts.DispatchShort, why: Why | None) -> None:
    _change(rows, place, fact.call_id, short_roles=json_text(list(zip(fact.roles, fact.reasons, strict=True))))
    _told(rows, place, fact.call_id, fact, why)


def _complete(rows: Rows, place: Place, fact: facts.SearchEnded, why: Why | None) -> None:
    _change(rows, place, fact.call_id, short_roles="[]")
    _told(rows, place, fact.call_id, fact, why)


def _only_told(rows: Rows, place: Place, fact: Any, why: Why | None) -> None:
    _told(rows, place, fact.call_id, fact, why)


def _contact_answered(rows: Rows, place: Place, fact: facts.ContactAnsweredFact, why: Why | None) -> None:
    if fact.result == "accepted":
        _change(rows, place, fact.call_id, contact_id=fact.contact_id)
    _told(rows, place, fact.call_id, fact, why)


def _handed_over(rows: Rows, place: Place, fact: facts.CallHandedOverFact, why: Why | None) -> None:
    _change(
        rows, place, fact.call_id, handed_to=fact.to, reference=fact.reference, handed_ms=place.at_ms, step_by_ms=fact.step_by_ms,
        answered_ms=_answered_at(rows, place, fact.call_id),
    )  # fmt: skip
    _told(rows, place, fact.call_id, fact, why)


def _closed(rows: Rows, place: Place, fact: facts.CallClosedFact, why: Why | None) -> None:
    _change(
        rows, place, fact.call_id, state="closed", outcome=fact.outcome, closed_ms=place.at_ms, step_by_ms=None,
        callback_by_ms=fact.callback_by_ms, short_roles="[]",
    )  # fmt: skip
    _told(rows, place, fact.call_id, fact, why)


def _called_back(rows: Rows, place: Place, fact: facts.CallCalledBackFact, why: Why | None) -> None:
    _change(rows, place, fact.call_id, state="called_back", outcome=fact.outcome, called_back_ms=place.at_ms)
    _told(rows, place, fact.call_id, fact, why)


FOLDS: dict[type[Fact], Fold] = {
    **UNITS_FOLDS,
    facts.CallOpened: Fold(_opened),
    facts.CallMerged: Fold(_merged, _joined),
    facts.CallPrioritised: Fold(_prioritised, _incident),
    facts.CallAnsweredFact: Fold(_answered, _incident),
    facts.CallTriagedFact: Fold(_triaged, _incident),
    facts.CallTakenOverFact: Fold(_taken_over, _incident),
    facts.CallEscalated: Fold(_escalated, _incident),
    facts.CallReviewed: Fold(_reviewed, _incident),
    facts.ResponderDispatched: Fold(_dispatched, _engagement),
    facts.DispatchAcceptedFact: Fold(_accepted, _engagement),
    facts.ResponderEnRoute: Fold(_en_route, _engagement),
    facts.ResponderArrivedFact: Fold(_arrived, _engagement),
    facts.DispatchEnded: Fold(_dispatch_ended, _engagement),
    facts.ResponderReleased: Fold(_released, _engagement),
    facts.ResponderUnheard: Fold(_unheard, _engagement),
    facts.SceneCheckMissed: Fold(_unheard, _engagement),
    facts.SceneCheckedInFact: Fold(_checked_in, _engagement),
    facts.DispatchShort: Fold(_short, _incident),
    facts.SearchEnded: Fold(_complete, _incident),
    facts.GapLeft: Fold(_only_told),
    facts.PreemptionSuggested: Fold(_only_told),
    facts.ContactCalled: Fold(_only_told),
    facts.ContactAnsweredFact: Fold(_contact_answered, _incident),
    facts.ContactsExhausted: Fold(_only_told),
    facts.AccessReleased: Fold(_only_told),
    facts.CallHandedOverFact: Fold(_handed_over, _incident),
    facts.CallClosedFact: Fold(_closed, _incident),
    facts.CallCalledBackFact: Fold(_called_back, _incident),
    facts.CallBackMissed: Fold(_only_told),
}

NOT_PROJECTED: dict[type[Fact], str] = {}
