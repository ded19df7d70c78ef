"""Any sequence of bookings against a naive model of plain lists: seats, staff and quotas (C01-C05, C09, Q01-Q03)."""

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.decisions import Decision
from tests.agents.childcare.world import World, session, types

FREE = 2
CHILDREN = ("k-0", "k-1", "k-2")
SESSIONS = ("a", "b", "c", "d")


class ChildcareMachine(RuleBasedStateMachine):
    """The model: who sits where, by lists; what each child has used and reserved, by counting bookings."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World("2026-11-23 12:00")
        self.count = 0
        self.version = 1
        self.seats = dict.fromkeys(SESSIONS, 0)
        self.staff = dict.fromkeys(SESSIONS, 0)
        self.firm: dict[str, tuple[str, str, bool]] = {}
        """Bookings that hold a seat: child, session, free."""
        self.present: dict[str, tuple[str, str, bool]] = {}
        self.used = dict.fromkeys(CHILDREN, 0)

    @initialize()
    def begin(self) -> None:
        care = {"free_per_year": FREE, "confirm": "never", "check_in_early_s": 86_400}
        self.world.policy(services={"care": care})
        self.world.site("s")

    @rule(name=st.sampled_from(SESSIONS), seats=st.integers(0, 3), staff=st.integers(0, 2))
    def publish(self, name: str, seats: int, staff: int) -> None:
        hour = 9 + SESSIONS.index(name) // 2
        self.version += 1
        offered = session(name, f"{hour:02}:00", f"{hour + 1:02}:00", seats=seats, staff=staff)
        decision = self.world.publish("s", offered, version=self.version)
        assert decision.outcome == "accepted"
        self.seats[name], self.staff[name] = seats, staff
        self.learn(decision)

    @rule(name=st.sampled_from(SESSIONS), child=st.sampled_from(CHILDREN))
    def book(self, name: str, child: str) -> None:
        self.count += 1
        booking_id = f"b-{self.count}"
        decision = self.world.book(booking_id, name, child_id=child, waitlist=False)
        inside = [each for each in (*self.firm.values(), *self.present.values()) if each[1] == name]
        same_hour = {other for other in SESSIONS if SESSIONS.index(other) // 2 == SESSIONS.index(name) // 2}
        has_room = len(inside) < self.seats[name] and (len(inside) + 1) * 175 <= self.staff[name] * 525
        overlapping = any(each[0] == child and each[1] in same_hour for each in (*self.firm.values(), *self.present.values()))
        known = name in self.world.state.sessions
        assert (decision.outcome == "accepted") == (known and has_room and not overlapping), decision.reason
        if decision.outcome == "accepted":
            reserved = sum(each[2] for each in self.firm.values() if each[0] == child)
            free = self.used[child] + reserved < FREE
            confirmed = decision.facts[-1].fact.model_dump()
            assert confirmed["free"] is free
            self.firm[booking_id] = (child, name, free)

    @precondition(lambda self: self.firm)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        booking_id = data.draw(st.sampled_from(sorted(self.firm)))
        assert self.world.send("booking.cancelled", booking_id=booking_id).outcome == "accepted"
        del self.firm[booking_id]
        assert self.world.send("booking.cancelled", booking_id=booking_id).reason == "booking_closed"

    @precondition(lambda self: self.firm)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        """Early, by a policy that lets children in a day before: the machine needs no clock."""
        booking_id = data.draw(st.sampled_from(sorted(self.firm)))
        child, _, free = self.firm[booking_id]
        decision = self.world.send("child.checked_in", booking_id=booking_id, by="p")
        assert types(decision) == ["child.checked_in"]
        self.present[booking_id] = self.firm.pop(booking_id)
        self.used[child] += free

    def learn(self, decision: Decision) -> None:
        """Who lost the place: offered another one (declined at once here), or told."""
        for reasoned in decision.facts:
            values = reasoned.fact.model_dump()
            if reasoned.fact.type == "childcare.booking.displaced.v1":
                del self.firm[values["booking_id"]]
            elif reasoned.fact.type == "childcare.offer.made.v1":
                self.world.send("offer.declined", booking_id=values["booking_id"], offer_id=values["offer_id"])

    @invariant()
    def the_model_agrees(self) -> None:
        state = self.world.state
        for name, found in state.sessions.items():
            held = [booking_id for booking_id, each in self.firm.items() if each[1] == name]
            inside = [booking_id for booking_id, each in self.present.items() if each[1] == name]
            assert sorted(found.bookings) == sorted(held + inside)
            assert (found.held, found.used) == (len(held), len(inside))
            # What is promised fits seats and staff, but for children who are in the room already (C01, C09).
            assert not held or len(held) + len(inside) <= self.seats[name]
            assert not held or (len(held) + len(inside)) * 175 <= self.staff[name] * 525
        for child in CHILDREN:
            reserved = sum(each[2] for each in self.firm.values() if each[0] == child)
            assert self.world.left(child) == (self.used[child], reserved)
            assert self.used[child] + reserved <= FREE
        assert state.ledger.sound()


ChildcareMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
TestChildcare = ChildcareMachine.TestCase
