"""From a decision to what it gives to tell."""

import re

from agents.shared.ids import derived_id
from schemas.decisions import Decision
from schemas.drill import is_drill
from schemas.facts import Fact
from schemas.journal import FORWARDED, Decided, instant
from streams.notifications.notice import Notification
from streams.notifications.registry import hearing_of

UNREAD = "quarantine.kept.v1"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


def notifications_of(domain: str, partition: int, seq: int, decision: Decision) -> list[Notification]:
    """What this decision gives to tell; empty for most."""
    found: list[Notification] = []
    hearing = hearing_of(domain)
    if is_drill(decision.area):
        # Nobody is to be called for a drill; what goes wrong in one is the auditor's alarm.
        return found
    for number, reasoned in enumerate(decision.facts):
        audience = hearing.audience(reasoned.fact)
        if audience is None:
            continue
        # Partition and seq name a valid journal record for ever; the event's id and the place name the fact in it.
        identity = derived_id("ntf", domain, str(partition), str(seq), decision.event_id, str(number))
        data = _shown(reasoned.fact, hearing.coded)
        found.append(
            Notification(identity, audience, reasoned.fact.type, decision.area, decision.event_id, instant(decision.time_ms), data)
        )
    return found


def unread_of(domain: str, record: Decided, at_ms: int) -> list[Notification]:
    """What nobody could read of one input record: one notification with the reasons counted, for a domain where somebody is told.

    Whose area it was is not known, so it names none; ``at_ms`` is the broker's time of the record.
    """
    aside = [one for one in record.set_aside if one.reason != FORWARDED]
    audience = hearing_of(domain).unread
    if not aside or audience is None:
        return []
    reasons: dict[str, int] = {}
    for one in aside:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    event_id = next((one.event_id for one in aside if one.event_id is not None), "")
    identity = derived_id("ntf", domain, str(record.source_partition), str(record.seq), UNREAD)
    data: dict[str, object] = {"reasons": reasons, "partition": record.source_partition, "offset": record.source_offset}
    return [Notification(identity, audience, UNREAD, "", event_id, instant(at_ms), data)]


def _shown(fact: Fact, coded: frozenset[str]) -> dict[str, object]:
    shown = {name: value for name, value in fact.__dict__.items() if (name.endswith("_id") or name in coded) and value is not None}
    # An operator's reason is free text, a refusal's is a code: only a code may leave the journal.
    if not _CODE.fullmatch(str(shown.get("reason", "a"))):
        del shown["reason"]
    return shown
