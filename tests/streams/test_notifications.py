"""What leaves the journal for people's telephones: ids and codes, never free text."""

from schemas.decisions import Decision, Outcome, Reasoned
from schemas.meals_facts import OrderReassigned
from streams.notifications import notifications_of


def reassigned(reason: str) -> Decision:
    fact = OrderReassigned(
        order_id="o-1", provider_id="b", from_provider_id="a", distance_m=1, travel_s=1, cause="override", capacity_version=1,
        person_id="p-1", date="2026-11-23", meal="lunch", portions=1, cutoff_ms=1, closes_ms=2, reason=reason,
    )  # fmt: skip
    return Decision(
        event_id="e-1", event_type="meals.order.overridden.v1", area="310106", time_ms=1, outcome=Outcome.ACCEPTED, reason=None, policy={},
        facts=[Reasoned(fact)], why=None, digest=b"",
    )  # fmt: skip


def test_an_operators_words_stay_in_the_journal() -> None:
    (told,) = notifications_of("meals", 0, 1, reassigned("Mrs Zhang, 138 0000 0000, phoned"))
    assert told.data == {
        "order_id": "o-1", "provider_id": "b", "from_provider_id": "a", "person_id": "p-1", "cause": "override", "date": "2026-11-23",
        "meal": "lunch", "portions": 1,
    }  # fmt: skip


def test_a_coded_reason_is_told() -> None:
    (told,) = notifications_of("meals", 0, 1, reassigned("provider_closed"))
    assert told.data["reason"] == "provider_closed"
