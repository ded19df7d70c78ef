"""What each event deserves on the naive picture: the invariant it proves, and the reason of its refusal (None: accepted).

Written from the contract, B-R1..B-R10 and the named reasons; a list of rules in the order they are asked.
"""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from infra.checkers.beds.model import Application, Area, Bed
from infra.checkers.beds.order import Moment
from infra.checkers.beds.policy import DEFAULTS, Parameters, in_force
from infra.checkers.civil import day_of, minute_ms

Data = dict[str, Any]


def _known(area: Area, application_id: str) -> tuple[Application | None, str | None]:
    found = area.open.get(application_id)
    if found is not None:
        return found, None
    return None, "application_closed" if application_id in area.applications else "unknown_application"


def _offer(area: Area, data: Data, *, by_home: bool = False) -> str | None:
    found, reason = _known(area, data["application_id"])
    if found is None:
        return reason
    if found.offer_id != data["offer_id"]:
        made = [(name, one) for name, one in area.offers.items() if one.data["application_id"] == data["application_id"]]
        ran_out = [name for name, one in made if one.told == "expired"]
        if data["offer_id"] not in [name for name, _ in made]:
            return "unknown_offer"
        return "offer_expired" if data["offer_id"] in ran_out[-1:] else "offer_not_open"
    if found.state != "offered" and not by_home:
        return "offer_not_open"
    assert found.due_ms is not None
    if found.state == "offered" and area.now_ms >= found.due_ms:
        return "offer_expired"
    if by_home and data["reason"] not in in_force(area, area.now_ms)["facility_reasons"]:
        return "reason_unknown"
    return None


def _admission(area: Area, data: Data) -> str | None:
    bed = area.bed(data)
    if bed is None:
        return "unknown_bed"
    if data.get("application_id") is None:
        return None if bed.state == "free" else "bed_not_free"
    found, reason = _known(area, data["application_id"])
    if found is None:
        return reason
    if found.offer_id is None or bed.offer_id != found.offer_id:
        return "no_offer"
    assert found.due_ms is not None
    if area.now_ms >= found.due_ms:
        return "offer_expired" if found.state == "offered" else "admission_too_late"
    return None


def _vacating(area: Area, data: Data) -> str | None:
    bed = area.bed(data)
    if bed is None:
        return "unknown_bed"
    if bed.state != "occupied":
        return "bed_not_occupied"
    named = data.get("application_id")
    return None if named is None or named == bed.resident_id else "not_the_resident"


def _cleaning(area: Area, data: Data) -> str | None:
    bed = area.bed(data)
    if bed is None:
        return "unknown_bed"
    return None if bed.state in ("vacated", "cleaning") else "bed_not_vacated"


def _bed_of(area: Area, application_id: str) -> Bed | None:
    return next((bed for bed in area.beds.values() if bed.resident_id == application_id), None)


def _transfer(area: Area, data: Data) -> str | None:
    bed = area.bed(data)
    if _bed_of(area, data["application_id"]) is None:
        return "not_resident"
    if bed is None:
        return "unknown_bed"
    return None if bed.state == "free" else "bed_not_free"


def _leave(area: Area, data: Data) -> str | None:
    bed = _bed_of(area, data["application_id"])
    if bed is None:
        return "not_resident"
    if bed.leave_until_ms is not None:
        return "already_on_leave"
    return "date_past" if data.get("until") is not None and data["until"] < day_of(area.now_ms) else None


def _back(area: Area, data: Data) -> str | None:
    bed = _bed_of(area, data["application_id"])
    if bed is None:
        return "not_resident"
    return None if bed.leave_until_ms is not None else "not_on_leave"


def _withdrawal(area: Area, data: Data) -> str | None:
    return _known(area, data["application_id"])[1]


def _pause(area: Area, data: Data) -> str | None:
    found, reason = _known(area, data["application_id"])
    if found is None:
        return reason
    if found.state != "queued" and not (found.state == "suspended" and found.suspension == "own_wish"):
        return "not_waiting"
    today = date.fromisoformat(day_of(area.now_ms))
    latest = today + timedelta(days=in_force(area, area.now_ms)["pause_days_max"])
    until = latest if data.get("until") is None else date.fromisoformat(data["until"])
    if until <= today:
        return "date_past"
    return "date_too_far" if until > latest else None


def _resumption(area: Area, data: Data) -> str | None:
    found, reason = _known(area, data["application_id"])
    if found is None:
        return reason
    return None if found.state == "suspended" and found.suspension == "own_wish" else "not_paused"


