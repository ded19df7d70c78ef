"""`laoxiao why`: why one bed did not go to one applicant, as a certificate (B15), and the check of one from the journal alone."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.beds.certificate import Certificate, allocation, opaque, verify, why_not
from infra.cli.journal_copy import JournalCopy, PlainFact, journal_copies, partitions_of
from infra.settings import Settings
from schemas.journal import instant
from streams.partitioning import home_partition

DOMAIN = "beds"
OFFER_MADE = "beds.offer.made.v1"
ENDS = ("beds.application.ended.v1", "beds.application.refused.v1")


class NothingFound(LookupError):
    """The journal holds no such application, or no allocation it waited for."""


@dataclass(slots=True)
class _Offers:
    """The allocations of a journal as one applicant may ask about them."""

    application_id: str
    area: str | None = None
    types: tuple[str, ...] = ()
    sex: str = ""
    waiting: bool = False
    fitting: PlainFact | None = None
    """The last one, made to another while they waited, of a bed of their type and sex."""
    any_other: PlainFact | None = None
    seen: dict[str, PlainFact] = field(default_factory=dict)

    def take(self, area: str, fact: PlainFact) -> None:
        """One fact of the journal."""
        data = fact.data
        if fact.type == OFFER_MADE:
            self._offer(area, fact)
        elif data.get("application_id") != self.application_id:
            return
        elif fact.type == "beds.application.queued.v1":
            self.area, self.sex, self.types, self.waiting = area, data["sex"], tuple(data["bed_types"]), True
        elif fact.type == "beds.application.reassessed.v1":
            self.types = tuple(data["bed_types"])
        elif fact.type in ENDS or (fact.type == "beds.admission.recorded.v1" and data["cause"] == "offer"):
            self.area, self.waiting = area, False

    def _offer(self, area: str, fact: PlainFact) -> None:
        self.seen[fact.data["offer_id"]] = fact
        if not self.waiting or area != self.area or fact.data["application_id"] == self.application_id:
            return
        self.any_other = fact
        if fact.data["bed_type"] in self.types and fact.data["bed_sex"] in ("any", self.sex):
            self.fitting = fact


def certify(journal: JournalCopy, application_id: str, *, at: int | None = None, offer_id: str | None = None, salt: str) -> Certificate:
    """The certificate of one allocation: of this offer, or of the last one up to sequence number `at` that the applicant waited for,
    a bed of their own type before any other. Raises `NothingFound`."""
    offers = _Offers(application_id)
    for area, fact in journal.facts():
        if at is not None and fact.seq > at:
            break
        offers.take(area, fact)
    if offers.area is None:
        raise NothingFound("the journal holds no such application")
    asked = offers.seen.get(offer_id) if offer_id is not None else offers.fitting or offers.any_other
    if asked is None:
        raise NothingFound("no bed was offered to anybody while this application waited")
    found = allocation(offers.area, journal.decisions(offers.area), asked.data["offer_id"])
    if found is None:
        raise NothingFound("the journal of this area does not hold that offer")
    return why_not(found, application_id, salt)


def check(certificate: Certificate, journal: JournalCopy, application_id: str | None = None) -> list[str]:
    """What of a certificate does not hold against the journal; empty when all does. Whose it is, is found by its salted hash."""
    area, salt = str(certificate["area"]), str(certificate["salt"])
    if application_id is None:
        named = {str(fact.data["application_id"]) for fact in journal.facts_of(area) if fact.data.get("application_id") is not None}
        application_id = next((name for name in sorted(named) if opaque(salt, name) == certificate["application"]), None)
        if application_id is None:
            return ["the journal knows no application of this hash"]
    return verify(certificate, application_id, journal.facts_of(area))


async def read_home(settings: Settings, application_id: str, area: str | None) -> JournalCopy:
    """The journal of the partition where the application is; of every partition the first that names it. Raises `NothingFound`."""
    if area is not None:
        number = home_partition(area, await partitions_of(settings, DOMAIN))
        return (await journal_copies(settings, DOMAIN, number))[0]
    quoted = json.dumps(application_id).encode()
    for copy in await journal_copies(settings, DOMAIN):
        if any(quoted in value for _, value in copy.records):
            return copy
    raise NothingFound("the journal holds no such application")


async def read_area(settings: Settings, area: str) -> JournalCopy:
    """The journal of the area's home partition."""
    return (await journal_copies(settings, DOMAIN, home_partition(area, await partitions_of(settings, DOMAIN))))[0]


def new_salt() -> str:
    """Nobody who holds another certificate can tell whether two name the same people."""
    return secrets.token_hex(16)


def in_words(certificate: Certificate) -> str:
    """The certificate as somebody at a counter reads it out."""
    rule = certificate["rule"]
    lines = [
        f"area {certificate['area']}  journal seq {certificate['seq']}  {instant(certificate['time_ms'])}  policy {certificate['policy']}",
        f"bed {certificate['bed_id']} at {certificate['facility_id']}, offer {certificate['offer_id']}",
        f"order: {', '.join(certificate['order'])}, then the draw",
        f"given to  {_place(certificate['winner'])}",
    ]
    if certificate["mine"] is not None:
        lines.append(f"you       {_place({'application': certificate['application'], **certificate['mine']})}")
    if rule is None:
        lines.append("this bed was offered to you")
    elif rule == "behind":
        lines.append(f"why not you: {certificate['ahead_count']} were ahead; the first by {certificate['criterion']}")
    elif rule == "overtaken":
        lines.append(f"why not you: an operator gave it out of order ({certificate['override']}); {certificate['ahead_count']} were ahead")
    else:
        lines.append(f"why not you: {rule}")
    return "\n".join(lines)


def _place(one: dict[str, Any]) -> str:
    return f"{one['application']}  key {one['key']}  tie {one['tie']}"


def load_certificate(path: Path) -> Certificate:
    """A certificate as `laoxiao why --json` or the gateway gave it."""
    found: Certificate = json.loads(path.read_text(encoding="utf-8"))
    return found
