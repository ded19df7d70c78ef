"""What the tables of beds must hold, folded from the journal with the naive picture (L02).

Left out: columns that only show when something was last touched (``changed_ms``, ``reported_ms``, ``listed_ms``). The history is compared
by its number of facts of each type and application.
"""

from typing import Any, ClassVar

from infra.checkers.beds.model import PROMISED, Application, Area, Bed
from infra.checkers.civil import day_of
from infra.checkers.expected import Columns, Expected, Row
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

AS_SAID = (
    "person_id", "lat", "lon", "street", "sex", "level", "score", "assessment_until_ms", "categories", "priority_class", "bed_types",
    "wished", "choices", "within_m", "stay_days", "stay_from", "draw_id", "arrival",
)  # fmt: skip
REASSESSED = ("level", "score", "assessment_until_ms", "categories", "priority_class", "bed_types", "wished")
OFFERED = (
    "application_id", "facility_id", "bed_id", "bed_type", "bed_sex", "pool", "lane", "distance_m", "tie", "next_application_id",
    "next_key", "next_tie", "waiting", "provisional", "override_reason",
)  # fmt: skip
PLACED = ("facility_id", "bed_id", "application_id", "offer_id", "bed_type", "pool", "cause", "sex", "waited_days")


class BedsExpected(Expected[Area]):
    """Homes, beds, applications, offers, placements, vacancies, the quota."""

    OWN_KEYS: ClassVar[dict[str, Columns]] = {
        "beds_facilities": ("area", "facility_id"),
        "beds_beds": ("area", "facility_id", "bed_id"),
        "beds_applications": ("application_id", "area"),
        "beds_offers": ("offer_id", "area"),
        "beds_placements": ("area", "partition", "journal_offset", "record_index", "fact_index"),
        "beds_vacancies": ("area", "facility_id", "bed_type", "day"),
        "beds_pools": ("area",),
    }
    COUNTED: ClassVar[dict[str, Columns]] = {"beds_application_history": ("area", "application_id", "fact_type")}

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Which of its decision's facts this is says where a placement's row stands."""
        facts = decided.body["facts"]
        self._place = (decided.partition, decided.offset, decided.place, next(n for n, one in enumerate(facts) if one is fact))
        super().before(area, decided, fact)

    def rows_of(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        """One fact, on the picture before it."""
        name = kind.removeprefix("beds.").removesuffix(".v1")
        if name == kind:
            return
        self._history(area, kind, data)
        if name.startswith("pool."):
            said = {each: data[each] for each in ("pooled", "basic", "percent_min")}
            self.tables["beds_pools"][area.area,] = {"below_quota": name == "pool.below_quota", **said}
        if data.get("offer_id") is not None:
            self._offer(area, decided, name, data)
        if data.get("application_id") is not None:
            self._application(area, decided, name, data)
        bed = area.bed(data) if "bed_id" in data else None
        if "bed_id" in data:
            self._bed(area, decided, name, data, bed)

    def end(self, areas: dict[str, Area]) -> None:
        """Where everything stands at last."""
        for area in areas.values():
            for facility_id, one in area.facilities.items():
                listed = one.listed or {}
                row = {name: listed.get(name) for name in ("name", "lat", "lon", "street")}
                row |= {"version": one.version, "stale_at_ms": one.stale_at_ms or None, "silent": one.silent}
                self.tables["beds_facilities"][area.area, facility_id] = row
            for bed in area.beds.values():
                offer = area.offers.get(bed.offer_id or "")
                row = self.tables["beds_beds"].setdefault((area.area, *bed.key), {"conflicted": False})
                row |= {
                    "bed_type": bed.bed_type, "sex": bed.sex, "pool": bed.pool, "state": bed.state, "published": bed.published,
                    "offer_id": bed.offer_id, "application_id": None if offer is None else offer.data["application_id"],
                    "resident_id": bed.resident_id, "person_id": bed.person_id, "until_ms": bed.until_ms,
                    "leave_until_ms": bed.leave_until_ms,
                }  # fmt: skip
            for one_ in area.applications.values():
                self.tables["beds_applications"][one_.application_id, area.area] |= self._stands(one_)

    def _stands(self, one: Application) -> Row:
        promised, suspended, over = one.state in PROMISED, one.state == "suspended", one.state in ("refused", "admitted")
        row: Row = {
            "state": one.state, "emergency": one.emergency, "refusals": one.refusals, "offer_id": one.offer_id,
            "promised_until_ms": one.due_ms if promised else None, "suspension": one.suspension if suspended else None,
            "suspended_until_ms": one.due_ms if suspended else None,
        }  # fmt: skip
        ended = over or one.state in ("withdrawn", "deceased", "ineligible")
        row["excluded"] = {} if ended else one.excluded
        return row if promised or over else row | {"facility_id": None, "bed_id": None}

    def _history(self, area: Area, kind: str, data: dict[str, Any]) -> None:
        name = data.get("application_id")
        if name is not None and kind != "beds.bed.conflicted.v1":
            self.counts["beds_application_history"][area.area, name, kind] += 1

    def _application(self, area: Area, decided: Decided, name: str, data: dict[str, Any]) -> None:
        applications, key = self.tables["beds_applications"], (data["application_id"], area.area)
        if name == "application.queued":
            applications[key] = {each: data.get(each) for each in AS_SAID} | {
                "assessed_day": data["assessed_date"], "eligible_day": data["eligible_date"], "reason": None, "approver": None, "offers": 0,
                "rank_first": data["rank"], "queued_ms": decided.time_ms, "admitted_ms": None, "waited_days": None, "left_ms": None,
                "event_id": decided.event_id,
            }  # fmt: skip
        elif name == "application.refused":
            applications[key] = dict.fromkeys((*AS_SAID, "assessed_day", "eligible_day", "rank_first", "queued_ms")) | {
                "person_id": data["person_id"], "reason": data["reason"], "offers": 0, "event_id": decided.event_id,
            }  # fmt: skip
        row = applications.get(key)
        if row is None:
            return
        match name:
            case "application.reassessed":
                row |= {each: data[each] for each in REASSESSED} | {"assessed_day": data["assessed_date"]}
            case "application.approved":
                row["approver"] = data["approver"]
            case "application.ended":
                row["reason"] = data["reason"]
            case "offer.made":
                row |= {"offers": row["offers"] + 1, "facility_id": data["facility_id"], "bed_id": data["bed_id"]}
            case "admission.recorded":
                row |= {"facility_id": data["facility_id"], "bed_id": data["bed_id"]}
                if data["cause"] == "offer":
                    row |= {"admitted_ms": decided.time_ms, "waited_days": data["waited_days"]}
            case "bed.vacated" if data["reason"] != "transfer":
                row["left_ms"] = decided.time_ms
            case _:
                pass

    def _offer(self, area: Area, decided: Decided, name: str, data: dict[str, Any]) -> None:
        offers, key, now_ms = self.tables["beds_offers"], (data["offer_id"], area.area), decided.time_ms
        if name == "offer.made":
            offers[key] = {each: data.get(each) for each in OFFERED} | {
                "criteria": data["order"], "sort_key": data["key"], "made_ms": now_ms, "expires_ms": data["expires_at_ms"], "state": "open",
                "by": None, "reason": None, "counted": None, "answered_ms": None, "admit_by_ms": None, "ended_ms": None,
                "partition": decided.partition, "journal_offset": decided.offset, "event_id": decided.event_id,
            }  # fmt: skip
        row = offers.get(key)
        if row is None:
            return
        ended = {"ended_ms": now_ms}
        match name:
            case "offer.deadline_moved":
                row |= {"expires_ms": data["expires_at_ms"], "provisional": data["provisional"]}
            case "offer.accepted":
                row |= {"state": "accepted", "answered_ms": now_ms, "admit_by_ms": data["admit_by_ms"]}
            case "offer.declined":
                row |= {"state": "declined", "answered_ms": now_ms, **{each: data[each] for each in ("by", "reason", "counted")}, **ended}
            case "offer.expired" | "admission.missed":
                row |= {"state": "expired" if name == "offer.expired" else "missed", "counted": data["counted"], **ended}
            case "bed.released" if row["ended_ms"] is None:
                row |= {"state": "released", "reason": data["cause"], **ended}
            case "admission.recorded":
                row |= {"state": "admitted", **ended}
            case _:
                pass

    def _bed(self, area: Area, decided: Decided, name: str, data: dict[str, Any], bed: Bed | None) -> None:
        row = self.tables["beds_beds"].setdefault((area.area, data["facility_id"], data["bed_id"]), {"conflicted": False, "overdue": None})
        to = {"bed.freed": "free"}.get(name, data.get("state") if name in ("bed.listed", "bed.released") else None)
        if to == "free" and bed is not None and bed.state not in ("held", "reserved", "free"):
            place = (area.area, data["facility_id"], data.get("bed_type", bed.bed_type), day_of(decided.time_ms))
            self.tables["beds_vacancies"].setdefault(place, {"freed": 0})["freed"] += 1
        if name == "bed.listed":
            row["version"] = data["version"]
            row["overdue"] = None if data["from_state"] != data["state"] else row["overdue"]
        elif name in ("bed.conflicted", "bed.reconciled", "bed.released", "bed.vacated", "admission.recorded"):
            row["conflicted"] = name == "bed.conflicted"
        if name in ("bed.vacated", "bed.freed", "leave.ended"):
            row["overdue"] = None
        elif name == "bed.overdue":
            row["overdue"] = data["kind"]
        if name in ("bed.vacated", "admission.recorded") and bed is not None:
            said = {**data, "bed_type": bed.bed_type, "pool": bed.pool, "cause": data.get("cause", data.get("reason"))}
            self.tables["beds_placements"][area.area, *self._place] = {each: said.get(each) for each in PLACED} | {
                "kind": name.partition(".")[2].replace("recorded", "admitted"), "day": day_of(decided.time_ms), "at_ms": decided.time_ms,
            }  # fmt: skip
