"""What the tables of childcare must hold, folded from the journal with the naive picture (L02).

Every column of every table is compared but two kinds: of the history and the institution file only the number of facts of each type, and
the deadline of a booking whose human task somebody completed, which the state sets again and no fact tells.
"""

from typing import Any, ClassVar

from infra.checkers.childcare.area import Area, Session
from infra.checkers.childcare.booking_rows import BookingRows
from infra.checkers.expected import Columns, Expected, Row
from infra.checkers.logs import Decided

SESSION = ("site_id", "service", "mode", "starts_ms", "ends_ms", "closes_ms", "seats", "weighted", "care_limit", "version")
FILED = {
    "session.understaffed": "understaffed",
    "ratio.breached": "ratio_breaches",
    "session.closed": "sessions",
    "incident.recorded": "incidents",
    "inspection.recorded": "inspections",
    "inspection.overdue": "inspections_missed",
    "site.closure_recorded": None,
    "site.reopening_recorded": None,
}
"""Facts with a line in a site's file, and the sum in which each counts."""
HISTORY = ("booking.", "offer.", "child.", "waitlist.")
ASKING = ("quota.asked", "quota.settlement_asked")
SITE = ("name", "kind", "lat", "lon", "street")
INSPECTED = ("inspection_due_ms", "overdue_since_ms", "inspected_ms", "inspection_result")
SITED = ("site.listed", "site.closure_recorded", "site.reopening_recorded", "inspection.overdue", "inspection.recorded")
FILE_SUMS = ("sessions", "attended", "no_shows", "late_pickups", *(name for name in FILED.values() if name and name != "sessions"))


