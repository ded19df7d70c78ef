# ruff: noqa: ARG005, E501 - a planted mistake has the shape of what it replaces; one row a mistake
"""Mistakes in the rules of emergency, each as somebody might really make it."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from agents.core import accept, refuse
from agents.emergency import calls, contacts, devices, domain, escalation, evolve, evolve_base, operators, seek, snapshot
from agents.emergency.decide import ANSWERS
from agents.emergency.evolve import WRITERS
from agents.emergency.state import Call
from agents.emergency.steps import arm, at_once, could_go, want
from agents.shared.obligation import Obligations
from agents.shared.responders import R_ENGAGED, R_RESERVED, R_REST, R_STALE, Units
from agents.shared.travel import Travel
from schemas import emergency as words
from schemas import emergency_facts as facts
from schemas.decisions import Reasoned
from schemas.emergency_facts import AccessReleased, CallClosedFact
from schemas.emergency_units_facts import DeviceListed
from tests.simulation.planted.kind import Patch, Planted, instead

QUICK: dict[str, Any] = {"own": {"slow_percent": 0, "flood": 0}, "span_ms": 6 * 3_600_000, "areas": ("3101",)}
"""A region by the documented defaults, for some hours."""


def _after(fact: Any, then: Callable[[Any, Any, int], None]) -> list[Patch]:
    """Something more, or less, is written with this fact."""

    def make(writer: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            writer(state, fact, now_ms)
            then(state, fact, now_ms)

        return wrapped

    return [patch.dict(WRITERS, {fact: make(WRITERS[fact])})]


def _answer(event: Any, make: Callable[[Any], Any]) -> list[Patch]:
    """This event is answered otherwise."""
    return [patch.dict(ANSWERS, {event: make(ANSWERS[event])})]


def _not_ruled_out(*rules: str) -> list[Patch]:
    def make(ruled_out: Any) -> Any:
        def wrapped(self: Any, *args: Any) -> Any:
            rule = ruled_out(self, *args)
            return None if rule in rules else rule

        return wrapped

    return [instead(Units, "ruled_out", make)]


def _escalation_stops() -> list[Patch]:
    return _after(facts.CallEscalated, lambda state, fact, _: state.deadlines.clear(f"ladder|{fact.call_id}") if fact.repeated else None)


def _level_skipped() -> list[Patch]:
    def make(laddered: Any) -> Any:
        def wrapped(state: Any, call_id: str, now_ms: int) -> Any:
            first, *rest = laddered(state, call_id, now_ms)
            call = state.calls[call_id]
            if isinstance(first.fact, facts.CallEscalated) and call.level == 0 and len(state.policy_of(call).ladder) > 1:
                step = state.policy_of(call).ladder[1]
                first = Reasoned(first.fact.model_copy(update={"level": 2, "to": step.to}), first.why)
            return (first, *rest)

        return wrapped

    def write(state: Any, fact: Any, now_ms: int) -> None:
        state.calls[fact.call_id].level = fact.level
        arm(state, f"ladder|{fact.call_id}", fact.step_by_ms)

    return [instead(escalation, "laddered", make), patch.dict(WRITERS, {facts.CallEscalated: write})]


def _level_falls() -> list[Patch]:
    return _after(facts.CallAnsweredFact, lambda state, fact, _: setattr(state.calls[fact.call_id], "level", 0))


def _lost_on_load(work: str) -> list[Patch]:
    def make(take: Any) -> Any:
        return lambda state, row: None if row[0] == "deadline" and row[1].startswith(work) else take(state, row)

    return [instead(snapshot, "_take", make)]


def _joins_later() -> list[Patch]:
    def make(repeats: Any) -> Any:
        return lambda state, data, subject, now_ms: repeats(state, data, subject, now_ms - 3_600_000)

    return [instead(calls, "_repeats", make)]


def _never_joins() -> list[Patch]:
    return [patch.object(calls, "_repeats", lambda state, data, subject, now_ms: None)]


def _sent_twice() -> list[Patch]:
    def engage(self: Units, unit: Any, case_id: str) -> None:
        unit.engaged = case_id
        self._reshelve(unit)

    return [*_not_ruled_out(R_ENGAGED), patch.object(Units, "engage", engage)]


def _asks_shortly() -> list[Patch]:
    def then(state: Any, fact: Any, now_ms: int) -> None:
        state.deadlines.set(f"ask|{fact.call_id}|{fact.responder_id}", now_ms + 1000)

    return _after(facts.ResponderDispatched, then)


def _closes_itself() -> list[Patch]:
    def make(laddered: Any) -> Any:
        def wrapped(state: Any, call_id: str, now_ms: int) -> Any:
            call = state.calls[call_id]
            made = laddered(state, call_id, now_ms)
            if call.engaged or call.tasks or call.level < 3:
                return made
            closed = CallClosedFact(
                call_id=call_id, outcome="unfounded", by="system:rules", channel=call.channel, kind=call.kind, severity=call.severity,
                person_id=call.person_id, signals=call.signals, level=call.level, opened_ms=call.opened_ms, answered_ms=call.answered_ms,
                dispatched_ms=call.dispatched_ms, arrived_ms=call.arrived_ms, callback_by_ms=None,
            )  # fmt: skip
            return (Reasoned(closed),)

        return wrapped

    return [instead(escalation, "laddered", make)]


def _shown_to_the_called() -> list[Patch]:
    def make(next_called: Any) -> Any:
        def wrapped(state: Any, call_id: str, now_ms: int) -> Any:
            made = next_called(state, call_id, now_ms)
            fact, call = made[0].fact, state.calls[call_id]
            cover = state.covers.get(call.person_id)
            if not isinstance(fact, facts.ContactCalled) or cover is None or cover.access_id is None:
                return made
            shown = AccessReleased(
                call_id=call_id, person_id=fact.person_id, access_id=cover.access_id, to_kind="contact", to_id=fact.contact_id
            )
            return (*made, Reasoned(shown))

        return wrapped

    return [instead(contacts, "next_called", make)]


def _unknown_device_refused() -> list[Patch]:
    def make(raised: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            device_id = event.data.device_id
            return refuse("unknown_device") if device_id is not None and device_id not in state.devices else raised(state, event, now_ms)

        return wrapped

    return _answer(words.CallRaisedEvent, make)


def _ack_of_another() -> list[Patch]:
    def make(answered: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            if state.call(event.data.call_id) is None and state.calls:
                data = event.data.model_copy(update={"call_id": next(reversed(state.calls))})
                event = event.model_copy(update={"data": data})
            return answered(state, event, now_ms)

        return wrapped

    return _answer(words.CallAnsweredEvent, make)


def _anybody_closes() -> list[Patch]:
    return _answer(
        words.CallClosedEvent,
        lambda closed: lambda state, event, now_ms: closed(state, event.model_copy(update={"actor": "operator:op-9"}), now_ms),
    )


def _slowest_first() -> list[Patch]:
    def make(soonest_first: Any) -> Any:
        return lambda self, *args: iter(sorted(soonest_first(self, *args), key=lambda found: found[:3], reverse=True))

    return [instead(Travel, "soonest_first", make)]


def _all_walk() -> list[Patch]:
    return [instead(Travel, "way", lambda way: lambda self, kind: self.other)]


def _searched_once() -> list[Patch]:
    return _after(facts.DispatchShort, lambda state, fact, _: state.deadlines.clear(f"search|{fact.call_id}"))


def _silence_is_nothing() -> list[Patch]:
    def make(laddered: Any) -> Any:
        return lambda state, call_id, now_ms: laddered(state, call_id, now_ms)[:1]

    return [instead(escalation, "laddered", make)]


def _second_acceptance_taken() -> list[Patch]:
    def make(accepted: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            verdict = accepted(state, event, now_ms)
            return accept() if verdict.reason in ("accepted_already", "not_dispatched") else verdict

        return wrapped

    return _answer(words.DispatchAcceptedEvent, make)


def _answers_lower_the_silent() -> list[Patch]:
    return [instead(operators, "derived", lambda derived: lambda *args, silent: derived(*args, silent=False))]


def _answers_stop_the_chain() -> list[Patch]:
    def make(derived: Any) -> Any:
        def wrapped(*args: Any, silent: bool) -> Any:
            found = derived(*args, silent=silent)
            return found._replace(severity="false") if found.severity == "help" and found.rule is not None else found

        return wrapped

    return [instead(operators, "derived", make)]


def _answers_are_nothing() -> list[Patch]:
    def make(derived: Any) -> Any:
        return lambda *args, silent: derived(*args, silent=silent)._replace(severity=args[3])

    return [instead(operators, "derived", make)]


def _no_call_back() -> list[Patch]:
    def make(closed: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            verdict = closed(state, event, now_ms)
            if not verdict.facts:
                return verdict
            *before, last = verdict.facts
            return accept(*before, Reasoned(last.fact.model_copy(update={"callback_by_ms": None}), last.why))

        return wrapped

    return _answer(words.CallClosedEvent, make)


def _silent_device_forgotten() -> list[Patch]:
    return _after(DeviceListed, lambda state, fact, _: state.deadlines.clear(f"heartbeat|{fact.device_id}"))


def _manual_is_nothing() -> list[Patch]:
    def then(state: Any, fact: Any, now_ms: int) -> None:
        state.calls[fact.call_id].manual = False
        want(state, state.calls[fact.call_id])

    return _after(facts.CallTakenOverFact, then)


def _heartbeat_is_no_recovery() -> list[Patch]:
    def seen(self: Obligations, about: str, now_ms: int, due_ms: int) -> None:
        owed = self._owed[about]
        owed.seen_ms = now_ms
        self._deadlines.set(owed.key, due_ms)

    return [patch.object(Obligations, "seen", seen)]


def _nobody_told_of_shortage() -> list[Patch]:
    def make(fire: Any) -> Any:
        def wrapped(self: Any, state: Any, key: str, now_ms: int) -> Any:
            made = fire(self, state, key, now_ms)
            return tuple(one for one in made if getattr(one.fact, "kind", None) != "no_responder")

        return wrapped

    return [instead(domain.Emergency, "fire", make)]


def _mix_forgotten() -> list[Patch]:
    return [instead(Call, "missing", lambda missing: lambda self: missing(self)[:1] if self.alone() else ())]


def _wakes(choose: Callable[[Any, Any, int], Any]) -> list[Patch]:
    """Who becomes free wakes another incident."""

    def wake(state: Any, unit: Any, now_ms: int, leaving: str | None = None) -> None:
        call = choose(state, unit, now_ms)
        if call is not None and call.call_id != leaving and f"search|{call.call_id}" in state.deadlines:
            state.deadlines.set(f"search|{call.call_id}", at_once(call))

    return [patch.object(evolve, "wake_waiting", wake), patch.object(evolve_base, "wake_waiting", wake)]


def _wakes_the_first() -> list[Patch]:
    return _wakes(lambda state, *_: next((state.calls[call_id] for place in state.short for call_id in place), None))


def _wakes_the_lesser() -> list[Patch]:
    def choose(state: Any, unit: Any, now_ms: int) -> Any:
        waiting = [state.calls[call_id] for place in reversed(state.short) for call_id in place]
        return next((call for call in waiting if could_go(state, call, unit, now_ms)), None)

    return _wakes(choose)


def _suggests_from_the_scene() -> list[Patch]:
    def make(suggested: Any) -> Any:
        def wrapped(state: Any, call: Any, *args: Any) -> Any:
            made = suggested(state, call, *args)
            there = [
                (unit_id, other) for other in state.calls.values() for unit_id, one in other.engaged.items()
                if other is not call and one.leg.value == "on_scene"
            ]  # fmt: skip
            if not made or not there:
                return made
            values = {"candidate_id": there[0][0], "from_call_id": there[0][1].call_id, "from_leg": "on_scene"}
            return (Reasoned(made[0].fact.model_copy(update=values), made[0].why),)

        return wrapped

    return [instead(seek, "suggested", make)]


MISTAKES = (
    Planted("escalation_stops", "the last level is told once more and never again", _escalation_stops, frozenset({"E03", "I07"}), silent=True, domain="emergency"),
    Planted("level_skipped", "the second level is told first", _level_skipped, frozenset({"E04"}), domain="emergency"),
    Planted("level_falls", "an answer takes the chain back to its beginning", _level_falls, frozenset({"E04"}), domain="emergency"),
    Planted("ladder_lost_in_snapshot", "a snapshot forgets when the chain goes on", lambda: _lost_on_load("ladder|"), frozenset({"E03", "I07", "L01"}), {"snapshot_every": 15, "faults_on": ("crash_now",)}, silent=True, domain="emergency"),
    Planted("watch_lost_in_snapshot", "a snapshot forgets who is awaited", lambda: _lost_on_load("ask|"), frozenset({"I07", "L01"}), {"snapshot_every": 15, "faults_on": ("crash_now",)}, silent=True, domain="emergency"),
    Planted("joins_another_person", "another person's press joins the incident", lambda: [patch.object(calls, "_same_subject", lambda *_: True)], frozenset({"E06"}), domain="emergency"),
    Planted("joins_outside_the_window", "a press an hour later joins an old incident", _joins_later, frozenset({"E06"}), domain="emergency"),
    Planted("never_joins", "each press of one device is an incident", _never_joins, frozenset({"E06"}), domain="emergency"),
    Planted("stale_responder_sent", "who has not said for long where he is, is sent", lambda: _not_ruled_out(R_STALE), frozenset({"NEAREST"}), QUICK, domain="emergency"),
    Planted("rest_ignored", "who rests is sent before who does not", lambda: _not_ruled_out(R_REST), frozenset({"NEAREST"}), domain="emergency"),
    Planted("reservation_ignored", "who is kept for planned work is sent like anybody", lambda: _not_ruled_out(R_RESERVED), frozenset({"NEAREST"}), domain="emergency"),
    Planted("responder_sent_twice", "one responder is sent to two incidents", _sent_twice, frozenset({"E09", "NEAREST"}), silent=True, domain="emergency"),
    Planted("slowest_first", "whoever takes longest is sent", _slowest_first, frozenset({"NEAREST"}), domain="emergency"),
    Planted("all_walk", "the speed of a mode is forgotten", _all_walk, frozenset({"NEAREST", "E02"}), domain="emergency"),
    Planted("asked_for_a_second", "a responder has a second to accept", _asks_shortly, frozenset({"T02"}), domain="emergency"),
    Planted("closes_itself", "an incident that nobody answers is closed by the rules", _closes_itself, frozenset({"E08", "E05"}), silent=True, domain="emergency"),
    Planted("shown_to_the_called", "the way in is shown to who was only called", _shown_to_the_called, frozenset({"E19"}), domain="emergency"),
    Planted("unknown_device_refused", "the call of a device nobody registered is refused", _unknown_device_refused, frozenset({"E01"}), domain="emergency"),
    Planted("ack_of_another", "an answer that comes too late is taken for another incident's", _ack_of_another, frozenset({"E05"}), domain="emergency"),
    Planted("anybody_closes", "a device may close an incident", _anybody_closes, frozenset({"E05"}), domain="emergency"),
    Planted("searched_once", "who found nobody is not looked for again", _searched_once, frozenset({"E02", "I07"}), silent=True, domain="emergency"),
    Planted("silence_is_nothing", "silence makes no life emergency", _silence_is_nothing, frozenset({"E14"}), domain="emergency"),
    Planted("answers_are_nothing", "what the person answers changes no priority", _answers_are_nothing, frozenset({"E18"}), domain="emergency"),
    Planted("answers_stop_the_chain", "an answer that asks for a hand only calls everybody off", _answers_stop_the_chain, frozenset({"E18"}), domain="emergency"),
    Planted("answers_lower_the_silent", "an answer makes a call lighter that nobody has been heard on", _answers_lower_the_silent, frozenset({"E18"}), silent=True, domain="emergency"),
    Planted("second_acceptance_taken", "an acceptance too late is taken", _second_acceptance_taken, frozenset({"I06"}), domain="emergency"),
    Planted("no_call_back", "nobody owes a call-back", _no_call_back, frozenset({"E22"}), silent=True, domain="emergency"),
    Planted("silent_device_forgotten", "a device that falls silent is not missed", _silent_device_forgotten, frozenset({"I07", "T02"}), silent=True, domain="emergency"),
    Planted("coverage_unsaid", "nobody hears that a person is uncovered", lambda: [patch.object(devices, "_changed", lambda *_: [])], frozenset({"E17"}), domain="emergency"),
    Planted("heartbeat_is_no_recovery", "a device that lives again stays silent", _heartbeat_is_no_recovery, frozenset({"E17", "E01"}), silent=True, domain="emergency"),
    Planted("manual_is_nothing", "the rules go on choosing for who took over", _manual_is_nothing, frozenset({"NEAREST", "E03", "E02"}), domain="emergency"),
    Planted("nobody_told_of_shortage", "an incident without a responder is nobody's", _nobody_told_of_shortage, frozenset({"E08"}), domain="emergency"),
    Planted("wakes_the_first", "who becomes free wakes the first that waits, fit or not", _wakes_the_first, frozenset({"E02"}), domain="emergency"),
    Planted("wakes_the_lesser", "who becomes free goes to the lesser incident first", _wakes_the_lesser, frozenset({"E02"}), domain="emergency"),
    Planted("turn_not_passed_on", "who made one look and was not taken makes nobody else look", lambda: [patch.object(evolve, "wake_next", lambda *_: None)], frozenset({"E02"}), {"areas": ("310106",)}, domain="emergency"),
    Planted("nobody_suggested", "nobody is told whom he could take from a lesser incident", lambda: [patch.object(seek, "suggested", lambda *_: ())], frozenset({"E9P"}), domain="emergency"),
    Planted("suggests_from_the_scene", "somebody at a scene is proposed", _suggests_from_the_scene, frozenset({"E9P"}), {"areas": ("310106",), "span_ms": 6 * 3_600_000}, domain="emergency"),
    Planted("mix_forgotten", "one of a mix is enough", _mix_forgotten, frozenset({"E02", "E03", "E08", "NEAREST"}), domain="emergency"),
)  # fmt: skip
