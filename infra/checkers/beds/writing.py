"""How the facts of beds are written into the naive picture; `MODEL` is the whole."""

from collections.abc import Callable

from infra.checkers import fold
from infra.checkers.beds.model import Application, Area, Bed, Data, Offer
from infra.checkers.beds.policy import DAY_MS, REMIND_DAYS, in_force
from infra.checkers.civil import minute_ms


def _facility_listed(area: Area, data: Data) -> None:
    area.facility(data["facility_id"]).listed = data


def _reported(area: Area, data: Data) -> None:
    facility = area.facility(data["facility_id"])
    facility.version = max(facility.version, data["version"])
    for bed_id in data["unchanged"]:
        bed = area.beds.get((data["facility_id"], bed_id))
        if bed is not None:
            bed.version = data["version"]
    if data["stale_at_ms"] != facility.stale_at_ms:
        facility.stale_at_ms, facility.silent = data["stale_at_ms"], False


def _silent(area: Area, data: Data) -> None:
    area.facility(data["facility_id"]).silent = True


def _bed_listed(area: Area, data: Data) -> None:
    key = (data["facility_id"], data["bed_id"])
    area.facility(data["facility_id"])
    bed = area.beds.setdefault(key, Bed(*key))
    bed.bed_type, bed.sex, bed.pool = data["bed_type"], data["sex"], data["pool"]
    bed.version, bed.published = data["version"], data["published"]
    if bed.state != data["state"]:
        bed.due.pop("cleaning", None)
    area.move(bed, data["state"])
    if bed.state == "cleaning" and "cleaning" not in bed.due and not asked(area, bed, "cleaning"):
        _expect_clean(area, bed)


def asked(area: Area, bed: Bed, kind: str) -> bool:
    """Whether a human has been asked about this bed."""
    wanted = {"overdue": kind, "facility_id": bed.facility_id, "bed_id": bed.bed_id}
    return any(task["kind"] == "bed_overdue" and wanted.items() <= task["detail"].items() for task in area.about.values())


def _expect_clean(area: Area, bed: Bed) -> None:
    bed.due["cleaning"] = area.now_ms + in_force(area, area.now_ms)["cleaning_s_max"] * 1000


def _queued(area: Area, data: Data) -> None:
    application = Application(
        data, "queued", data["level"], data["score"], data["categories"], data["bed_types"], data["wished"],
        data["assessed_date"], data["assessment_until_ms"],
        due_ms=data["assessment_until_ms"],
    )  # fmt: skip
    if data.get("stay_from") is not None:
        application.lapse_ms = minute_ms(data["stay_from"], data["stay_days"] * 1440)
    area.applications[data["application_id"]] = area.open[data["application_id"]] = application
    area.persons.setdefault(data["person_id"], []).append(application)


def _refused(area: Area, data: Data) -> None:
    area.applications.setdefault(data["application_id"], Application(data, "refused", 0, 0, [], [], [], "", 0))


def _reassessed(area: Area, data: Data) -> None:
    application = area.open.get(data["application_id"])
    if application is None:
        return
    application.level, application.score = data["level"], data["score"]
    application.categories, application.bed_types = data["categories"], data["bed_types"]
    application.wished, application.assessed_date = data["wished"], data["assessed_date"]
    application.assessment_until_ms = data["assessment_until_ms"]
    if data["requeued"] or application.state == "queued":
        area.settle(application, "queued", data["assessment_until_ms"])


def _reassessment_due(area: Area, data: Data) -> None:
    application = area.open.get(data["application_id"])
    if application is not None:
        area.settle(application, "reassess", None)


def _approved(area: Area, data: Data) -> None:
    application = area.open.get(data["application_id"])
    if application is not None:
        application.emergency = True


def _suspended(area: Area, data: Data) -> None:
    application = area.open.get(data["application_id"])
    if application is not None:
        application.refusals = 0 if data["cause"] == "refusals" else application.refusals
        application.suspension = data["cause"]
        area.settle(application, "suspended", data["until_ms"])


