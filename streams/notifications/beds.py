"""Who hears of what happens to a bed and to those who wait for one."""

from streams.notifications.hearing import Hearing

HEARING = Hearing(
    audiences={
        "beds.application.queued.v1": "person",
        "beds.application.refused.v1": "person",
        "beds.application.reassessed.v1": "person",
        "beds.application.reassessment_due.v1": "person",
        "beds.application.approved.v1": "person",
        "beds.application.suspended.v1": "person",
        "beds.application.resumed.v1": "person",
        "beds.application.ended.v1": "person",
        "beds.offer.made.v1": "person",
        "beds.offer.deadline_moved.v1": "person",
        "beds.offer.expired.v1": "person",
        "beds.offer.declined.v1": "person",
        "beds.admission.missed.v1": "person",
        "beds.offer.accepted.v1": "provider",
        "beds.bed.released.v1": "provider",
        "beds.facility.silent.v1": "provider",
        "beds.bed.conflicted.v1": "provider",
        "beds.admission.recorded.v1": "family",
        "beds.offer.withdrawn.v1": "person",
        "beds.stay.ending.v1": "family",
        "beds.stay.extended.v1": "provider",
        "beds.allocation.overridden.v1": "operator",
        "beds.bed.overdue.v1": "operator",
        "beds.pool.below_quota.v1": "operator",
    },
    coded=frozenset(
        {
            "rank", "ahead", "rank_type", "bed_type", "pool", "state", "counted", "refusals", "by", "until_ms", "expires_at_ms",
            "admit_by_ms", "provisional", "pooled", "basic", "percent_min",
        }
    ),
)  # fmt: skip
"""Named in `streams.notifications.registry`."""
