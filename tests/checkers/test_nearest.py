"""The nearest oracle: agrees with the core on every placement of the clean day, and catches each way of lying about one."""

from infra.checkers.fold import fold
from infra.checkers.logs import Logs
from infra.checkers.meals.model import MODEL
from infra.checkers.meals.nearest import NearestOracle
from infra.checkers.meals.rules import haversine_m, spot
from tests.checkers.planting import Body, change, change_fact, drop_facts, find, watched

ASSIGNED = "meals.order.assigned.v1"


def _caught(logs: Logs) -> str:
    return " | ".join(violation.sentence for violation in watched(logs, NearestOracle(logs)))


def test_every_placement_and_refusal_of_the_clean_day_is_true(clean: Logs) -> None:
    oracle = NearestOracle(clean)
    assert watched(clean, oracle) == []
    assert oracle.looked_at > 1000


def test_the_oracle_can_be_thinned(clean: Logs) -> None:
    all_of_them, some = NearestOracle(clean), NearestOracle(clean, every=10)
    fold(clean, MODEL, [all_of_them, some])
    assert 0 < some.looked_at <= all_of_them.looked_at // 10


def test_a_nearer_kitchen_passed_over_is_caught(clean: Logs) -> None:
    place, order = find(clean, ASSIGNED, lambda data: data["distance_m"] < 400 and data["standing_order_id"] is None)
    listed = [fact["data"] for decided in clean.decisions for fact in decided.body["facts"] if fact["type"] == "meals.provider.listed.v1"]
    here = spot(order["lat"], order["lon"])
    able = [
        (round(haversine_m(here, spot(one["lat"], one["lon"]))), one)
        for one in listed
        if order["service"] in one["services"] and set(order["diets"]) <= set(one["diets"])
    ]
    distance_m, farther = next((d, one) for d, one in sorted(able, key=lambda pair: pair[0]) if d > order["distance_m"] + 500)
    planted = change_fact(clean, place, ASSIGNED, lambda data: data == order, provider_id=farther["provider_id"], distance_m=distance_m)
    assert "suited and had room" in _caught(planted)


def test_a_false_distance_is_caught(clean: Logs) -> None:
    place, order = find(clean, ASSIGNED)
    planted = change_fact(clean, place, ASSIGNED, lambda data: data == order, distance_m=order["distance_m"] + 3)
    assert "the fact says" in _caught(planted)


def test_a_kitchen_that_does_not_suit_is_caught(clean: Logs) -> None:
    place, order = find(clean, ASSIGNED, lambda data: data["service"] == "delivery")
    where, listed = find(clean, "meals.provider.listed.v1", lambda data: data["provider_id"] == order["provider_id"])
    assert place.offset > where.offset
    planted = change_fact(clean, where, "meals.provider.listed.v1", lambda data: data == listed, services=["dine_in"])
    assert "against service_not_offered" in _caught(planted)


def test_a_refusal_with_room_near_by_is_caught(clean: Logs) -> None:
    # The orders before it never happened, so there was room.
    _, refused = find(clean, "meals.order.refused.v1", lambda data: data["reason"] == "no_capacity" and data["portions"] == 1)
    planted = drop_facts(clean, lambda kind, data: kind == ASSIGNED and data["meal"] == refused["meal"])
    assert f"order {refused['order_id']} found no place" in _caught(planted)


def test_a_candidate_ruled_out_by_a_rule_that_is_not_true_is_caught(clean: Logs) -> None:
    place = next(d for d in clean.decisions if d.body["event_type"] == "meals.order.placed.v1" and (d.body["why"] or {}).get("rejected"))

    def edit(body: Body) -> None:
        rejected = body["decisions"][place.place]["why"]["rejected"][0]
        rejected["rule"] = "stale_capacity" if rejected["rule"] != "stale_capacity" else "closed"

    assert "which is not true" in _caught(change(clean, place, edit))


def test_a_preference_ignored_is_caught(clean: Logs) -> None:
    def preferring(data: Body) -> bool:
        return any(
            d.event_id for d in clean.decisions if d.body.get("subject") == data["order_id"] and (d.body["why"] or {}).get("preferred")
        )

    place, order = find(clean, ASSIGNED, lambda data: data["standing_order_id"] is None and preferring(data))
    _, other = find(
        clean, "meals.provider.listed.v1",
        lambda data: data["provider_id"] != order["provider_id"] and order["service"] in data["services"],
    )  # fmt: skip
    planted = change_fact(clean, place, ASSIGNED, lambda data: data == order, provider_id=other["provider_id"])
    assert f"preferred {order['provider_id']}" in _caught(planted)
