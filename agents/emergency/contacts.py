"""The contact list of a person, called beside the dispatch: in listed order, as often as policy says, until one accepts (E-R7)."""

from agents.core import Verdict, accept, refuse
from agents.emergency.state import Call, EmergencyState
from agents.shared.calendar import MINUTE_MS, SHANGHAI_MS
from agents.shared.explanation import because
from schemas.decisions import Reasoned
from schemas.emergency import ContactAnsweredEvent, ContactResult
from schemas.emergency_facts import AccessReleased, ContactAnsweredFact, ContactCalled, ContactsExhausted
from schemas.emergency_reasons import EmergencyReason

DAY_MINUTES = 1440


def next_called(state: EmergencyState, call_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Call the next contact who is available now, or say that the list is exhausted."""
    call = state.calls[call_id]
    policy = state.policy_of(call)
    person_id = call.person_id
    assert person_id is not None
    cover = state.covers.get(person_id)
    contacts = () if cover is None else cover.contacts
    minute = (now_ms + SHANGHAI_MS) // MINUTE_MS % DAY_MINUTES
    skipped: list[str] = []
    for step in range(call.contact_step, len(contacts) * policy.contact_rounds):
        contact_id, from_minute, until_minute = contacts[step % len(contacts)]
        if not _available(minute, from_minute, until_minute):
            skipped.append(contact_id)
            continue
        fact = ContactCalled(
            call_id=call_id,
            person_id=person_id,
            contact_id=contact_id,
            round=step // len(contacts) + 1,
            step=step + 1,
            skipped=tuple(skipped),
            answer_by_ms=now_ms + policy.contact_wait_s * 1000,
        )
        return (Reasoned(fact, because("listed_order", minute=minute)),)
    return (Reasoned(ContactsExhausted(call_id=call_id, person_id=person_id, calls=call.contact_step), because("list_exhausted")),)


def _available(minute: int, from_minute: int, until_minute: int) -> bool:
    if from_minute <= until_minute:
        return from_minute <= minute < until_minute
    return minute >= from_minute or minute < until_minute


def answered(state: EmergencyState, event: ContactAnsweredEvent, _now_ms: int) -> Verdict:
    """Only a positive acceptance ends the chain, and only then is the way in shown. Whoever was called may still accept later; a
    refusal or silence counts only of the one called last."""
    data = event.data
    call = state.call(data.call_id)
    if call is None:
        return refuse(gone(state, data.call_id))
    accepted = data.result is ContactResult.ACCEPTED
    if data.contact_id != call.called_contact and not (accepted and data.contact_id in call.called):
        return refuse(EmergencyReason.UNKNOWN_CONTACT)
    if call.accepted_contact is not None:
        return refuse(EmergencyReason.ACCEPTED_ALREADY)
    assert call.person_id is not None
    fact = ContactAnsweredFact(call_id=call.call_id, person_id=call.person_id, contact_id=data.contact_id, result=data.result.value)
    if not accepted:
        return accept(fact)
    return accept(fact, *access_released(state, call, "contact", data.contact_id))


def access_released(state: EmergencyState, call: Call, to_kind: str, to_id: str) -> tuple[AccessReleased, ...]:
    """The way in, to one who has accepted and has not seen it yet (E19)."""
    cover = None if call.person_id is None else state.covers.get(call.person_id)
    if cover is None or cover.access_id is None or f"{to_kind}:{to_id}" in call.released_to:
        return ()
    fact = AccessReleased(call_id=call.call_id, person_id=cover.person_id, access_id=cover.access_id, to_kind=to_kind, to_id=to_id)
    return (fact,)


def gone(state: EmergencyState, call_id: str) -> EmergencyReason:
    """Why an incident that is not open cannot be acted on."""
    return EmergencyReason.CALL_CLOSED if call_id in state.ended else EmergencyReason.UNKNOWN_CALL