class ChildcareExpected(Expected[Area]):
    """Sites and their files, sessions and their seats, bookings, quotas and questions of them, children, entitlements."""

    OWN_KEYS: ClassVar[dict[str, Columns]] = {
        "childcare_sites": ("area", "site_id"),
        "childcare_site_files": ("area", "site_id"),
        "childcare_sessions": ("area", "session_id"),
        "childcare_seats": ("area", "session_id"),
        "childcare_bookings": ("booking_id", "area"),
        "childcare_quotas": ("area", "service", "year", "holder"),
        "childcare_quota_requests": ("request_id", "area"),
        "childcare_booking_tallies": ("day", "area", "service", "state", "reason"),
        "childcare_children": ("area", "child_id"),
        "childcare_entitlements": ("area", "entitlement_id"),
    }
    COUNTED: ClassVar[dict[str, Columns]] = {
        "childcare_booking_history": ("area", "booking_id", "fact_type"),
        "childcare_file_lines": ("area", "site_id", "fact_type"),
    }
    ZEROS: ClassVar[dict[str, Columns]] = {
        "childcare_quotas": ("held", "used"),
        "childcare_booking_tallies": ("bookings", "free_bookings", "near_bookings"),
        "childcare_seats": (
            "held", "used", "care_held", "care_used", "present", "care_present", "waiting", "offered", "attended", "no_shows",
            "understaffed", "ratio_breaches",
        ),
    }  # fmt: skip

    def __init__(self, domain: str) -> None:
        super().__init__(domain)
        self._uncollected: set[tuple[str, str]] = set()
        self._bookings = BookingRows()
        self._reported: dict[tuple[str, str], Row] = {}
        """Of sessions: who was said to be there and when, and when the line in the file was written."""

    def rows_of(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        """One fact, on the picture before it."""
        if kind == "task.closed.v1" and data.get("kind") == "child_not_collected":
            self._bookings.looked_again(area, data["about"])
        name = kind.removeprefix("childcare.").removesuffix(".v1")
        if name == kind:
            return
        if name in SITED:
            blank: Row = dict.fromkeys((*SITE, *INSPECTED, "listed_ms")) | {"closures": []}
            _site(self.tables["childcare_sites"].setdefault((area.area, data["site_id"]), blank), decided, name, data)
        if name in ("staffing.recorded", "session.closed"):
            said = self._reported.setdefault((area.area, data["session_id"]), {})
            if name == "session.closed":
                said["closed_ms"] = decided.time_ms
            else:
                said |= {"staff_present": data["staff_present"], "reported_ms": data["reported_ms"]}
        self._bookings.fact(area, decided, name, data)
        if name in FILED:
            self.counts["childcare_file_lines"][area.area, data["site_id"], kind] += 1
            if FILED[name] is not None:
                self._file(area, data["site_id"], str(FILED[name]))
        self._booking(area, name, kind, data)
        self._quota(area, decided, name, data)
        self._owed(area, decided, name, data)

    def end(self, areas: dict[str, Area]) -> None:
        """Where everything stands at last."""
        for area in areas.values():
            for session_id, session in area.sessions.items():
                p = session.published
                row = {each: p[each] for each in SESSION} | {
                    "day": p["date"],
                    "staff_planned": p["staff"],
                    "care_limit": session.care_limit,
                    "published_ms": session.published_ms,
                }
                row |= dict.fromkeys(("staff_present", "reported_ms", "closed_ms")) | self._reported.get((area.area, session_id), {})
                self.tables["childcare_sessions"][area.area, session_id] = row
                self._seats(area, session_id, session)
            for (service, holder, year), quota in area.quotas.items():
                sums = {"held": sum(quota.reserved.values()), "used": sum(quota.used.values())}
                key = (area.area, service, year, holder)
                if key in self.tables["childcare_quotas"] or any(sums.values()):
                    self.tables["childcare_quotas"].setdefault(key, {}).update(sums)
            for request_id, (state, _) in area.requests.items():
                self.tables["childcare_quota_requests"].setdefault((request_id, area.area), {})["state"] = state

        self.tables["childcare_bookings"], self.tables["childcare_booking_tallies"] = self._bookings.end(areas)
        for key, granted in self._bookings.granted.items():
            self.tables["childcare_quotas"].setdefault(key, {"held": 0, "used": 0})["granted"] = granted

    def _seats(self, area: Area, session_id: str, session: Session) -> None:
        inside = {one: weight for one, weight in session.seated.items() if area.bookings[one].state == "checked_in"}
        promised = {one: weight for one, weight in session.seated.items() if one not in inside}
        row = self.tables["childcare_seats"].get((area.area, session_id), {})
        row = {"attended": 0, "no_shows": 0, "ratio_breaches": 0} | row | {
            "held": len(promised), "care_held": sum(promised.values()), "present": len(inside), "care_present": sum(inside.values()),
            "used": len(inside) + len(session.gone), "care_used": sum(inside.values()) + sum(session.gone),
            "waiting": sum(area.bookings[one].state == "waitlisted" for one in session.waiting),
            "offered": sum(area.bookings[one].state == "offered" for one in promised), "understaffed": session.understaffed,
        }  # fmt: skip
        if any(row.values()):
            self.tables["childcare_seats"][area.area, session_id] = row

    def _file(self, area: Area, site_id: str, name: str) -> None:
        row = self.tables["childcare_site_files"].setdefault((area.area, site_id), dict.fromkeys(FILE_SUMS, 0))
        row[name] += 1

    def _seat(self, area: Area, session_id: str, name: str) -> None:
        row: Row = self.tables["childcare_seats"].setdefault((area.area, session_id), {"attended": 0, "no_shows": 0, "ratio_breaches": 0})
        row[name] += 1

    def _booking(self, area: Area, name: str, kind: str, data: dict[str, Any]) -> None:
        booking_id = data.get("booking_id")
        if booking_id is not None and (name.startswith(HISTORY) or name in ASKING) and name != "child.restricted":
            for each in (booking_id, data["next_booking_id"]) if name == "child.carried_over" else (booking_id,):
                self.counts["childcare_booking_history"][area.area, each, kind] += 1
        match name:
            case "child.checked_in" | "child.carried_over":
                run = area.open[str(data["next_booking_id"] if name == "child.carried_over" else booking_id)].session_ids
                self._file(area, area.sessions[run[0]].published["site_id"], "attended")
                for session_id in run:
                    self._seat(area, session_id, "attended")
            case "booking.extended":
                self._seat(area, data["session_id"], "attended")
            case "booking.no_show":
                self._seat(area, data["session_id"], "no_shows")
                self._file(area, data["site_id"], "no_shows")
            case "ratio.breached":
                self._seat(area, data["session_id"], "ratio_breaches")
            case "child.uncollected" if data["level"] > 0:
                self._uncollected.add((area.area, str(booking_id)))
            case "child.checked_out" if (area.area, booking_id) in self._uncollected:
                self._file(area, data["site_id"], "late_pickups")
            case _:
                pass

    def _quota(self, area: Area, decided: Decided, name: str, data: dict[str, Any]) -> None:
        rows = self.tables["childcare_quota_requests"]
        if name in ("quota.reserved", "quota.denied"):
            names = ("booking_id", "child_id", "service", "units_asked", "asking_area")
            rows[data["request_id"], area.area] = {each: data[each] for each in names} | {
                "holder": data.get("quota_holder"), "year": data["quota_year"], "reason": data.get("reason"), "units": data.get("units", 0),
                "settle_by_ms": data.get("settle_by_ms"), "overdue": 0, "decided_ms": decided.time_ms, "settled_ms": None,
                "event_id": decided.event_id,
            }  # fmt: skip
        elif name == "quota.overdue":
            row = rows[data["request_id"], area.area]
            row |= {"overdue": row["overdue"] + 1, "settle_by_ms": data["next_ms"]}
        elif name == "quota.settled":
            early: Row = {"booking_id": None, "decided_ms": None, "overdue": 0, "units": 0, "event_id": decided.event_id}
            row = rows.setdefault((data["request_id"], area.area), early)
            row |= {"settle_by_ms": None, "settled_ms": decided.time_ms}

    def _owed(self, area: Area, decided: Decided, name: str, data: dict[str, Any]) -> None:
        children, owed = self.tables["childcare_children"], self.tables["childcare_entitlements"]
        if name in ("child.restricted", "pickup_persons.recorded"):
            blank = {"pickup_version": None, "pickup_persons": None, "no_shows": 0, "restricted_until_ms": None}
            row = children.setdefault((area.area, data["child_id"]), blank)
            if name == "child.restricted":
                row |= {"no_shows": data["no_shows"], "restricted_until_ms": data["until_ms"]}
            else:
                row |= {"pickup_version": data["version"], "pickup_persons": list(data["persons"])}
        elif name == "entitlement.recorded":
            said = {each: data[each] for each in ("service", "holder_id", "year", "sessions", "due_ms")}
            owed[area.area, data["entitlement_id"]] = said | {
                "state": "owed", "had": None, "recorded_ms": decided.time_ms, "ended_ms": None,
            }  # fmt: skip
        elif name in ("entitlement.met", "entitlement.unmet"):
            owed[area.area, data["entitlement_id"]] |= {"state": name[12:], "had": data["had"], "ended_ms": decided.time_ms}


def _site(row: Row, decided: Decided, name: str, data: dict[str, Any]) -> None:
    """What a fact says of a site, closures that are over left out whenever one is recorded."""
    at_ms = decided.time_ms
    if name == "site.listed":
        row |= {each: data[each] for each in SITE} | {"listed_ms": at_ms}
        row["inspection_due_ms"] = data["inspection_due_ms"] or row["inspection_due_ms"]
    elif name == "inspection.recorded":
        row |= {
            "inspected_ms": at_ms,
            "inspection_result": data["result"],
            "inspection_due_ms": data["next_due_ms"],
            "overdue_since_ms": None,
        }
    elif name == "inspection.overdue":
        row |= {"inspection_due_ms": data["next_due_ms"], "overdue_since_ms": row["overdue_since_ms"] or data["due_ms"]}
    else:
        closures = row["closures"]
        if name == "site.reopening_recorded":
            closures = [
                {**one, "until_ms": min(data["from_ms"], one["until_ms"] or data["from_ms"])}
                for one in closures
                if one["from_ms"] < data["from_ms"]
            ]
        standing = [one for one in closures if one["until_ms"] is None or one["until_ms"] > at_ms]
        if name == "site.closure_recorded":
            standing.append({each: data[each] for each in ("from_ms", "until_ms", "reason")})
        row["closures"] = standing
