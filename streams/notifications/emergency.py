"""Who hears of what happens in an emergency: the seat whose turn it is, the responder who is sent, the contact who is called.

Nothing personal leaves: opaque ids and codes. The way in (``access_id``) is told to the one who accepted and to nobody else (E19).
"""

from streams.notifications.hearing import ByField, Hearing

HEARING = Hearing(
    unread="operator",
    audiences={
        "emergency.call.opened.v1": "operator",
        "emergency.call.prioritised.v1": "operator",
        "emergency.call.escalated.v1": "operator",
        "emergency.responder.dispatched.v1": "responder",
        "emergency.dispatch.ended.v1": "responder",
        "emergency.responder.released.v1": "responder",
        "emergency.responder.unheard.v1": "operator",
        "emergency.scene.check_missed.v1": "responder",
        "emergency.coverage.gap_left.v1": "operator",
        "emergency.dispatch.preemption_suggested.v1": "operator",
        "emergency.contact.called.v1": "family",
        "emergency.contact.exhausted.v1": "operator",
        "emergency.access.released.v1": ByField("to_kind", {"responder": "responder", "contact": "family"}),
        "emergency.call.handed_over.v1": "operator",
        "emergency.call.call_back_missed.v1": "operator",
    },
    coded=frozenset(
        {
            "severity", "channel", "level", "to", "to_kind", "suggests", "first_seat", "repeated", "role", "kind", "travel_s",
            "distance_m", "accept_by_ms", "answer_by_ms", "check_by_ms", "step_by_ms", "fit", "round", "count", "silent_s", "calls",
            "from_severity", "from_leg", "move_up", "radius_m", "left", "needed", "reference",
        }
    ),
)  # fmt: skip
"""Named in `streams.notifications.registry`."""
