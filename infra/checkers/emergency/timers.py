"""I07, T02: everything that is awaited is looked at when its time comes, neither early nor never."""

from infra.checkers.emergency.model import Area, Key
from infra.checkers.emergency.watch import STEPS_MAX, Watch
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

CAUSED_BY = {
    "emergency.call.escalated.v1": "ladder", "emergency.call.reviewed.v1": "ladder", "emergency.responder.unheard.v1": "watch",
    "emergency.scene.check_missed.v1": "check", "emergency.contact.called.v1": "contact", "emergency.contact.exhausted.v1": "contact",
    "emergency.device.missed.v1": "heartbeat", "emergency.call.call_back_missed.v1": "callback",
}  # fmt: skip
"""Facts that only a deadline makes, with its name. Searches may come early: somebody became free."""
ENDED_BY = {"timeout": "ask", "unheard": "watch"}
OVERDUE_MS = 3_600_000
"""At rest nothing may be due for longer."""


class Timers(Watch):
    """Every open incident is looked at again, every responder's silence has an end, every device is missed in time."""

    def __init__(self, *, settled: bool = True) -> None:
        super().__init__("I07")
        self._settled = settled

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """T02: a deadline never acts before its time, nor where nothing was awaited."""
        key = _key_of(fact)
        if key is None:
            return
        due_ms = area.due.get(key)
        if due_ms is None:
            self.say("T02", f"{fact['type']} and nothing was awaited of {'|'.join(key)}", decided)
        elif decided.time_ms < due_ms:
            self.say("T02", f"{fact['type']} {due_ms - decided.time_ms} ms early: {'|'.join(key)}", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """I07, E03: nothing due is left, unless one event carried all the work it may; no open incident is without a next look."""
        now_ms = decided.time_ms
        for call_id in area.calls:
            if ("ladder", call_id) not in area.due and ("ladder", call_id) not in area.stuck:
                self.say("E03", f"{call_id} is open and nobody will look at it again", decided)
        if len(decided.body["facts"]) >= STEPS_MAX or decided.body.get("error") is not None:
            return
        for key, due_ms in area.due.items():
            if due_ms <= now_ms:
                self.say(_name(key), f"{'|'.join(key)} was due {now_ms - due_ms} ms ago and nobody acted", decided)

    def end(self, areas: dict[str, Area]) -> None:
        """At rest nothing is long overdue."""
        for area in areas.values() if self._settled else ():
            for key, due_ms in area.due.items():
                if due_ms and due_ms + OVERDUE_MS < area.now_ms:
                    self.note(f"{'|'.join(key)} is overdue for more than an hour")


def _name(key: Key) -> str:
    """Which invariant an overdue key breaks."""
    return {"ladder": "E03", "search": "E02"}.get(key[0], "I07")


def _key_of(fact: Fact) -> Key | None:
    kind, data = fact["type"], fact["data"]
    work = CAUSED_BY.get(kind) or (ENDED_BY.get(data["cause"]) if kind == "emergency.dispatch.ended.v1" else None)
    if work is None:
        return None
    if work == "heartbeat":
        return work, data["device_id"]
    return (work, data["call_id"], data["responder_id"]) if work in ("ask", "watch", "check") else (work, data["call_id"])
