"""Callers and operators of a played day: who presses, how soon somebody answers, what is found, how it ends, and the call-back."""

from copy import deepcopy
from typing import Any

from infra.scenario.emergency.calls import Script, scripts
from infra.scenario.emergency.rehearsal import Stage
from infra.scenario.emergency.world import World
from infra.scenario.words import HOUR_MS, MINUTE_MS, SECOND_MS, Sender
from schemas import emergency_facts as facts
from schemas.facts import Fact

ENDED_BY_MS = 3 * HOUR_MS
"""Whatever nobody could serve is ended by a human then: assumed."""

ANSWERS = {
    ("medical", "life"): (("conscious", "no"), ("breathing", "unsure")),
    ("medical", "help"): (("conscious", "yes"), ("breathing", "yes"), ("help_only", "yes")),
    ("fall", "life"): (("conscious", "yes"), ("head_hit", "yes")),
    ("fall", "help"): (("conscious", "yes"), ("head_hit", "no"), ("stands", "yes")),
}
"""What the person says when asked, by the incident's kind and what was the matter in truth."""


class Desk:
    """The call centre of one district, and everybody who calls it."""

    def __init__(self, stage: Stage, world: World) -> None:
        self.stage = stage
        self.world = world
        self.scripts: dict[str, Script] = {}
        for fact, react in (
            (facts.CallOpened, self.opened),
            (facts.CallEscalated, self.escalated),
            (facts.CallAnsweredFact, self.answered),
            (facts.CallTriagedFact, self.triaged),
            (facts.ResponderArrivedFact, self.arrived),
            (facts.CallClosedFact, self.closed),
        ):
            stage.reactions.setdefault(fact.type, []).append(react)

    def begin(self) -> None:
        """Every call at its time."""
        for script in scripts(self.stage.plan, self.world):
            self.scripts[script.call_id] = script
            for n in range(script.presses):
                self.stage.at(script.at_ms + n * 9 * SECOND_MS, lambda now, script=script, n=n: self.press(script, n, now))  # type: ignore[misc]  # bound now

    def _operator(self, call_id: str) -> tuple[str, Sender]:
        number = self.stage.draw("operator", call_id).randrange(1, 9)
        name = f"syn-op-{number:02d}"
        return name, Sender(f"operator:{name}", "phone", f"/scenario/{self.world.district.word}/desk-{number}")

    def press(self, script: Script, number: int, now: int) -> None:
        """One signal; some come twice, as a device repeats what nobody confirmed."""
        call_id = script.call_id if number == 0 else f"{script.call_id}-p{number}"
        data: dict[str, Any] = {"call_id": call_id, "channel": script.channel}
        sender = Sender("person:unknown", "phone", f"/scenario/{self.world.district.word}/phone")
        client = script.client
        if client is not None:
            data["person_id"] = client.person.person_id
            device = next((one for one in client.devices if one.kind == script.channel), None)
            if device is not None:
                data["device_id"] = device.device_id
                sender = Sender(f"device:{device.device_id}", "device", f"/scenario/{self.world.district.word}/devices")
        self.stage.send(now, f"call_{script.kind}", "call.raised", sender, data | script.odd, event_id=f"{call_id}-ev")
        if number == 0 and self.stage.draw("again", call_id).random() < 0.03:
            again = deepcopy(self.stage.items[-1])
            self.stage.at(now + 4 * SECOND_MS, lambda then: self.stage.put(again._replace(at_ms=then, kind="duplicate")))

    def _script(self, call_id: str) -> Script | None:
        return self.scripts.get(call_id)

    def _open(self, call_id: str) -> bool:
        return call_id in self.stage.state.calls

    def opened(self, fact: Fact, now: int) -> None:
        """A seat's telephone rings."""
        assert isinstance(fact, facts.CallOpened)
        script = self._script(fact.call_id)
        if script is None:
            return
        if script.answer_s is not None:
            self.stage.at(now + int(script.answer_s * SECOND_MS), lambda then: self.answer(script, then))
        self.stage.at(now + ENDED_BY_MS, lambda then: self.close(script, then))

    def escalated(self, fact: Fact, now: int) -> None:
        """Somebody takes what the first seat did not, when the duty manager is told."""
        assert isinstance(fact, facts.CallEscalated)
        script = self._script(fact.call_id)
        if script is not None and script.answer_s is None and fact.level >= 3 and not fact.repeated:
            self.stage.at(now + 9 * SECOND_MS, lambda then: self.answer(script, then))

    def answer(self, script: Script, now: int) -> None:
        """An operator speaks with the person, or hears nobody."""
        call = self.stage.state.calls.get(script.call_id)
        if call is None or call.answered_ms is not None:
            return
        name, sender = self._operator(script.call_id)
        data: dict[str, Any] = {"call_id": script.call_id, "operator_id": name}
        if script.silent:
            data["silent"] = True
        self.stage.send(now, "answer", "call.answered", sender, data)

    def answered(self, fact: Fact, now: int) -> None:
        """Then judges it, within the minute (E-R3)."""
        assert isinstance(fact, facts.CallAnsweredFact)
        script = self._script(fact.call_id)
        if script is not None:
            wait_s = self.stage.draw("triage", script.call_id).randrange(12, 55)
            self.stage.at(now + wait_s * SECOND_MS, lambda then: self.triage(script, then))

    def triage(self, script: Script, now: int) -> None:
        """What was found; somebody without a known home says where they are."""
        if not self._open(script.call_id):
            return
        call = self.stage.state.calls[script.call_id]
        data: dict[str, Any] = {"call_id": script.call_id, "severity": script.severity}
        answers = ANSWERS.get((call.kind, script.severity))
        if answers is not None and not call.silent and call.severity != "false":
            # The operator asks; where the person's answers lead is the script's own severity.
            data["severity"] = call.severity
            data["answers"] = [{"question": question, "answer": answer} for question, answer in answers]
        if call.lat is None:
            street = self.world.district.streets[0]
            data["position"] = {"lat": street.lat, "lon": street.lon}
        self.stage.send(now, "triage", "call.triaged", self._operator(script.call_id)[1], data)

    def triaged(self, fact: Fact, now: int) -> None:
        """False alarms end soon; the gravest go to another desk as well."""
        assert isinstance(fact, facts.CallTriagedFact)
        script = self._script(fact.call_id)
        if script is None:
            return
        draw = self.stage.draw("after", script.call_id)
        if fact.severity == "false":
            self.stage.at(now + draw.randrange(40, 240) * SECOND_MS, lambda then: self.close(script, then))
        elif script.hand_to is not None:
            self.stage.at(now + draw.randrange(20, 90) * SECOND_MS, lambda then: self.hand_over(script, then))

    def hand_over(self, script: Script, now: int) -> None:
        """The other desk gets all it needs, and gives its own number."""
        if self._open(script.call_id):
            reference = f"ref-{self.stage.draw('ref', script.call_id).randrange(10**6):06d}"
            data = {"call_id": script.call_id, "to": script.hand_to, "reference": reference}
            self.stage.send(now, "handover", "call.handed_over", self._operator(script.call_id)[1], data)

    def arrived(self, fact: Fact, now: int) -> None:
        """Somebody is there: it ends a while later."""
        assert isinstance(fact, facts.ResponderArrivedFact)
        script = self._script(fact.call_id)
        if script is not None:
            wait_m = self.stage.draw("scene", script.call_id).randrange(9, 38)
            self.stage.at(now + wait_m * MINUTE_MS, lambda then: self.close(script, then))

    def close(self, script: Script, now: int) -> None:
        """A human ends it, with its outcome."""
        if self._open(script.call_id):
            data = {"call_id": script.call_id, "outcome": script.outcome}
            self.stage.send(now, "close", "call.closed", self._operator(script.call_id)[1], data)

    def closed(self, fact: Fact, now: int) -> None:
        """Everybody is called back within the day (E22)."""
        assert isinstance(fact, facts.CallClosedFact)
        script = self._script(fact.call_id)
        if script is None or fact.callback_by_ms is None:
            return
        draw = self.stage.draw("callback", script.call_id)
        data = {"call_id": script.call_id, "outcome": script.outcome}
        sender = self._operator(script.call_id)[1]
        wait_ms = draw.randrange(40, 60 * 9) * MINUTE_MS
        self.stage.at(now + wait_ms, lambda then: self.stage.send(then, "callback", "call.called_back", sender, data))
