"""L02 for childcare: the projected rows against the naive picture."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.checkers.childcare.area import Area
from tests.simulation.checkers.logs import Violation

Tables = Mapping[str, list[dict[str, Any]]]


def rows_of(areas: dict[str, Area], tables: Tables) -> Iterator[Violation]:
    """Bookings, seats and quotas, each way round."""
    rows = {(row["area"], row["booking_id"]): row for row in tables["childcare_bookings"]}
    for area in areas.values():
        for booking_id, booking in area.bookings.items():
            row = rows.pop((area.area, booking_id), None)
            if row is None or row["state"] != booking.state:
                shown = None if row is None else row["state"]
                yield Violation("L02", f"booking {booking_id} is {booking.state}, the rows say {shown}")
            elif booking_id in area.open and (row["session_id"], row["free_units"] or 0) != (booking.session_ids[0], booking.free_units):
                yield Violation("L02", f"booking {booking_id} is in {booking.session_ids[0]}, the rows say {row['session_id']}")
        yield from _seats(area, tables)
        yield from _quotas(area, tables)
    for key in rows:
        yield Violation("L02", f"the rows have a booking {key} that the journal does not")


def _seats(area: Area, tables: Tables) -> Iterator[Violation]:
    rows = {row["session_id"]: row for row in tables["childcare_seats"] if row["area"] == area.area}
    for session_id, session in area.sessions.items():
        waiting = sum(area.bookings[one].state == "waitlisted" for one in session.waiting)
        row = rows.get(session_id)
        shown = (0, 0) if row is None else (row["held"] + row["used"], row["waiting"])
        if shown != (session.taken, waiting):
            yield Violation("L02", f"{session_id}: {(session.taken, waiting)} taken and waiting; the rows say {shown}")


def _quotas(area: Area, tables: Tables) -> Iterator[Violation]:
    rows = {(r["service"], r["holder"], r["year"]): (r["held"], r["used"]) for r in tables["childcare_quotas"] if r["area"] == area.area}
    for key, quota in area.quotas.items():
        counted = (sum(quota.reserved.values()), sum(quota.used.values()))
        if rows.get(key, (0, 0)) != counted:
            yield Violation("L02", f"{key}: {counted} promised and used; the rows say {rows.get(key)}")
