"""Who hears of what happens to a child's place: the family of its booking, the site of its session."""

from streams.notifications.hearing import Hearing

HEARING = Hearing(
    audiences={
        "childcare.booking.confirmed.v1": "family",
        "childcare.booking.held.v1": "family",
        "childcare.quota.asked.v1": "family",
        "childcare.booking.waitlisted.v1": "family",
        "childcare.booking.refused.v1": "family",
        "childcare.booking.cancelled.v1": "family",
        "childcare.booking.expired.v1": "family",
        "childcare.booking.no_show.v1": "family",
        "childcare.booking.displaced.v1": "family",
        "childcare.booking.extended.v1": "family",
        "childcare.booking.repriced.v1": "family",
        "childcare.offer.made.v1": "family",
        "childcare.offer.expired.v1": "family",
        "childcare.offer.withdrawn.v1": "family",
        "childcare.waitlist.closed.v1": "family",
        "childcare.child.checked_in.v1": "family",
        "childcare.child.checked_out.v1": "family",
        "childcare.child.turned_away.v1": "family",
        "childcare.child.uncollected.v1": "family",
        "childcare.child.restricted.v1": "family",
        "childcare.session.understaffed.v1": "provider",
        "childcare.ratio.breached.v1": "provider",
        "childcare.inspection.overdue.v1": "operator",
    },
    coded=frozenset(
        {
            "date", "service", "mode", "starts_ms", "ends_ms", "units", "free_units", "quota_left", "price_fen", "was_price_fen",
            "provisional", "expires_ms", "answer_by_ms", "closes_ms", "rank", "charged", "quota", "rule", "level", "late_s", "late_ms",
            "distance_m", "travel_s", "no_shows", "until_ms", "staff", "seats", "due_ms", "ended",
        }
    ),
)  # fmt: skip
"""Named in `streams.notifications.registry`."""
