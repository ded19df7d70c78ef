"""What a booking decision costs: ``python -m tests.agents.childcare.cost``. Printed, never asserted: a machine's load is not a mistake.

Microseconds of this process's CPU for ``core.handle`` (decide, evolve, check, explain), by packets of 100, in an area of 240 sites with
three sessions each: ``session`` books by id, ``window`` the nearest with room, ``full`` a window when nearly every session is taken,
``last`` everybody the same seat.
"""

import random
import sys
import time
from typing import Any

from agents import core
from agents.childcare import DOMAIN
from tests.agents.childcare.world import AREA, DAY, received, session
from tests.agents.world import CENTRE, at

SITES = 240
HOURS = (9, 13, 15)
NOW_MS = at("2026-11-20 09:00")


def position(rng: random.Random, spread: float) -> dict[str, float]:
    """Somewhere around the centre."""
    return {"lat": round(CENTRE[0] + rng.uniform(-spread, spread), 6), "lon": round(CENTRE[1] + rng.uniform(-spread, spread), 6)}


def costs_us(load: str, bookings: int = 6000) -> list[float]:
    """Microseconds a decision of each packet, in order of size."""
    rng = random.Random(1)
    area = core.blank(DOMAIN, AREA)
    for number in range(SITES):
        site: dict[str, Any] = {"site_id": f"s-{number}", "name": "x", "street": "310106013", "kind": "baby_house"}
        core.handle(DOMAIN, area, received("site.registered", site | {"position": position(rng, 0.05)}, f"r-{number}", NOW_MS))
        seats = 1 if load == "full" else 40
        sessions = [session(f"s-{number}-{hour}", f"{hour:02}:00", f"{hour + 2:02}:00", seats=seats, staff=20) for hour in HOURS]
        published = {"site_id": f"s-{number}", "version": 1, "sessions": sessions}
        core.handle(DOMAIN, area, received("sessions.published", published, f"p-{number}", NOW_MS))
    items = []
    for number in range(bookings):
        hour = rng.choice(HOURS)
        data: dict[str, Any] = {"booking_id": f"b-{number}", "child_id": f"k-{number}", "family_id": f"f-{number}"}
        data |= {"birth_date": "2024-10-01", "position": position(rng, 0.03)}
        if load in ("session", "last"):
            data["session_id"] = "s-0-9" if load == "last" else f"s-{rng.randrange(SITES)}-{hour}"
        else:
            data["window"] = {"date": DAY, "from": f"{hour:02}:00", "to": f"{hour + 2:02}:00"}
        items.append(received("booking.requested", data, f"e-{number}", NOW_MS))
    packets = []
    for first in range(0, bookings, 100):
        began_s = time.process_time()
        for item in items[first : first + 100]:
            core.handle(DOMAIN, area, item)
        packets.append((time.process_time() - began_s) * 10_000)
    return sorted(packets)


if __name__ == "__main__":
    for each in ("session", "window", "full", "last"):
        found = costs_us(each)
        sys.stdout.write(f"{each}: median {found[len(found) // 2]:.0f} us, best tenth {found[len(found) // 10]:.0f} us\n")
