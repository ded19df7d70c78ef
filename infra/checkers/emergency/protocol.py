"""E18: what an operator's judgement comes to, with the answers to the protocol's questions, worked out again from the event, the policy
version the incident runs on, and whether anybody has been heard."""

from typing import Any

from infra.checkers.emergency.model import Area, Incident
from infra.checkers.emergency.policy import GRAVITY, mix
from infra.checkers.emergency.watch import EventOf, Watch
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

Data = dict[str, Any]
RANK = (*GRAVITY, "false")


class Judgements(Watch):
    """Every part of a judgement that follows from something else."""

    def __init__(self, event_of: EventOf) -> None:
        super().__init__("E18")
        self._event_of = event_of

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge on the picture before it."""
        if fact["type"] != "emergency.call.triaged.v1":
            return
        data = fact["data"]
        incident, event = area.calls.get(data["call_id"]), self._event_of(decided)
        if incident is None or event is None:
            return
        wanted = _judgement(area, incident, event["data"])
        for name, value in wanted.items():
            if _plain(data.get(name)) != value:
                self.say("E18", f"{incident.call_id} is judged with {name} {data.get(name)}, it is {value}", decided)
        if data["severity"] == "false" != event["data"]["severity"]:
            self.say("E18", f"{incident.call_id}: an answer calls everybody off", decided)


def _judgement(area: Area, incident: Incident, said: Data) -> Data:
    policy = area.policy_of(incident)
    own_kind = said.get("kind")
    given = {one["question"]: one["answer"] for one in said.get("answers") or ()}
    effects: list[tuple[str, Data]] = []
    asked = policy["protocol"].get(own_kind or incident.kind, ())
    for question in asked:
        for answer in question["answers"]:
            if given.get(question["question"]) == answer["answer"]:
                effects.append((f"{question['question']}:{answer['answer']}", answer))
    elsewhere: dict[str, Data] = {}
    for questions in policy["protocol"].values():
        for question in questions:
            elsewhere.setdefault(question["question"], question)
    for name, question in elsewhere.items():
        if all(one["question"] != name for one in asked):
            # A question of other kinds only: its answer can make it graver, and nothing else.
            raises = [one for one in question["answers"] if given.get(name) == one["answer"] and one.get("raises_to") is not None]
            effects += [(f"{name}:{one['answer']}", {"answer": one["answer"], "raises_to": one["raises_to"]}) for one in raises]
    derived, rule = _severity(effects, said["severity"], incident.silent)
    reason = said.get("severity_reason")
    severity = derived if reason is None else said["severity"]
    kinds = [answer["kind"] for _, answer in effects if answer.get("kind") is not None]
    kind = own_kind or (kinds[0] if kinds else incident.kind)
    needs = list(said.get("needs") or ())
    more = [need for _, answer in effects for need in answer.get("needs", ())]
    if more:
        needs = list(dict.fromkeys(needs + more))
    known = [name for name, _ in effects]
    names = [f"{one['question']}:{one['answer']}" for one in said.get("answers") or ()]
    return {
        "severity": severity, "kind": kind, "needs": needs, "dispatching": severity != "false",
        "roles": [] if severity == "false" else [list(role) for role in mix(policy, kind, tuple(needs))],
        "answers": known, "ignored": [name for name in names if name not in known], "said": said["severity"] if names else None,
        "derived": derived if names else None, "rule": rule, "severity_reason": reason,
    }  # fmt: skip


def _severity(effects: list[tuple[str, Data]], start: str, silent: bool) -> tuple[str, str | None]:
    """Raises first, the gravest of them; lowerings only where nothing raises; and none for who has not been heard."""
    for wish in ("raises_to", "lowers_to"):
        asked = [(RANK.index(answer[wish]), place, name) for place, (name, answer) in enumerate(effects) if answer.get(wish) is not None]
        if not asked:
            continue
        rank, _, name = min(asked)
        changes = rank < RANK.index(start) if wish == "raises_to" else rank > RANK.index(start)
        if not changes:
            return start, None
        return (start if wish == "lowers_to" and silent else RANK[rank]), name
    return start, None


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
