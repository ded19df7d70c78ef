"""What responders and operators do when they hear of a decision: no city leaves its incidents alone for ever."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.domains.port import Reply, Step

OUTCOMES = ("rescued", "helped", "false", "unfounded")
HEARD_MIN = 3
"""An operator takes at least so many levels or reminders to act: the ladder is climbed, and its last step repeats, before somebody does."""


def replies(fact: str, data: Mapping[str, Any], mood: bytes, now_ms: int) -> Reply | None:
    """Whoever is asked to go accepts or declines, in time or too late, or says nothing; whoever accepted arrives; whoever is there speaks;
    sooner or later somebody at the desk ends the incident."""
    call = {"call_id": data.get("call_id")}
    match fact:
        case "emergency.responder.dispatched.v1" if mood[0] % 3:
            unit = {"responder_id": data["responder_id"]}
            by = f"responder:{data['responder_id']}"
            kind = "declined" if mood[0] % 3 == 1 and mood[1] % 2 else "accepted"
            # Most answer well before anybody else is asked, some when it is too late.
            return Reply(mood[2] * (1_000 if mood[3] % 4 else 2_000), Step(f"emergency.dispatch.{kind}.v1", call | unit, by))
        case "emergency.access.released.v1" | "emergency.responder.unheard.v1" if mood[0] % 2 and "responder_id" in data:
            unit = {"responder_id": data["responder_id"]}
            return Reply(mood[1] * 4_000, Step("emergency.responder.arrived.v1", call | unit, f"responder:{data['responder_id']}"))
        case "emergency.scene.check_missed.v1" if mood[0] % 2:
            unit = {"responder_id": data["responder_id"]}
            return Reply(mood[1] * 2_000, Step("emergency.scene.checked_in.v1", call | unit, f"responder:{data['responder_id']}"))
        case "emergency.call.escalated.v1" if (data["level"] >= HEARD_MIN or data["repeated"]) and mood[0] % 4 == 0:
            ended = call | {"outcome": OUTCOMES[mood[1] % len(OUTCOMES)]}
            return Reply(mood[2] * 10_000, Step("emergency.call.closed.v1", ended, "operator:desk"))
        case "emergency.scene.check_missed.v1" if data["count"] > 1:
            ended = call | {"outcome": "helped"}
            return Reply(mood[2] * 10_000, Step("emergency.call.closed.v1", ended, "operator:desk"))
        case "emergency.call.call_back_missed.v1" if mood[0] % 2:
            return Reply(mood[1] * 10_000, Step("emergency.call.called_back.v1", call | {"outcome": "helped"}, "operator:desk"))
        case _:
            return None
