"""Invariants judged at every prefix: each watch passes the clean day and catches its planted mistake."""

from collections.abc import Callable

import pytest

from infra.checkers.fold import Eye
from infra.checkers.logs import Logs
from infra.checkers.meals import capacity, lifecycle, nearest
from infra.checkers.meals.model import Area
from tests.checkers.planting import Body, add_fact, change, change_fact, drop_facts, find, last, watched

ASSIGNED = "meals.order.assigned.v1"
PUBLISHED = "meals.slot.published.v1"
WATCHES: list[Callable[[], Eye[Area]]] = [
    lifecycle.OrderMoves, lifecycle.NoOrphans, lifecycle.TimersInTime, capacity.WithinCapacity, capacity.Conservation,
    capacity.OnePlace, capacity.ResolvedOnce, capacity.FreedOnce, capacity.NewestWins, capacity.CitesCapacity, capacity.CutOff,
    capacity.Served, nearest.FreshCapacity,
]  # fmt: skip


def _caught(logs: Logs, watch: Eye[Area]) -> str:
    """The sentences of what the watch saw; every one must carry the watch's own name."""
    found = watched(logs, watch)
    assert {violation.invariant for violation in found} <= {watch.invariant}
    return " | ".join(violation.sentence for violation in found)


@pytest.mark.parametrize("make", WATCHES, ids=lambda make: make.__name__)
def test_the_clean_day_passes(clean: Logs, make: Callable[[], Eye[Area]]) -> None:
    assert watched(clean, make()) == []


def test_i06_a_move_out_of_a_terminal_state(clean: Logs) -> None:
    _, delivered = find(clean, "meals.order.delivered.v1")
    planted = add_fact(clean, last(clean), "meals.order.closed.v1", {**delivered, "result": "unreported"})
    assert "is delivered and meals.order.closed.v1 moves it" in _caught(planted, lifecycle.OrderMoves())


def test_i06_a_move_that_is_not_in_the_table(clean: Logs) -> None:
    _, order = find(clean, "meals.order.delivered.v1")
    planted = drop_facts(clean, lambda kind, data: kind == ASSIGNED and data["order_id"] == order["order_id"])
    assert "is unknown" in _caught(planted, lifecycle.OrderMoves())


def test_i07_an_order_left_without_kitchen_and_human(clean: Logs) -> None:
    _, unplaced = find(clean, "meals.order.unplaced.v1")
    planted = drop_facts(clean, lambda kind, data: kind == "task.opened.v1" and data["about"] == unplaced["order_id"])
    assert "no kitchen and no human" in _caught(planted, lifecycle.NoOrphans())


def test_i07_a_welfare_check_nobody_owns(clean: Logs) -> None:
    _, due = find(clean, "meals.order.welfare_check_due.v1")
    planted = drop_facts(clean, lambda kind, data: kind == "task.opened.v1" and data["about"] == due["order_id"])
    assert "nobody owns it" in _caught(planted, lifecycle.NoOrphans())


def test_i07_an_order_whose_deadline_passed_in_silence(clean: Logs) -> None:
    _, closed = find(clean, "meals.order.closed.v1", lambda data: data["result"] == "unreported" and data["meal"] == "breakfast")
    planted = drop_facts(clean, lambda kind, data: kind == "meals.order.closed.v1" and data["order_id"] == closed["order_id"])
    assert closed["order_id"] in _caught(planted, lifecycle.NoOrphans())


def test_t02_an_order_closed_early(clean: Logs) -> None:
    _, closed = find(clean, "meals.order.closed.v1", lambda data: data["result"] == "unreported")
    place, _ = find(clean, ASSIGNED, lambda data: data["order_id"] == closed["order_id"])
    planted = change_fact(clean, place, ASSIGNED, lambda data: data["order_id"] == closed["order_id"], closes_ms=2**45)
    assert "early" in _caught(planted, lifecycle.TimersInTime())


def test_t02_a_kitchen_that_counted_wrongly_twice_or_early(clean: Logs) -> None:
    place, count = find(clean, "meals.kitchen.counted.v1", lambda data: data["portions"] > 0 and not data["recount"])
    wrong = change_fact(clean, place, "meals.kitchen.counted.v1", lambda data: data == count, portions=count["portions"] + 1)
    assert "portions and holds" in _caught(wrong, lifecycle.TimersInTime())
    twice = add_fact(clean, last(clean), "meals.kitchen.counted.v1", count)
    assert "twice" in _caught(twice, lifecycle.TimersInTime())
    first, _ = find(clean, ASSIGNED, _slot(count))
    early = add_fact(clean, first, "meals.kitchen.counted.v1", count)
    assert "before the cut-off" in _caught(early, lifecycle.TimersInTime())


def test_t02_a_standing_order_that_ran_twice_or_early(clean: Logs) -> None:
    place, ran = find(clean, "meals.standing_order.run.v1")
    assert "ran twice" in _caught(add_fact(clean, place, "meals.standing_order.run.v1", ran), lifecycle.TimersInTime())
    recorded, _ = find(clean, "meals.standing_order.recorded.v1", lambda data: data["standing_order_id"] == ran["standing_order_id"])
    assert "ran early" in _caught(add_fact(clean, recorded, "meals.standing_order.run.v1", ran), lifecycle.TimersInTime())