def _resumed(area: Area, data: Data) -> None:
    application = area.open.get(data["application_id"])
    if application is not None:
        application.suspension = ""
        area.settle(application, "queued", application.assessment_until_ms)


def _exclusion_ended(area: Area, data: Data) -> None:
    application = area.open.get(data["application_id"])
    for facility_id in data["facility_ids"]:
        if application is not None:
            application.excluded.pop(facility_id, None)


def _ended(area: Area, data: Data) -> None:
    application = area.open.get(data["application_id"])
    if application is not None:
        area.settle(application, data["state"], None)


def _offer_made(area: Area, data: Data) -> None:
    if data.get("override_reason") is not None:
        area.overrides.pop((data["facility_id"], data["bed_id"]), None)
    offer = area.offers[data["offer_id"]] = Offer(data, due_ms=data["expires_at_ms"], made_ms=area.now_ms)
    application, bed = area.open.get(data["application_id"]), area.bed(data)
    if bed is not None:
        bed.offer_id = data["offer_id"]
        area.move(bed, "held")
    if application is not None:
        application.offer_id = data["offer_id"]
        area.settle(application, "offered", offer.due_ms)


def _deadline_moved(area: Area, data: Data) -> None:
    offer, application = area.offers.get(data["offer_id"]), area.open.get(data["application_id"])
    if offer is not None and application is not None:
        offer.due_ms = application.due_ms = data["expires_at_ms"]
        offer.data = {**offer.data, "provisional": data["provisional"]}


def _accepted(area: Area, data: Data) -> None:
    offer, application, bed = area.offers.get(data["offer_id"]), area.open.get(data["application_id"]), area.bed(data)
    if offer is not None:
        offer.state, offer.due_ms = "accepted", data["admit_by_ms"]
    if bed is not None:
        area.move(bed, "reserved")
    if application is not None:
        area.settle(application, "accepted", data["admit_by_ms"])


def _not_taken(cause: str) -> Callable[[Area, Data], None]:
    def write(area: Area, data: Data) -> None:
        offer, application = area.offers.get(data["offer_id"]), area.open.get(data["application_id"])
        if offer is not None:
            offer.told = "facility_declined" if data.get("by") == "facility" else cause
        if application is not None:
            application.refusals = data["refusals"]
            application.excluded[data["facility_id"]] = data["excluded_until_ms"]

    return write


def _released(area: Area, data: Data) -> None:
    offer, application, bed = area.offers.get(data["offer_id"]), area.open.get(data["application_id"]), area.bed(data)
    if offer is not None:
        offer.state = "ended"
    if application is not None:
        application.offer_id = None
        area.settle(application, "queued", application.assessment_until_ms)
    if bed is not None:
        bed.offer_id = None
        area.move(bed, data["state"])
        if bed.state == "cleaning":
            _expect_clean(area, bed)


def _admitted(area: Area, data: Data) -> None:
    offer, bed = area.offers.get(data["offer_id"] or ""), area.bed(data)
    application = area.open.get(data["application_id"] or "") if data["cause"] == "offer" else None
    if offer is not None:
        offer.state = "kept"
    if application is not None:
        application.offer_id = None
        area.settle(application, "admitted", None)
    if bed is None:
        return
    area.move(bed, "occupied")
    bed.published, bed.offer_id = "occupied", None
    bed.resident_id, bed.person_id, bed.until_ms = data["application_id"], data["person_id"], data["until_ms"]
    bed.extensions = data.get("extensions", 0)
    if data["application_id"] is not None:
        _expect_end(area, bed)


def _expect_end(area: Area, bed: Bed) -> None:
    if bed.until_ms is None:
        return
    policy = in_force(area, area.now_ms)
    bed.due["stay"] = max(bed.until_ms + policy["stay_grace_s"] * 1000, area.now_ms)
    notice_ms = bed.until_ms - policy["stay_notice_days"] * DAY_MS
    bed.due.pop("notice", None)
    if notice_ms > area.now_ms:
        bed.due["notice"] = notice_ms