def _approval(area: Area, data: Data) -> str | None:
    found, reason = _known(area, data["application_id"])
    if found is None:
        return reason
    return "already_approved" if found.emergency else None


def _override(area: Area, data: Data) -> str | None:
    found, reason = _known(area, data["application_id"])
    bed = area.bed(data)
    if found is None:
        return reason
    if bed is None:
        return "unknown_bed"
    policy = in_force(area, area.now_ms)
    facility = area.facility(bed.facility_id)
    rules = (
        (data["reason"] not in policy["override_reasons"], "reason_unknown"),
        (bed.offer_id is not None and bed.offer_id == found.offer_id, "already_promised"),
        (found.assessment_until_ms <= area.now_ms, "assessment_expired"),
        (bed.state not in ("free", "held") or bed.published != "free", "bed_not_free"),
        (bed.bed_type not in found.bed_types or bed.sex not in ("any", found.first["sex"]), "bed_unsuitable"),
        (not Moment(area, area.now_ms).usable(bed) or facility.stale_at_ms <= area.now_ms, "bed_not_offered"),
    )
    return next((name for broken, name in rules if broken), None)


def _extension(area: Area, data: Data) -> str | None:
    bed = _bed_of(area, data["application_id"])
    if bed is None:
        return "not_resident"
    if bed.until_ms is None:
        return "no_end"
    if area.now_ms >= bed.until_ms:
        return "stay_over"
    policy = in_force(area, area.now_ms)
    if data["days"] > policy["stay_extension_days_max"]:
        return "extension_too_long"
    if bed.extensions >= policy["stay_extensions_max"]:
        return "extensions_used"
    free_for_all = policy["stay_extension_if_waiting"] or Moment(area, area.now_ms).waiter(bed) is None
    return None if free_for_all else "somebody_waits"


def _death(area: Area, data: Data) -> str | None:
    person_id = data["person_id"]
    lies = any(bed.person_id == person_id and bed.resident_id is not None for bed in area.beds.values())
    return None if area.persons.get(person_id) or lies else "unknown_person"


def _not_eligible(policy: Parameters, asked: Data, now_ms: int) -> str | None:
    """The first rule of B-R1, B-R3 and B-R10 that an assessment breaks."""
    ranked = [category for one in policy["priority_classes"] for category in one["categories"]]
    names = [*ranked, *policy["categories_plain"], *policy["categories_eligible"], *policy["categories_hospital"]]
    if any(category not in names for category in asked["categories"]):
        return "category_unknown"
    if any(category in policy["categories_hospital"] for category in asked["categories"]):
        return "needs_hospital"
    if policy["categories_eligible"] and not set(policy["categories_eligible"]) & set(asked["categories"]):
        return "not_registered"
    if asked["assessed_on"] > day_of(now_ms):
        return "assessment_in_future"
    if minute_ms(asked["assessed_on"], policy["assessment_valid_days"] * 1440) <= now_ms:
        return "assessment_expired"
    minima = [policy["level_min"].get(kind) for kind in asked["bed_types"]]
    if None in minima:
        return "bed_type_unknown"
    return None if any(asked["assessed_level"] >= least for least in minima) else "level_below"


def _application(area: Area, data: Data) -> str | None:
    known = area.applications.get(data["application_id"])
    if known is not None:
        ended = "application_already_refused" if known.state == "refused" else "application_closed"
        return "application_exists" if data["application_id"] in area.open else ended
    policy, stay, today = in_force(area, area.now_ms), data.get("stay_days"), day_of(area.now_ms)
    reason = _not_eligible(policy, data, area.now_ms)
    if reason is not None:
        return reason
    if data.get("age") is not None and data["age"] < policy["age_min"]:
        return "age_below"
    if "respite" in data["bed_types"] and stay is None:
        return "stay_missing"
    if (stay is not None) != (set(data["bed_types"]) == {"respite"}):
        return "stay_not_respite"
    if stay is not None and stay > policy["stay_days_max"]:
        return "stay_too_long"
    begins = data.get("stay_from")
    if begins is not None and stay is None:
        return "stay_not_respite"
    if begins is not None and begins < today:
        return "date_past"
    if begins is not None and date.fromisoformat(begins) > date.fromisoformat(today) + timedelta(days=policy["stay_ahead_days_max"]):
        return "date_too_far"
    if data.get("applied_on") is not None and data["applied_on"] > today:
        return "date_in_future"
    mine = [one.first["stay_days"] is None for one in area.persons.get(data["person_id"], ())]
    return "duplicate_person" if (stay is None) in mine else None


