"""The facts of an incident: what the emergency agent decided, in the past tense.

A fact carries all that ``evolve``, the projector and every other reader need, so none of them looks anything up. Instants are
milliseconds since the epoch (``*_ms``), distances metres, travel seconds. Persons, contacts and key safes appear as opaque ids
only. Responders, devices and coverage have their facts in `schemas.emergency_units_facts`.
"""

from typing import Any

from schemas.facts import Fact


class CallOpened(Fact, fact="emergency.call.opened.v1"):
    """An incident is in front of an operator. Its first seat must answer by ``step_by_ms``, else it escalates.

    ``position_from`` says whose place it is: signal, device or person (as registered); None when nobody knows one.

    ``roles`` is the required mix, one ``[role, skill...]`` a responder; ``dispatching`` says that responders are looked for without
    waiting for triage. ``signal_id`` is the call id of the signal, which differs from ``call_id`` when that one was used up.
    ``policy`` is the version the incident runs on until it ends. ``related_call_id`` is an earlier open incident of the same
    person or device, outside the merge window.
    """

    call_id: str
    signal_id: str
    channel: str
    kind: str
    severity: str
    person_id: str | None
    device_id: str | None
    lat: float | None
    lon: float | None
    position_from: str | None
    needs_review: tuple[str, ...]
    dispatching: bool
    roles: tuple[tuple[str, ...], ...]
    policy: str
    first_seat: str
    step_by_ms: int
    correlationid: str | None
    related_call_id: str | None


class CallMerged(Fact, fact="emergency.call.merged.v1"):
    """A repeated signal of the same person or device joined the one incident ``into_call_id``; ``count`` signals so far.

    ``kept`` says whether the signal's own call id is remembered as a name of the incident (only so many are). A signal that
    knows a place the incident lacked brings it along.
    """

    call_id: str
    into_call_id: str
    channel: str
    person_id: str | None
    device_id: str | None
    count: int
    kept: bool
    lat: float | None
    lon: float | None


class CallPrioritised(Fact, fact="emergency.call.prioritised.v1"):
    """The rules raised an incident: ``cause`` is ``silent`` (nobody answered or spoke: a life emergency, E14), ``signal`` (a
    stronger one joined) or ``scene`` (a responder asks for help). ``roles`` is the whole mix required now."""

    call_id: str
    cause: str
    severity: str
    kind: str
    roles: tuple[tuple[str, ...], ...]
    dispatching: bool


class CallAnsweredFact(Fact, fact="emergency.call.answered.v1"):
    """An operator has it; it must be triaged or acted on by ``step_by_ms``."""

    call_id: str
    operator_id: str
    silent: bool
    waited_ms: int
    step_by_ms: int


class CallTriagedFact(Fact, fact="emergency.call.triaged.v1"):
    """An operator judged it. ``roles`` is the whole mix required now; ``dispatching`` false calls nobody (``severity`` false).

    ``answers`` are those the triage protocol knows, each ``question:answer`` (E18); ``ignored`` those it does not. ``said`` is the
    severity the operator gave with them, ``derived`` what the answers made of it, and ``rule`` the answer that did, or that was not let
    lower a silent call; ``severity`` is ``derived``, or ``said`` when the operator had a ``severity_reason``.
    """

    call_id: str
    by: str
    severity: str
    kind: str
    needs: tuple[str, ...]
    roles: tuple[tuple[str, ...], ...]
    dispatching: bool
    lat: float | None
    lon: float | None
    step_by_ms: int
    answers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    said: str | None = None
    derived: str | None = None
    rule: str | None = None
    severity_reason: str | None = None


class CallTakenOverFact(Fact, fact="emergency.call.taken_over.v1"):
    """An operator steers it by hand (``manual``), or the rules do again (``automatic``)."""

    call_id: str
    operator_id: str
    reason: str
    control: str
    step_by_ms: int


