"""C01-C08: each bed is promised once, to one person, by the freshest word of its home, and every promise ends once."""

from collections import Counter
from typing import Any, ClassVar

from infra.checkers.beds.model import PROMISED, Area, Bed
from infra.checkers.beds.writing import MODEL
from infra.checkers.fold import Eye, fold
from infra.checkers.logs import Decided, Logs
from infra.checkers.violation import Violation

OFFER = "beds.offer.made.v1"
LISTED = "beds.bed.listed.v1"
ADMITTED = "beds.admission.recorded.v1"
STATES = ("free", "held", "reserved", "occupied", "vacated", "cleaning", "closed")


class FreeBeds(Eye[Area]):
    """C01: what is promised or filled was free until then; what the home contradicts is flagged, and nobody is dropped."""

    def __init__(self) -> None:
        super().__init__("C01")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge on the bed as it was."""
        kind, data = fact["type"], fact["data"]
        if kind in (OFFER, ADMITTED):
            bed = area.bed(data)
            state = "unknown" if bed is None else bed.state
            offer_id = None if bed is None else bed.offer_id
            if kind == OFFER or data["cause"] != "offer":
                if state != "free":
                    self.note(f"{_name(data)} is {state} and goes to {data['application_id'] or 'somebody outside the pool'}", decided)
            elif state != "reserved" or offer_id != data["offer_id"]:
                self.note(f"{_name(data)} is {state} by {offer_id} and is filled by {data['offer_id']}", decided)
        elif kind == LISTED:
            self._listed(area, decided, data)

    def _listed(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        bed = area.bed(data)
        if bed is None or not (bed.state in ("held", "reserved") or bed.resident_id is not None):
            return
        if data["state"] != bed.state:
            self.note(f"{_name(data)} is {bed.state} and becomes {data['state']} by a publication", decided)
        fits = {"occupied"} if bed.resident_id is not None else {"free", "cleaning"}
        flagged = any(
            fact["type"] == "beds.bed.conflicted.v1" and _name(fact["data"]) == _name(data) for fact in decided.body["facts"]
        ) or any(
            task["kind"] == "bed_conflict" and _name(task["detail"]) == _name(data) for task in area.about.values()
        )  # fmt: skip
        if data["published"] not in fits and not flagged:
            self.note(f"{_name(data)} is {bed.state}, its home says {data['published']}, and nobody is told", decided)


class Conservation(Eye[Area]):
    """C02: of every home, type and pool, free + held + reserved + occupied + vacated + cleaning + closed are all its beds, whatever
    happened to them; held and reserved are those of the applications, counted anew from the applications."""

    def __init__(self) -> None:
        super().__init__("C02")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """A fact about a bed says truly what it was, and names a bed there is."""
        kind, data = fact["type"], fact["data"]
        if "bed_id" not in data or kind in ("task.opened.v1", "task.closed.v1"):
            return
        bed = area.bed(data)
        if kind == LISTED:
            before = None if bed is None else bed.state
            if data["from_state"] != before:
                self.note(f"{_name(data)} was {before}, its listing says {data['from_state']}", decided)
            if data["state"] not in STATES:
                self.note(f"{_name(data)} becomes {data['state']}, which is no state of a bed", decided)
        elif bed is None:
            self.note(f"{kind} names {_name(data)}, which nobody listed", decided)
        elif kind == "beds.bed.released.v1" and data["state"] != bed.published:
            self.note(f"{_name(data)} becomes {data['state']}, its home said {bed.published}", decided)
        elif kind in (OFFER, ADMITTED) and (data["bed_type"], data["pool"]) != (bed.bed_type, bed.pool):
            self.note(f"{_name(data)} is {bed.bed_type} of {bed.pool}, {kind} says {data['bed_type']} of {data['pool']}", decided)

    def end(self, areas: dict[str, Area]) -> None:
        """Recount, by home, type and pool."""
        for area in areas.values():
            promised: Counter[tuple[str, str, str, str]] = Counter()
            for one in area.open.values():
                bed = None if one.offer_id is None else area.bed(area.offers[one.offer_id].data)
                if one.state in PROMISED and bed is not None:
                    promised[*_group(bed), "held" if one.state == "offered" else "reserved"] += 1
            counted = Counter((*_group(bed), bed.state) for bed in area.beds.values() if bed.state in ("held", "reserved"))
            for place in sorted(promised.keys() | counted.keys()):
                if promised[place] != counted[place]:
                    self.note(f"{' '.join(place)}: {counted[place]} beds, {promised[place]} applications")


class OneOffer(Eye[Area]):
    """C03: a bed has one open promise at most, and so has a person."""

    def __init__(self) -> None:
        super().__init__("C03")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge each offer."""
        if fact["type"] != OFFER:
            return
        data = fact["data"]
        other, bed = area.promise(data["person_id"]), area.bed(data)
        if other is not None:
            self.note(f"{data['person_id']} has {other.offer_id} and is offered {_name(data)} too", decided)
        if bed is not None and bed.offer_id is not None:
            self.note(f"{_name(data)} is promised by {bed.offer_id} and is offered again", decided)