def _extended(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        bed.until_ms, bed.extensions = data["until_ms"], data["extensions"]
        _expect_end(area, bed)


def _ending(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        bed.due.pop("notice", None)


def _overridden(area: Area, data: Data) -> None:
    area.overrides[data["facility_id"], data["bed_id"]] = data


def _taken_back(area: Area, data: Data) -> None:
    offer = area.offers.get(data["offer_id"])
    if offer is not None:
        offer.told = "overridden"


def _vacated(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        area.move(bed, "vacated")
        bed.published = "cleaning"
        bed.resident_id = bed.person_id = bed.until_ms = bed.leave_until_ms = None
        bed.extensions = 0
        bed.due = {"cleaning": data["cleaning_at_ms"]}


def _cleaning(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        area.move(bed, "cleaning")
        bed.due["cleaning"] = data["ready_by_ms"]


def _freed(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        area.move(bed, "free")
        bed.published = "free"
        bed.due.pop("cleaning", None)


def _leave_started(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        bed.due["leave"] = bed.leave_until_ms = data["hold_until_ms"]


def _leave_ended(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        bed.due.pop("leave", None)
        bed.leave_until_ms = None


def _overdue(area: Area, data: Data) -> None:
    bed = area.bed(data)
    if bed is not None:
        bed.due.pop(data["kind"], None)


def _policy_adopted(area: Area, data: Data) -> None:
    for draw in data["parameters"].get("draws", ()) if data["policy"] == "beds" else ():
        area.draws.setdefault(draw["draw_id"], draw["seed_sha256"])


def _task_opened(area: Area, data: Data) -> None:
    area.about[data["task_id"]] = data


def _task_closed(area: Area, data: Data) -> None:
    task = area.about.pop(data["task_id"], None)
    application = area.open.get(task["about"]) if task is not None and task["kind"] == "reassessment_due" else None
    if application is not None and application.state == "reassess":
        application.due_ms = area.now_ms + REMIND_DAYS * DAY_MS


_WRITERS: dict[str, Callable[[Area, Data], None]] = {
    "policy.adopted.v1": _policy_adopted,
    "task.opened.v1": _task_opened,
    "task.closed.v1": _task_closed,
    "beds.facility.listed.v1": _facility_listed,
    "beds.facility.silent.v1": _silent,
    "beds.inventory.reported.v1": _reported,
    "beds.bed.listed.v1": _bed_listed,
    "beds.bed.released.v1": _released,
    "beds.bed.vacated.v1": _vacated,
    "beds.bed.cleaning.v1": _cleaning,
    "beds.bed.freed.v1": _freed,
    "beds.bed.overdue.v1": _overdue,
    "beds.leave.started.v1": _leave_started,
    "beds.leave.ended.v1": _leave_ended,
    "beds.admission.recorded.v1": _admitted,
    "beds.admission.missed.v1": _not_taken("not_admitted"),
    "beds.application.queued.v1": _queued,
    "beds.application.refused.v1": _refused,
    "beds.application.reassessed.v1": _reassessed,
    "beds.application.reassessment_due.v1": _reassessment_due,
    "beds.application.approved.v1": _approved,
    "beds.application.suspended.v1": _suspended,
    "beds.application.resumed.v1": _resumed,
    "beds.application.exclusion_ended.v1": _exclusion_ended,
    "beds.application.ended.v1": _ended,
    "beds.allocation.overridden.v1": _overridden,
    "beds.stay.extended.v1": _extended,
    "beds.stay.ending.v1": _ending,
    "beds.offer.withdrawn.v1": _taken_back,
    "beds.offer.made.v1": _offer_made,
    "beds.offer.deadline_moved.v1": _deadline_moved,
    "beds.offer.accepted.v1": _accepted,
    "beds.offer.declined.v1": _not_taken("declined"),
    "beds.offer.expired.v1": _not_taken("expired"),
}

MODEL = fold.Model(Area, _WRITERS)
"""How beds are folded."""
