"""Who hears of what happens to a meal."""

from streams.notifications.hearing import Hearing

HEARING = Hearing(
    audiences={
        "meals.order.assigned.v1": "person",
        "meals.order.reassigned.v1": "person",
        "meals.order.refused.v1": "person",
        "meals.order.cancelled.v1": "person",
        "meals.order.unplaced.v1": "operator",
        "meals.order.asked_elsewhere.v1": "person",
        "meals.order.placed_elsewhere.v1": "person",
        "meals.order.nowhere.v1": "operator",
        "meals.guest.assigned.v1": "provider",
        "meals.guest.moved.v1": "provider",
        "meals.guest.released.v1": "provider",
        "meals.order.welfare_check_due.v1": "operator",
        "meals.slot.overcommitted.v1": "provider",
        "meals.kitchen.counted.v1": "provider",
    },
    coded=frozenset({"date", "meal", "portions", "attempts", "result", "home_area", "lending_area"}),
)
"""Named in `streams.notifications.registry`."""