class ResolvedOnce(Eye[Area]):
    """C04: a promise is kept or ends, once; an answer counts before the deadline, silence from it on; then the bed is released."""

    def __init__(self) -> None:
        super().__init__("C04")
        self._told: dict[str, str] = {}

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge what a fact does to its promise."""
        kind, data = fact["type"], fact["data"]
        offer_id = data.get("offer_id")
        if offer_id is None or not kind.startswith("beds."):
            return
        offer = area.offers.get(offer_id)
        if kind == OFFER:
            if offer is not None:
                self.note(f"{offer_id} is made again", decided)
            return
        if offer is None:
            self.note(f"{kind} of {offer_id}, which nobody made", decided)
            return
        name = kind.removeprefix("beds.").removesuffix(".v1")
        in_time = decided.time_ms < offer.due_ms
        wanted: dict[str, tuple[tuple[str, ...], bool | None]] = {
            "offer.accepted": (("open",), True),
            "offer.declined": (("open", "accepted") if data.get("by") == "facility" else ("open",), None),
            "offer.expired": (("open",), False),
            "offer.deadline_moved": (("open",), None),
            "admission.recorded": (("accepted",), True),
            "admission.missed": (("accepted",), False),
            "offer.withdrawn": (("open", "accepted"), None),
            "bed.released": (("open", "accepted"), None),
        }
        if name not in wanted:
            return
        states, when = wanted[name]
        if name == "offer.declined" and offer.state == "open":
            when = True
        if offer.state not in states:
            self.note(f"{offer_id} is {offer.state} and {kind} comes", decided)
        elif when is not None and when != in_time:
            self.note(f"{kind} of {offer_id} at {decided.time_ms}, its deadline is {offer.due_ms}", decided)
        if name == "bed.released" and (offer.told or data["cause"]) != data["cause"]:
            self.note(f"{offer_id} ended as {offer.told}, its bed is released as {data['cause']}", decided)
        if name == "bed.released" and offer.told is None and data["cause"] not in ("withdrawn", "deceased", "ineligible", "stay_over"):
            self.note(f"the bed of {offer_id} is released as {data['cause']}, and nothing ended it", decided)
        self._note_end(name, offer_id)

    def after(self, area: Area, decided: Decided) -> None:  # noqa: ARG002 - the shape of an eye
        """Whoever did not take a bed does not keep it."""
        for offer_id in sorted(self._told):
            self.note(f"{offer_id} ended by {self._told[offer_id]} and its bed was not released", decided)
        self._told.clear()

    def _note_end(self, name: str, offer_id: str) -> None:
        if name in ("offer.declined", "offer.expired", "admission.missed", "offer.withdrawn"):
            self._told[offer_id] = name
        elif name == "bed.released":
            self._told.pop(offer_id, None)


class FreedOnce(Eye[Area]):
    """C05: a bed is given back once: released while it is promised, vacated while somebody lies in it, freed while it is cleaned."""

    FROM: ClassVar[dict[str, tuple[str, ...]]] = {
        "beds.bed.released.v1": ("held", "reserved"),
        "beds.bed.vacated.v1": ("occupied",),
        "beds.bed.cleaning.v1": ("vacated",),
        "beds.bed.freed.v1": ("vacated", "cleaning"),
    }

    def __init__(self) -> None:
        super().__init__("C05")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge on the bed as it was."""
        states = self.FROM.get(fact["type"])
        if states is None:
            return
        bed = area.bed(fact["data"])
        if bed is None or bed.state not in states:
            self.note(f"{_name(fact['data'])} is {'unknown' if bed is None else bed.state} and {fact['type']} comes", decided)
        elif fact["type"] == "beds.bed.vacated.v1" and fact["data"]["application_id"] != bed.resident_id:
            self.note(f"{_name(fact['data'])} is {bed.resident_id}'s and {fact['data']['application_id']} leaves it", decided)


