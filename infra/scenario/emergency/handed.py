"""Calls that another service has handed over (a meal that nobody came for, somebody in need): the desks speak, 120 goes, it ends.

They are decided while the day is played, so the rehearsal knows nothing of them; the desks see them in the queue like everybody.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from infra.scenario.words import MINUTE_MS, SECOND_MS, Item, Sender, event

HANDED = "hnd:"
"""How `streams.handovers` begins the id of what it hands over. A call that somebody raises by hand on the page is left to them."""


def handed_calls_taken(overview: Mapping[str, Any], seed: str, now_ms: int) -> Iterator[Item]:
    """For each such call that nobody has answered: the answer, the hand-over to 120, its end, and the call-back. Times are assumed."""
    for incident in overview.get("incidents", ()):
        call_id = incident["call_id"]
        if not call_id.startswith(HANDED) or incident["answered_at"] is not None:
            continue
        draw = Random(f"{seed}/handed/{call_id}")
        operator_id = f"syn-op-{draw.randrange(1, 9):02d}"
        sender = Sender(f"operator:{operator_id}", "phone", f"/scenario/{operator_id}")
        answered_ms = now_ms + draw.randrange(3, 10) * SECOND_MS
        handed_ms = answered_ms + draw.randrange(30, 90) * SECOND_MS
        closed_ms = handed_ms + draw.randrange(9, 38) * MINUTE_MS
        called_back_ms = closed_ms + draw.randrange(40, 300) * MINUTE_MS
        steps: tuple[tuple[str, int, dict[str, Any]], ...] = (
            ("answered", answered_ms, {"operator_id": operator_id}),
            ("handed_over", handed_ms, {"to": "120", "reference": f"ref-{draw.randrange(10**6):06d}"}),
            ("closed", closed_ms, {"outcome": "rescued"}),
            ("called_back", called_back_ms, {"outcome": "rescued"}),
        )
        for kind, at_ms, data in steps:
            event_id = f"{call_id.replace(':', '-')}-{kind}"
            about = {"call_id": call_id} | data
            one = event(event_id, f"emergency.call.{kind}.v1", at_ms, area=incident["area"], sender=sender, data=about)
            yield Item(at_ms, f"handed_{kind}", incident["area"], one)
