"""Why not me: a certificate of one past allocation for one applicant, and its check from the journal alone (B15).

A certificate names people by salted hashes only. Whoever holds the salt and their own application id finds themselves; nobody
else finds anybody. It can be checked offline by whoever holds the facts of the area's journal: `verify` works the line out
again from them with `agents.beds.record`, which shares nothing with the index that decided.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from agents.beds.domain import Beds
from agents.beds.lines import first_for, goes_to, policy_today, ready
from agents.beds.order import bonus, id_of, key_of, tie_of, values
from agents.beds.record import Place, Record
from agents.beds.state import Application, BedsState, Facility, Group
from agents.beds.stock import bed_of
from schemas.beds_facts import OfferMade
from schemas.beds_reasons import BedsRule
from schemas.decisions import Decision

Certificate = dict[str, Any]
AHEAD_LISTED_MAX = 1000
VERSION = 1


class Allocation(NamedTuple):
    """One offer as the journal has it, with the state as it was when it was made: every fact before it evolved."""

    state: BedsState
    offer: OfferMade
    seq: int
    time_ms: int


def allocation(area: str, decisions: Iterable[tuple[int, Decision]], offer_id: str) -> Allocation | None:
    """Fold the journal (its sequence numbers and decisions, in order) up to this offer; None when it does not hold it."""
    domain = Beds()
    state = domain.blank(area)
    now_ms = 0
    for seq, decision in decisions:
        now_ms = max(now_ms, decision.time_ms)
        domain.forget(state, now_ms)
        for reasoned in decision.facts:
            if isinstance(reasoned.fact, OfferMade) and reasoned.fact.offer_id == offer_id:
                return Allocation(state, reasoned.fact, seq, now_ms)
            domain.evolve(state, reasoned.fact, now_ms)
    return None


def opaque(salt: str, application_id: str) -> str:
    """How a certificate names an application: sha256("<salt>:<application_id>"), its first 32 hex digits."""
    return hashlib.sha256(f"{salt}:{application_id}".encode()).hexdigest()[:32]


def why_not(found: Allocation, application_id: str, salt: str) -> Certificate:
    """Why this bed did not go to this application: the rule that ruled it out, or who was ahead and by which criterion."""
    state, offer = found.state, found.offer
    policy = policy_today(state)
    bed = bed_of(state, offer.facility_id, offer.bed_id)
    assert bed is not None
    group = bed.facility.groups[(bed.bed_type, bed.sex, bed.pool)]
    application = state.applications.get(application_id)
    certificate: Certificate = {
        "certificate": VERSION,
        "area": state.area,
        "salt": salt,
        "application": opaque(salt, application_id),
        "offer_id": offer.offer_id,
        "seq": found.seq,
        "time_ms": found.time_ms,
        "facility_id": offer.facility_id,
        "bed_id": offer.bed_id,
        "policy": state.policies.version,
        "order": list(policy.order),
        "winner": {"application": opaque(salt, offer.application_id), "key": list(offer.key), "tie": offer.tie},
        "override": offer.override_reason,
        "mine": None,
        "rule": BedsRule.NOT_QUEUED.value,
        "criterion": None,
        "ahead": [],
        "ahead_count": 0,
        "draw": None,
    }
    if application is None:
        return certificate
    if application.application_id == offer.application_id:
        return {**certificate, "rule": None, "mine": {"key": list(offer.key), "tie": offer.tie}}
    points = bonus(policy, application.eligible_day, state.today)
    key = key_of(policy, application, points)
    certificate["mine"] = {"key": list(values(policy, application, points)), "tie": tie_of(key)}
    certificate["draw"] = next((draw.model_dump() for draw in policy.draws if draw.draw_id == application.draw_id), None)
    rule = _ruled_out(state, application, group)
    own = bed.pool == "street" and application.street == bed.facility.street
    if rule is None and offer.override_reason is not None:
        winner = state.applications[offer.application_id]
        assert winner.key is not None
        rule = _passed((bed.pool == "street" and winner.street == bed.facility.street, winner.key), (own, key))
        ahead = _ahead(state, group, own, key)
        return {**certificate, **_behind(certificate, offer, rule, [opaque(salt, name) for name in ahead])}
    if rule is None and offer.lane == "own_street" and application.street != bed.facility.street:
        rule = BedsRule.STREET_FIRST
    if rule is not None:
        return {**certificate, "rule": rule.value}
    ahead = _ahead(state, group, offer.lane == "own_street", key)
    return {**certificate, **_behind(certificate, offer, BedsRule.BEHIND, [opaque(salt, name) for name in ahead])}


def _passed(winner: tuple[bool, Any], mine: tuple[bool, Any]) -> BedsRule:
    """Of an allocation out of order: whether it passed somebody whom the bed suited, who would have come before (whether by their
    street's right, and the place in line)."""
    if winner[0] != mine[0]:
        return BedsRule.OVERTAKEN if mine[0] else BedsRule.STREET_FIRST
    return BedsRule.OVERTAKEN if mine[1] < winner[1] else BedsRule.BEHIND


def _behind(certificate: Certificate, offer: OfferMade, rule: BedsRule, ahead: list[str]) -> Certificate:
    if rule is BedsRule.STREET_FIRST:
        return {"rule": rule.value}
    first = criterion(tuple(certificate["order"]), offer.key, tuple(certificate["mine"]["key"]))
    return {"rule": rule.value, "criterion": first, "ahead": ahead[:AHEAD_LISTED_MAX], "ahead_count": len(ahead)}


def criterion(order: tuple[str, ...], first: tuple[int, ...], second: tuple[int, ...]) -> str:
    """The first criterion in which two keys differ; ``tie`` when none does."""
    return next((name for name, one, other in zip(order, first, second, strict=True) if one != other), "tie")


def _ruled_out(state: BedsState, application: Application, group: Group) -> BedsRule | None:
    policy = policy_today(state)
    if not ready(state, application):
        siblings = (state.applications[other] for other in state.persons[application.person_id])
        return BedsRule.OPEN_OFFER if any(each.bed is not None for each in siblings) else BedsRule.NOT_QUEUED
    if group.bed_type not in application.bed_types:
        return BedsRule.TYPE
    if application.sex not in group.sexes:
        return BedsRule.SEX
    assert first_for(state, policy, group) is not None, "the bed went to somebody"
    facility: Facility = group.facility
    if not goes_to(application, facility):
        chosen = not application.choices or facility.place_id in application.choices
        return BedsRule.TOO_FAR if chosen else BedsRule.NOT_CHOSEN
    return BedsRule.EXCLUDED if facility.place_id in application.excluded else None


def _ahead(state: BedsState, group: Group, by_right: bool, key: str) -> list[str]:
    """Everybody this bed suited who was ahead, in order."""
    street = group.facility.street
    ahead = []
    for application in state.applications.values():
        if application.key is None or application.key >= key or (by_right and application.street != street):
            continue
        if _ruled_out(state, application, group) is None:
            ahead.append(application.key)
    return [id_of(each) for each in sorted(ahead)]


def verify(certificate: Certificate, application_id: str, facts: Iterable[tuple[int, int, str, dict[str, Any]]]) -> list[str]:
    """Check a certificate against the journal: facts as (sequence, instant in ms, type, data), in order, to the offer at least.

    Returns what does not hold, empty when all does. Needs neither the state nor the code that decided.
    """
    record = Record()
    for seq, now_ms, kind, data in facts:
        if kind == "beds.offer.made.v1" and data["offer_id"] == certificate["offer_id"]:
            return _compared(certificate, application_id, record, (seq, now_ms, data))
        record.apply(kind, data)
    return ["the journal does not hold the offer"]


def _compared(certificate: Certificate, application_id: str, record: Record, made: tuple[int, int, dict[str, Any]]) -> list[str]:
    seq, now_ms, offer = made
    salt = certificate["salt"]
    version, policy = record.policy(now_ms)
    line, by_right = record.line(offer["facility_id"], offer["bed_id"], now_ms)
    reason = offer.get("override_reason")
    if reason is not None:
        word = record.overrides.get((offer["facility_id"], offer["bed_id"]), {})
        if (word.get("application_id"), word.get("reason")) != (offer["application_id"], reason) or reason not in policy.override_reasons:
            return ["the bed went out of order without a coded reason"]
        line = [record.place(offer["application_id"], now_ms)]
    winner = line[0] if line else Place((), "", "")
    expected: Certificate = {
        "application": opaque(salt, application_id),
        "seq": seq,
        "time_ms": now_ms,
        "facility_id": offer["facility_id"],
        "bed_id": offer["bed_id"],
        "policy": version,
        "order": list(policy.order),
        "winner": {"application": opaque(salt, winner.application_id), "key": list(winner.key), "tie": winner.tie},
        "override": reason,
        "mine": None,
        "rule": BedsRule.NOT_QUEUED.value,
        "criterion": None,
        "ahead": [],
        "ahead_count": 0,
    }
    if winner.application_id != offer["application_id"]:
        return ["the bed did not go to the first in order"]
    if application_id in record.applications:
        expected |= _of_mine(record, application_id, made, (line, by_right), salt)
    return [f"{name} is not what the journal says" for name, value in expected.items() if certificate.get(name) != value]


def _of_mine(
    record: Record, application_id: str, made: tuple[int, int, dict[str, Any]], found: tuple[list[Place], bool], salt: str
) -> Certificate:
    _, now_ms, offer = made
    line, by_right = found
    place = record.place(application_id, now_ms)
    mine: Certificate = {"mine": {"key": list(place.key), "tie": place.tie}}
    if application_id == offer["application_id"]:
        return {**mine, "rule": None}
    rule = record.ruled_out(application_id, offer["facility_id"], offer["bed_id"], now_ms)
    if rule is None and offer.get("override_reason") is not None:
        return {**mine, **_overtaken(record, place, offer, now_ms, salt)}
    street = record.facilities[offer["facility_id"]]["street"]
    if rule is None and by_right and record.applications[application_id]["street"] != street:
        rule = BedsRule.STREET_FIRST
    if rule is not None:
        return {**mine, "rule": rule.value}
    ahead = [each.application_id for each in line if each < place]
    return {
        **mine,
        "rule": BedsRule.BEHIND.value,
        "criterion": criterion(record.policy(now_ms)[1].order, line[0].key, place.key),
        "ahead": [opaque(salt, name) for name in ahead[:AHEAD_LISTED_MAX]],
        "ahead_count": len(ahead),
    }


def _overtaken(record: Record, place: Place, offer: dict[str, Any], now_ms: int, salt: str) -> Certificate:
    """The same of somebody whom a bed suited that was given out of order."""
    facility_id, bed_id = offer["facility_id"], offer["bed_id"]
    street = record.facilities[facility_id]["street"] if record.beds[(facility_id, bed_id)]["pool"] == "street" else None
    first = record.place(offer["application_id"], now_ms)
    mine_own, first_own = (record.applications[each.application_id]["street"] == street for each in (place, first))
    rule = _passed((first_own, first), (mine_own, place))
    if rule is BedsRule.STREET_FIRST:
        return {"rule": rule.value}
    suited = record.suited(facility_id, bed_id, now_ms)
    ahead = [each.application_id for each in suited if each < place]
    if mine_own:
        ahead = [name for name in ahead if record.applications[name]["street"] == street]
    return {
        "rule": rule.value,
        "criterion": criterion(record.policy(now_ms)[1].order, first.key, place.key),
        "ahead": [opaque(salt, name) for name in ahead[:AHEAD_LISTED_MAX]],
        "ahead_count": len(ahead),
    }