class NewestWins(Eye[Area]):
    """C06: what a home says of a bed counts only if it is newer than what it last said of it."""

    def __init__(self) -> None:
        super().__init__("C06")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Versions of a bed only rise."""
        data = fact["data"]
        if fact["type"] == LISTED:
            self._risen(area, decided, data["facility_id"], data["bed_id"], data["version"])
        elif fact["type"] == "beds.inventory.reported.v1":
            for bed_id in data["unchanged"]:
                self._risen(area, decided, data["facility_id"], bed_id, data["version"])

    def _risen(self, area: Area, decided: Decided, facility_id: str, bed_id: str, version: int) -> None:
        bed = area.beds.get((facility_id, bed_id))
        if bed is not None and version <= bed.version:
            self.note(f"{bed_id} of {facility_id} goes from version {bed.version} to {version}", decided)


class FreshWord(Eye[Area]):
    """C07: no offer of a bed whose home has been silent longer than policy allows; a home that is told silent was so long enough."""

    def __init__(self) -> None:
        super().__init__("C07")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge by the instants alone."""
        data = fact["data"]
        if fact["type"] == OFFER:
            facility = area.facility(data["facility_id"])
            if facility.listed is None:
                self.note(f"{data['facility_id']} is not listed and its bed is offered", decided)
            if decided.time_ms >= facility.stale_at_ms:
                self.note(f"{_name(data)} is offered, its home's word was good until {facility.stale_at_ms}", decided)
        elif fact["type"] == "beds.facility.silent.v1" and decided.time_ms < area.facility(data["facility_id"]).stale_at_ms:
            self.note(f"{data['facility_id']} is called silent before its time", decided)


class CitesInventory(Eye[Area]):
    """C08: an offer cites the version by which its bed is known."""

    def __init__(self) -> None:
        super().__init__("C08")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """The cited version is the bed's."""
        bed = area.bed(fact["data"]) if fact["type"] == OFFER else None
        if bed is not None and fact["data"]["inventory_version"] != bed.version:
            self.note(f"{_name(fact['data'])} is at version {bed.version}, its offer cites {fact['data']['inventory_version']}", decided)


def check_publications(logs: Logs) -> list[Violation]:
    """C06 seen from outside: each bed ends at the highest version that any accepted publication of it had, in whatever order."""
    areas = fold(logs, MODEL)
    best: dict[tuple[str, str, str], int] = {}
    for answers in logs.answers.values():
        first = answers[0]
        if first.body["event_type"] != "beds.inventory.published.v1" or first.body["outcome"] != "accepted":
            continue
        for event in logs.parsed.get((first.partition, first.source_offset)) or ():
            if isinstance(event, dict) and event.get("id") == first.event_id and event.get("type") == first.body["event_type"]:
                data = event["data"]
                for row in data["beds"]:
                    key = (first.body["area"], data["facility_id"], row["bed_id"])
                    best[key] = max(best.get(key, 0), data["version"])
    ended = {key: areas[key[0]].beds.get(key[1:]) for key in best}
    return [
        Violation("C06", f"{key[2]} of {key[1]} ends at version {0 if bed is None else bed.version}; version {best[key]} was accepted")
        for key, bed in ended.items()
        if bed is None or bed.version != best[key]
    ]


def _group(bed: Bed) -> tuple[str, str, str]:
    return (bed.facility_id, bed.bed_type, bed.pool)


def _name(data: dict[str, Any]) -> str:
    return f"{data.get('bed_id')} of {data.get('facility_id')}"
