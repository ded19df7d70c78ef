"""What families and sites of childcare are told: ids, codes, instants and money, never where somebody lives or who may collect."""

from schemas.facts import FACTS
from streams.notifications import notifications_of
from streams.notifications.childcare import HEARING
from tests.agents.childcare.world import DAY, World


def test_every_fact_that_is_told_exists() -> None:
    assert [name for name in HEARING.audiences if name not in FACTS] == []


def test_a_family_hears_of_its_place_its_price_and_its_deadline_but_nothing_personal_leaves() -> None:
    world = World()
    world.policy(services={"care": {"free_per_year": 0, "price_fen": {"drop_in": 4000}}})
    (told,) = notifications_of("childcare", 0, 1, world.book("b-1", world.house()))
    assert (told.audience, told.fact) == ("family", "childcare.booking.held.v1")
    assert (told.data["price_fen"], told.data["booking_id"]) == (4000, "b-1")
    assert "expires_ms" in told.data
    assert told.data.keys().isdisjoint({"lat", "lon", "age_months", "weight", "by", "persons", "why"})


def test_a_child_that_nobody_collects_is_told_to_the_family_first_and_to_an_operator_next() -> None:
    world = World()
    world.book("b-1", world.house())
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-1", by="p")
    world.tick(f"{DAY} 11:50")
    told = [(one.audience, one.fact) for decision in world.decisions for one in notifications_of("childcare", 0, 1, decision)]
    assert told[-3:] == [
        ("family", "childcare.child.uncollected.v1"), ("family", "childcare.child.uncollected.v1"), ("operator", "task.opened.v1"),
    ]  # fmt: skip
