"""Any sequence of events: each offer goes to the first of the naive line, none is left out, beds are conserved, the date is kept."""

from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agents.beds.record import Place, Record
from agents.shared.calendar import day_of
from schemas.beds_facts import OfferMade
from tests.agents.beds.district import OTHER_STREET, STREET, District

HOMES = ("f1", "f2", "f3")
BEDS = ("b1", "b2", "b3")
DAY_MS = 86_400_000
home = st.sampled_from(HOMES)
bed = st.sampled_from(BEDS)
row = st.fixed_dictionaries(
    {
        "type": st.sampled_from(("basic", "basic", "nursing", "respite")),
        "sex": st.sampled_from(("f", "m", "any")),
        "pool": st.sampled_from(("street", "district")),
        "state": st.sampled_from(("free", "free", "occupied", "cleaning", "closed")),
    }
)


class Waitlist(RuleBasedStateMachine):
    """One small district, and beside it a list that is sorted for every question."""

    def __init__(self) -> None:
        super().__init__()
        self.district = District()
        self.record = Record()
        self.taken = 0
        self.count = 0
        self.policies = 0
        self.dates: dict[str, int] = {}

    def after(self) -> None:
        """Hold every new fact against the list, then take it in."""
        for made in self.district.decisions[self.taken :]:
            assert made.error is None
            for reasoned in made.facts:
                fact = reasoned.fact
                if isinstance(fact, OfferMade):
                    line, by_right = self.record.line(fact.facility_id, fact.bed_id, made.time_ms)
                    if fact.override_reason is not None:
                        self.overtaking(fact, line)
                        self.record.apply(fact.type, fact.model_dump())
                        continue
                    assert (line[0].application_id, line[0].key, line[0].tie) == (fact.application_id, fact.key, fact.tie)
                    assert by_right == (fact.lane == "own_street")
                self.record.apply(fact.type, fact.model_dump())
        self.taken = len(self.district.decisions)

    def overtaking(self, fact: OfferMade, line: list[Place]) -> None:
        """Out of order goes only what an operator's word gave, with a code; who would have got it is named (W01)."""
        word = self.record.overrides[(fact.facility_id, fact.bed_id)]
        assert (word["application_id"], word["reason"]) == (fact.application_id, fact.override_reason)
        assert fact.override_reason in self.record.policy(self.district.now_ms)[1].override_reasons
        others = [place.application_id for place in line if place.application_id != fact.application_id]
        if others or fact.next_application_id is None:
            assert fact.next_application_id == (others[0] if others else None)

    @initialize()
    def opened(self) -> None:
        self.district.policy("p0", inventory_age_s_max=400 * 86_400)
        for number, name in enumerate(HOMES):
            self.district.home(name, 300 * number, STREET if number < 2 else OTHER_STREET)
        self.after()

    @rule(
        sex=st.sampled_from("fm"),
        level=st.integers(2, 6),
        score=st.sampled_from((0, 3, 5)),
        street=st.sampled_from((STREET, OTHER_STREET)),
        kinds=st.sampled_from((["basic"], ["nursing"], ["basic", "nursing"])),
        choices=st.lists(home, max_size=2, unique=True),
        travel=st.sampled_from((None, 60, 200)),
        special=st.booleans(),
        days=st.sampled_from((0, 0, 29, 31, 160)),
    )
    def apply(self, sex: str, level: int, days: int, special: bool, travel: int | None, **wish: Any) -> None:
        self.count += 1
        more: dict[str, Any] = {"score": wish["score"], "street": wish["street"], "bed_types": wish["kinds"], "choices": wish["choices"]}
        if travel is not None:
            more["max_travel_s"] = travel
        applied = (self.district.now_ms - days * DAY_MS) // DAY_MS
        more["applied_on"] = date.fromordinal(719_163 + applied).isoformat()
        categories = ["registered", "special_poor"] if special else ["registered"]
        name = f"a{self.count}"
        self.district.apply(name, sex=sex, assessed_level=level, categories=categories, **more)
        if name in self.district.state.applications:
            self.dates[name] = self.district.state.applications[name].eligible_day
        self.after()

    @rule(days=st.integers(1, 12), ahead=st.sampled_from((None, 0, 2, 20)), sex=st.sampled_from("fm"))
    def apply_for_a_stay(self, days: int, ahead: int | None, sex: str) -> None:
        """By somebody who may wait for a bed for good too: one promise a person all the same."""
        self.count += 1
        more: dict[str, Any] = {} if ahead is None else {"stay_from": (day_of(self.district.now_ms) + timedelta(days=ahead)).isoformat()}
        person = f"p-a{max(1, self.count - 1)}"
        self.district.apply(f"a{self.count}", person_id=person, sex=sex, bed_types=["respite"], stay_days=days, **more)
        self.after()

    @precondition(lambda self: self.district.state.applications)
    @rule(data=st.data(), facility_id=home, bed_id=bed, reason=st.sampled_from(("court_order", "clerical_mistake", "a_friend")))
    def override(self, data: st.DataObject, facility_id: str, bed_id: str, reason: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.district.state.applications)))
        before = {each: (one.refusals, dict(one.excluded)) for each, one in self.district.state.applications.items()}
        made = self.district.send(
            "allocation.overridden", application_id=name, facility_id=facility_id, bed_id=bed_id, approver="op-2", reason=reason
        )
        assert made.reason is not None or self.district.state.applications[name].bed is not None
        assert made.reason == "reason_unknown" or reason != "a_friend" or made.reason == "unknown_bed"
        for each, one in self.district.state.applications.items():
            assert (one.refusals, one.excluded) == before[each], "an override costs nobody anything"
        self.after()

    @precondition(lambda self: self.district.state.residents)
    @rule(data=st.data(), days=st.sampled_from((1, 7, 30)))
    def extend(self, data: st.DataObject, days: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.district.state.residents)))
        found = self.district.state.residents[name]
        until_ms = found.until_ms
        made = self.district.send("extension.requested", application_id=name, days=days)
        assert made.reason is not None or found.until_ms == (until_ms or 0) + days * DAY_MS
        waits, _ = self.record.line(found.facility.place_id, found.bed_id, self.district.now_ms)
        assert made.reason is not None or not waits, "a stay is not extended over somebody who waits"
        self.after()

    @rule(facility_id=home, metres=st.sampled_from((0, 300, 900)), street=st.sampled_from((STREET, OTHER_STREET)))
    def move_home(self, facility_id: str, metres: int, street: str) -> None:
        """Everybody's way changes; so may whose street it is."""
        self.district.home(facility_id, metres, street)
        self.after()

    @rule(
        order=st.sampled_from((["priority_class", "eligible_date"], ["emergency", "priority_class", "level", "score", "eligible_date"])),
        bonus=st.sampled_from((0, 5)),
        open_to_all=st.booleans(),
    )
    def rule_otherwise(self, order: list[str], bonus: int, open_to_all: bool) -> None:
        """Another order, or only another right of the street."""
        self.policies += 1
        parameters: dict[str, Any] = {
            "order": order,
            "waiting_bonus_max": bonus,
            "street_beds_open": open_to_all,
            "inventory_age_s_max": 400 * 86_400,
        }
        self.district.policy(f"p{self.policies:03d}", **parameters)
        self.after()

    @rule(facility_id=home, rows=st.dictionaries(bed, row, max_size=3))
    def publish(self, facility_id: str, rows: dict[str, Any]) -> None:
        self.district.publish(facility_id, **rows)
        self.after()

    def promised(self) -> list[str]:
        return [name for name, found in self.district.state.applications.items() if found.bed is not None]

    @precondition(lambda self: self.promised())
    @rule(data=st.data(), answer=st.sampled_from(("accept", "decline", "reasonable", "facility", "settle", "withdraw")))
    def answer(self, data: st.DataObject, answer: str) -> None:
        name = data.draw(st.sampled_from(self.promised()))
        found = self.district.state.applications[name]
        before = found.refusals
        if answer == "accept":
            self.district.accept(name)
        elif answer == "settle":
            self.district.settle(name)
        elif answer == "withdraw":
            self.district.send("application.withdrawn", application_id=name)
        elif answer == "facility":
            self.district.refuse_person(name)
            assert found.refusals == before, "a facility's refusal costs nothing (W02)"
        else:
            self.district.decline(name, "in_hospital" if answer == "reasonable" else None)
        self.after()

    @rule(facility_id=home, bed_id=bed, cleaned=st.booleans())
    def turn_over(self, facility_id: str, bed_id: str, cleaned: bool) -> None:
        self.district.send("bed.vacated", facility_id=facility_id, bed_id=bed_id)
        if cleaned:
            self.district.send("bed.cleaned", facility_id=facility_id, bed_id=bed_id)
        self.after()

    @precondition(lambda self: self.dates)
    @rule(data=st.data(), level=st.integers(2, 6), approve=st.booleans())
    def change(self, data: st.DataObject, level: int, approve: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.dates)))
        if approve:
            self.district.send("priority.approved", application_id=name, approver="op-1", reason="crisis")
        else:
            self.district.send("application.reassessed", application_id=name, assessed_level=level, assessed_on="2026-11-20")
        self.after()

    @rule(hours=st.sampled_from((1, 24, 24 * 4, 24 * 31, 24 * 95)))
    def later(self, hours: int) -> None:
        self.district.tick(self.district.now_ms + hours * 3_600_000)
        self.after()

    @invariant()
    def nobody_waits_for_a_free_bed_that_suits(self) -> None:
        for (facility_id, bed_id), found in self.record.beds.items():
            if found["state"] == "free":
                assert self.record.line(facility_id, bed_id, self.district.now_ms)[0] == []

    @invariant()
    def beds_are_conserved_and_each_is_promised_once(self) -> None:
        state = self.district.state
        assert sum(state.counts.values()) == sum(len(facility.beds) for facility in state.facilities.values())
        persons = [found.person_id for found in state.applications.values() if found.bed is not None]
        assert len(persons) == len(set(persons)), "nobody has two promises"
        beds = [found.bed.key for found in state.applications.values() if found.bed is not None]
        assert len(beds) == len(set(beds)) == state.counts.get("held", 0) + state.counts.get("reserved", 0)

    @invariant()
    def the_eligible_date_is_kept(self) -> None:
        for name, found in self.district.state.applications.items():
            assert found.eligible_day == self.dates.get(name, found.eligible_day)


TestWaitlist = Waitlist.TestCase
TestWaitlist.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