def _assessment(area: Area, data: Data) -> str | None:
    """A reassessment that ends an application is accepted: it ends it by the rule."""
    found, reason = _known(area, data["application_id"])
    if found is None:
        return reason
    if data["assessed_on"] < found.assessed_date:
        return "assessment_stale"
    types = found.wished if data.get("bed_types") is None else data["bed_types"]
    types, stays = list(dict.fromkeys(types)), found.first["stay_days"] is not None
    if ("respite" in types) != stays or (stays and len(types) > 1):
        return "stay_not_respite"
    categories = found.categories if data.get("categories") is None else data["categories"]
    reason = _not_eligible(in_force(area, area.now_ms), {**data, "categories": categories, "bed_types": types}, area.now_ms)
    return None if reason in ("level_below", "needs_hospital", "not_registered") else reason


def _inventory(area: Area, data: Data) -> str | None:
    facility, seen, taken = area.facilities.get(data["facility_id"]), set(), False
    for row in data["beds"]:
        bed = area.beds.get((data["facility_id"], row["bed_id"]))
        taken = taken or (row["bed_id"] not in seen and (bed is None or data["version"] > bed.version))
        seen.add(row["bed_id"])
    newer = facility is None or data["version"] > facility.version
    return None if taken or newer else "stale_version"


def _policy(area: Area, data: Data) -> str | None:
    held = [one for one in area.policies if one["policy"] == data["policy"]]
    parameters = data["parameters"]
    if data["policy"] == "calendar":
        days = [*parameters["holidays"], *parameters.get("workdays", ())]
        if len(set(days)) != len(days) or any(int(day[:4]) != parameters["year"] for day in days):
            return "invalid_policy"
        latest = [one["version"] for one in held if one["parameters"]["year"] == parameters["year"]][-1:]
        return "stale_version" if latest == [data["version"]] else None
    if any(one["version"] == data["version"] for one in held):
        return "stale_version"
    broken = [draw for draw in parameters.get("draws", ()) if _draw_broken(area, draw)]
    return "invalid_policy" if broken or not parameters.keys() <= DEFAULTS.keys() else None


def _draw_broken(area: Area, draw: Data) -> bool:
    committed, seed = area.draws.get(draw["draw_id"]), draw.get("seed")
    if seed is not None and hashlib.sha256(seed.encode()).hexdigest() != draw["seed_sha256"]:
        return True
    return draw["seed_sha256"] != committed and (committed is not None or seed is not None)


def _says(invariant: str, rule: Callable[[Area, Data], str | None]) -> Callable[[Area, Data], tuple[str, str | None]]:
    return lambda area, data: (invariant, rule(area, data))


DESERVED: dict[str, Callable[[Area, Data], tuple[str, str | None]]] = {
    "beds.facility.registered.v1": _says("I06", lambda area, data: None),  # noqa: ARG005 - always taken
    "beds.inventory.published.v1": _says("C06", _inventory),
    "beds.application.submitted.v1": _says("I05", _application),
    "beds.application.reassessed.v1": _says("W02", _assessment),
    "beds.application.withdrawn.v1": _says("I06", _withdrawal),
    "beds.application.paused.v1": _says("I06", _pause),
    "beds.application.resumed.v1": _says("I06", _resumption),
    "beds.person.died.v1": _says("I06", _death),
    "beds.priority.approved.v1": _says("I06", _approval),
    "beds.allocation.overridden.v1": _says("W01", _override),
    "beds.extension.requested.v1": _says("T02", _extension),
    "beds.offer.accepted.v1": _says("C04", _offer),
    "beds.offer.declined.v1": _says("C04", _offer),
    "beds.facility.declined.v1": _says("C04", lambda area, data: _offer(area, data, by_home=True)),
    "beds.admission.confirmed.v1": _says("C01", _admission),
    "beds.bed.vacated.v1": _says("C05", _vacating),
    "beds.bed.cleaned.v1": _says("C05", _cleaning),
    "beds.resident.transferred.v1": _says("C01", _transfer),
    "beds.leave.started.v1": _says("I06", _leave),
    "beds.leave.ended.v1": _says("I06", _back),
    "policy.published.v1": _says("DRAW", _policy),
}
"""Event type to what it deserves."""