def test_t02_overdue_orders_closed_out_of_order(clean: Logs) -> None:
    place, one = find(clean, "meals.order.closed.v1", lambda data: data["result"] == "unreported" and data["meal"] == "lunch")
    _, other = find(clean, "meals.order.closed.v1", lambda data: data["result"] == "unreported" and data["meal"] == "breakfast")
    assert one["order_id"] != other["order_id"]
    assert "out of the order" in _caught(add_fact(clean, place, "meals.order.closed.v1", other), lifecycle.TimersInTime())


def test_c01_more_promised_than_published(clean: Logs) -> None:
    _, order = find(clean, ASSIGNED, turn=200)
    having = _slot(order)
    place, _ = find(clean, PUBLISHED, having)
    assert "more" in _caught(change_fact(clean, place, PUBLISHED, having, capacity=0), capacity.WithinCapacity())


def test_c01_capacity_lowered_below_use_without_a_flag(clean: Logs) -> None:
    planted = drop_facts(clean, lambda kind, _: kind == "meals.slot.overcommitted.v1")
    assert "not flagged" in _caught(planted, capacity.WithinCapacity())


def test_c02_portions_that_change_on_the_way_or_are_freed_elsewhere(clean: Logs) -> None:
    place, cancelled = find(clean, "meals.order.cancelled.v1")
    more = change_fact(clean, place, "meals.order.cancelled.v1", lambda data: data == cancelled, portions=cancelled["portions"] + 1)
    assert "moves" in _caught(more, capacity.Conservation())
    elsewhere = change_fact(clean, place, "meals.order.cancelled.v1", lambda data: data == cancelled, provider_id="syn-c-elsewhere")
    assert "freed at syn-c-elsewhere" in _caught(elsewhere, capacity.Conservation())


def test_c02_held_portions_without_an_order(clean: Logs) -> None:
    place, order = find(clean, ASSIGNED)
    assert "its orders say" in _caught(add_fact(clean, place, ASSIGNED, order), capacity.Conservation())


def test_c03_an_order_with_two_kitchens(clean: Logs) -> None:
    place, order = find(clean, ASSIGNED)
    planted = add_fact(clean, place, ASSIGNED, {**order, "provider_id": "syn-c-second"})
    assert "assigned again" in _caught(planted, capacity.OnePlace())


def test_c04_a_hold_that_ends_twice(clean: Logs) -> None:
    place, closed = find(clean, "meals.order.closed.v1")
    assert "ends again" in _caught(add_fact(clean, place, "meals.order.closed.v1", closed), capacity.ResolvedOnce())


def test_c05_a_double_cancel_that_frees_twice(clean: Logs) -> None:
    place, cancelled = find(clean, "meals.order.cancelled.v1")
    assert "freed twice" in _caught(add_fact(clean, place, "meals.order.cancelled.v1", cancelled), capacity.FreedOnce())


def test_c06_an_older_publication_that_wins(clean: Logs) -> None:
    _, published = find(clean, PUBLISHED, lambda data: data["version"] == 3)
    older = {**published, "version": 2}
    assert "from version 3 to 2" in _caught(add_fact(clean, last(clean), PUBLISHED, older), capacity.NewestWins())


def test_c06_an_accepted_publication_that_never_came_into_force(clean: Logs) -> None:
    assert capacity.check_publications(clean) == []
    newest = lambda kind, data: kind == PUBLISHED and data["version"] == 3  # noqa: E731 - a name for the reader
    assert capacity.check_publications(drop_facts(clean, newest))


def test_c07_a_hold_on_stale_capacity(clean: Logs) -> None:
    def edit(body: Body) -> None:
        for one in body["decisions"]:
            for fact in one["facts"]:
                if fact["type"] == "policy.adopted.v1" and fact["data"]["policy"] == "meals":
                    fact["data"]["parameters"]["capacity_age_s_max"] = 3600

    place, _ = find(clean, "policy.adopted.v1")
    assert "s old" in _caught(change(clean, place, edit), nearest.FreshCapacity())


def test_c08_a_hold_that_cites_another_version(clean: Logs) -> None:
    place, order = find(clean, ASSIGNED)
    planted = change_fact(clean, place, ASSIGNED, lambda data: data == order, capacity_version=9)
    assert "cites 9" in _caught(planted, capacity.CitesCapacity())


def test_c09_a_late_order_that_does_not_say_so(clean: Logs) -> None:
    place, order = find(clean, ASSIGNED, lambda data: data["late"])
    planted = change_fact(clean, place, ASSIGNED, lambda data: data == order, late=False)
    assert "after the cut-off" in _caught(planted, capacity.CutOff())


def test_c09_an_order_after_the_kitchens_own_cut_off(clean: Logs) -> None:
    _, order = find(clean, ASSIGNED, lambda data: data["late"])
    place, published = find(clean, PUBLISHED, _slot(order))
    planted = change_fact(clean, place, PUBLISHED, lambda data: data == published, cutoff_ms=order["cutoff_ms"])
    assert "own cut-off" in _caught(planted, capacity.CutOff())


def test_m_r1_a_kitchen_that_accepted_more_than_a_day_holds(clean: Logs) -> None:
    _, order = find(clean, ASSIGNED)
    _, published = find(clean, PUBLISHED, _slot(order))
    planted = add_fact(clean, last(clean), PUBLISHED, {**published, "version": 99, "capacity": 0})
    assert "accepted" in _caught(planted, capacity.Served())


def _slot(order: Body) -> Callable[[Body], bool]:
    names = ("provider_id", "date", "meal")
    return lambda data: all(data[name] == order[name] for name in names)