class CallEscalated(Fact, fact="emergency.call.escalated.v1"):
    """No human act came in time: ``to`` is told. ``level`` rises by one, or the last one is ``repeated``, for ever, until a human
    acts (E03, E04). ``cause``: unanswered, untriaged, unserved, no_act, handed_over. ``suggests`` names the desk to hand over to.
    ``resumed`` says that the rules choose responders again since the operator who had taken over did nothing."""

    call_id: str
    level: int
    to: str
    cause: str
    severity: str
    person_id: str | None
    repeated: bool
    suggests: str | None
    resumed: bool
    step_by_ms: int


class CallReviewed(Fact, fact="emergency.call.reviewed.v1"):
    """The chain was looked at and is in human hands: no escalation now, the next look at ``step_by_ms``."""

    call_id: str
    state: str
    step_by_ms: int


class ResponderDispatched(Fact, fact="emergency.responder.dispatched.v1"):
    """A responder is asked to go; it must accept by ``accept_by_ms``, else the next one is asked.

    ``level`` is the round of asking (1 the first), ``circle_m`` the radius it was found in, ``data_age_s`` the age of its
    position. ``fit`` false: nobody with the skills could be found, and somebody is better than nobody. ``rested`` false: its rest
    was broken. ``override``: the operator's reason.
    """

    call_id: str
    responder_id: str
    level: int
    travel_s: int
    distance_m: int
    circle_m: int
    role: str
    severity: str
    kind: str
    person_id: str | None
    lat: float | None
    lon: float | None
    data_age_s: int
    fit: bool
    rested: bool
    accept_by_ms: int
    override: str | None = None
    reserved: bool = False
    """Taken from planned work, since nobody else within the circle could go."""


class DispatchAcceptedFact(Fact, fact="emergency.dispatch.accepted.v1"):
    """The responder goes; it must be heard of by ``watch_by_ms``."""

    call_id: str
    responder_id: str
    role: str
    waited_ms: int
    watch_by_ms: int


class DispatchEnded(Fact, fact="emergency.dispatch.ended.v1"):
    """This responder will not come: ``cause`` is declined, timeout, unheard, gone_off (its own status says so)."""

    call_id: str
    responder_id: str
    role: str
    cause: str
    reason: str | None
    round: int


class ResponderReleased(Fact, fact="emergency.responder.released.v1"):
    """The responder is free of the incident: ``cause`` is closed, triaged_false, cancelled, overridden, left_scene. ``served``:
    it had been at the scene. Its rest ends at ``rest_until_ms``."""

    call_id: str
    responder_id: str
    cause: str
    reason: str | None
    served: bool
    rest_until_ms: int


class ResponderEnRoute(Fact, fact="emergency.responder.en_route.v1"):
    """The responder has set out; it must be heard of by ``watch_by_ms``."""

    call_id: str
    responder_id: str
    watch_by_ms: int


class ResponderArrivedFact(Fact, fact="emergency.responder.arrived.v1"):
    """At the scene, ``travel_ms`` after it was asked; it checks in by ``check_by_ms``."""

    call_id: str
    responder_id: str
    travel_ms: int
    since_raised_ms: int
    check_by_ms: int


class ResponderUnheard(Fact, fact="emergency.responder.unheard.v1"):
    """Nothing came from a responder on its way for ``silent_s`` (E-R9), ``count`` times now: an operator must check."""

    call_id: str
    responder_id: str
    count: int
    silent_s: int
    watch_by_ms: int


class SceneCheckedInFact(Fact, fact="emergency.scene.checked_in.v1"):
    """The responder at the scene is well; the next word is due by ``check_by_ms``."""

    call_id: str
    responder_id: str
    check_by_ms: int


class SceneCheckMissed(Fact, fact="emergency.scene.check_missed.v1"):
    """No word from the scene in time, ``count`` times now; asked again by ``check_by_ms``, for ever."""

    call_id: str
    responder_id: str
    count: int
    check_by_ms: int


