"""Under which rules a seed's care is given."""

from random import Random
from typing import Any

HOUR_S = 3600


def draw_own(draw: Random) -> dict[str, Any]:
    """The rules of a seed's care, mostly tight: few free sessions, short holds and offers."""
    care: dict[str, Any] = {
        "free_per_year": draw.choice((1, 2, 2, 12)),
        "price_fen": draw.choice(({}, {"hourly": 1500, "drop_in": 3000})),
        "same_day_until_minute": draw.choice((None, None, None, 720)),
        "extend_until_s": draw.choice((0, 1800)),
        "cancel_between": draw.choice(("return", "consume")),
        "cancel_free_s": draw.choice((4 * HOUR_S, 24 * HOUR_S)),
        "after_quota": draw.choice(("charge", "charge", "charge", "refuse")),
        "confirm": draw.choice(("when_charged", "when_charged", "always", "never")),
        "displace_first": draw.choice(("latest", "charged")),
        "waitlist_max": draw.choice((2, 20)),
        "no_show_limit": draw.choice((1, 3)),
        "units": draw.choice(({}, {}, {"drop_in": 2})),
        "turned_away_quota": draw.choice(("return", "consume")),
        "offer_s": draw.choice((1800, 4 * HOUR_S)),
        "offer_same_day_s": draw.choice((600, 2 * HOUR_S)),
        "hold_s": draw.choice((600, 3 * HOUR_S)),
    }
    return {
        "care": care,
        "abroad_percent": draw.choice((0, 0, 30, 60)),
        "capacity_age_s": draw.choice((35 * 86_400,) * 4 + (6 * HOUR_S,)),
        "quota_answer_s": draw.choice((60, 2 * HOUR_S)),
        "quota_fallback": draw.choice(("charge", "charge", "refuse")),
    }
