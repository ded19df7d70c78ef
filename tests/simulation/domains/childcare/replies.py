"""What families and sites do when they hear of a decision."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.domains.port import Reply, Step


def replies(fact: str, data: Mapping[str, Any], mood: bytes, now_ms: int) -> Reply | None:
    """What families and sites do when they hear: answer an offer, confirm, bring the child, let it stay, collect it; now and then late,
    too late, or never. The register moves some children away while they wait, and corrects itself when somebody is refused for it."""
    soon_ms = mood[1] * (2_000 if mood[2] % 3 else 20_000)
    booking = {"booking_id": data.get("booking_id")}
    by = "p-0" if mood[3] % 8 else "p-2"
    match fact:
        case "childcare.booking.waitlisted.v1" if mood[0] % 2:
            return Reply(soon_ms, _lives(data["child_id"], now_ms, here=False))
        case "childcare.booking.refused.v1" if data["reason"] == "not_at_home_here" and mood[0] % 2:
            return Reply(soon_ms, _lives(data["child_id"], now_ms, here=True))
        case "childcare.offer.made.v1" if mood[0] % 5:
            kind = "declined" if mood[0] % 5 == 1 else "accepted"
            return Reply(soon_ms, Step(f"childcare.offer.{kind}.v1", {**booking, "offer_id": data["offer_id"]}, "relative:p-1"))
        case "childcare.booking.held.v1" if mood[0] % 3:
            return Reply(soon_ms, Step("childcare.hold.confirmed.v1", booking, "relative:p-1"))
        case "childcare.booking.confirmed.v1" if mood[0] % 4:
            # From ten minutes before the start on, some of them after the no-show.
            after_ms = int(data["starts_ms"]) - now_ms + (mood[1] % 50 - 10) * 60_000
            warm = {"temperature_c": 38.0 if mood[2] % 8 == 0 else 36.6} if mood[2] % 2 == 0 else {}
            return Reply(max(0, after_ms), Step("childcare.child.checked_in.v1", {**booking, "by": by, **warm}, "provider:s-0"))
        case "childcare.child.checked_in.v1" if mood[0] % 6:
            end_ms = int(data["late_ms"]) - now_ms - 900_000
            if mood[0] % 6 == 1:
                return Reply(max(0, end_ms - 3_000_000), Step("childcare.extension.requested.v1", booking, "provider:s-0"))
            after_ms = end_ms + (mood[1] % 60 - 20) * 60_000
            return Reply(max(0, after_ms), Step("childcare.child.checked_out.v1", {**booking, "by": by}, "provider:s-0"))
        case "childcare.booking.extended.v1" | "childcare.child.uncollected.v1":
            return Reply(mood[1] * 30_000, Step("childcare.child.checked_out.v1", {**booking, "by": by}, "provider:s-0"))
        case _:
            return None


def _lives(child_id: str, now_ms: int, *, here: bool) -> Step:
    """The register's word of now: a later one has a higher version, and all of them a higher one than what the world sends blindly."""
    return Step("childcare.child.registered.v1", {"child_id": child_id, "version": now_ms // 1000, "at_home": here}, "office:o-1")