class DispatchShort(Fact, fact="emergency.dispatch.short.v1"):
    """Roles that have nobody (``roles``), each with its reason (`Shortfall`): an operator has it, and the search goes on at
    ``retry_ms``."""

    call_id: str
    severity: str
    roles: tuple[str, ...]
    reasons: tuple[str, ...]
    attempt: int
    retry_ms: int


class PreemptionSuggested(Fact, fact="emergency.dispatch.preemption_suggested.v1"):
    """A life is in danger and no free responder can fill ``role``: ``candidate_id``, on the lesser incident ``from_call_id`` and not yet
    at its scene, would be there soonest. A proposal for a human, who may send it (`emergency.dispatch.overridden.v1`): nobody is taken
    from an incident by rule. Its ``why`` names the others who could be taken, and who could not."""

    call_id: str
    candidate_id: str
    from_call_id: str
    from_severity: str
    from_leg: str
    role: str
    travel_s: int
    distance_m: int
    data_age_s: int


class SearchEnded(Fact, fact="emergency.dispatch.complete.v1"):
    """Every role of the incident has somebody."""

    call_id: str
    roles: tuple[str, ...]


class GapLeft(Fact, fact="emergency.coverage.gap_left.v1"):
    """Sending ``responder_id`` leaves fewer than ``needed`` free within ``radius_m`` of its base (E11): ``move_up`` could go there
    in ``travel_s``; ``reason``: nearest_to_spare, or nobody_to_spare when there is none."""

    call_id: str
    responder_id: str
    lat: float
    lon: float
    radius_m: int
    left: int
    needed: int
    move_up: str | None
    travel_s: int | None
    reason: str


class ContactCalled(Fact, fact="emergency.contact.called.v1"):
    """The next contact of the person's list, in listed order (E-R7), to answer by ``answer_by_ms``. ``step`` counts calls over all
    rounds; ``skipped`` were not available at this hour."""

    call_id: str
    person_id: str
    contact_id: str
    round: int
    step: int
    skipped: tuple[str, ...]
    answer_by_ms: int


class ContactAnsweredFact(Fact, fact="emergency.contact.answered.v1"):
    """What the contact said; ``accepted`` ends the chain."""

    call_id: str
    person_id: str
    contact_id: str
    result: str


class ContactsExhausted(Fact, fact="emergency.contact.exhausted.v1"):
    """The list was called as often as policy says and nobody accepted: the operators are the fallback."""

    call_id: str
    person_id: str
    calls: int


class AccessReleased(Fact, fact="emergency.access.released.v1"):
    """How to get in (an opaque reference) was shown to one who accepted, and to nobody else (E19). ``to_kind``: contact, responder."""

    call_id: str
    person_id: str
    access_id: str
    to_kind: str
    to_id: str


class CallHandedOverFact(Fact, fact="emergency.call.handed_over.v1"):
    """The incident was given to another desk with what it needs: ``eido`` is a NENA EIDO shaped object, ``summary`` the same for
    Chinese readers, in codes and values. It stays open here until closed."""

    call_id: str
    to: str
    reference: str | None
    by: str
    eido: dict[str, Any]
    summary: dict[str, Any]
    step_by_ms: int


class CallClosedFact(Fact, fact="emergency.call.closed.v1"):
    """A human ended it. The person is called back by ``callback_by_ms`` (None: the outcome asks for none)."""

    call_id: str
    outcome: str
    by: str
    channel: str
    kind: str
    severity: str
    person_id: str | None
    signals: int
    level: int
    opened_ms: int
    answered_ms: int | None
    dispatched_ms: int | None
    arrived_ms: int | None
    callback_by_ms: int | None


class CallCalledBackFact(Fact, fact="emergency.call.called_back.v1"):
    """The person was called back: the incident is at its end."""

    call_id: str
    outcome: str
    by: str
    late: bool


class CallBackMissed(Fact, fact="emergency.call.call_back_missed.v1"):
    """No call-back in time, ``count`` times now; asked again at ``next_ms``, until it happens."""

    call_id: str
    person_id: str | None
    count: int
    next_ms: int
